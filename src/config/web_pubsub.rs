//! The settings of the Web PubSub service: endpoint, hub, and the credentials of both sides.

use secrecy::SecretString;
use webpubsub::{AccessKey, ConnectionString, Endpoint, HubName};

use super::reference::Setting;
use super::settings::Settings;

const MIN_STATE_SECRET: usize = 32;

#[derive(Debug, Clone)]
pub struct WebPubSubConfig {
    pub endpoint: Endpoint,
    pub hub: HubName,
    pub credential: Credential,
    pub seal_secrets: SealSecrets,
}

/// The secrets that seal `sb` and connection states: the first one seals, all of them open.
#[derive(Debug, Clone)]
pub struct SealSecrets {
    pub first: SecretString,
    pub others: Vec<SecretString>,
}

/// Our credential for the service, and how we verify its webhooks.
#[derive(Debug, Clone)]
pub enum Credential {
    Key(AccessKey),
    ManagedIdentity {
        /// Names a user-assigned identity; `None` means the app's own.
        client_id: Option<String>,
        webhooks: WebhookTrust,
    },
}

/// The claims that an Entra token on a webhook must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTrust {
    pub issuer: String,
    pub audience: String,
    /// The service's identity: its application or object id.
    pub caller: String,
}

const CONNECTION_STRING: &str = "AZURE_WEB_PUBSUB_CONNECTION_STRING";
const ENDPOINT: &str = "AZURE_WEB_PUBSUB_ENDPOINT";

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        CONNECTION_STRING,
        "of the Web PubSub resource; takes precedence over the next",
    )
    .essential(),
    Setting::new(
        ENDPOINT,
        "of the Web PubSub resource, to use a managed identity",
    )
    .essential(),
    Setting::new("WEB_PUBSUB_HUB_NAME", "the hub that clients connect to")
        .value("ViewerHub")
        .essential(),
    Setting::new(
        "STATE_SECRET",
        "comma-separated, each at least 32 bytes; the first seals what we give away, all of them \
            open it. Required with a managed identity",
    )
    .derived("from the access key"),
    Setting::new(
        "WEBHOOK_ISSUER",
        "with a managed identity, required: the issuer of the tokens that the service sends with \
            its webhooks",
    ),
    Setting::new(
        "WEBHOOK_AUDIENCE",
        "with a managed identity, required: the audience of these tokens",
    ),
    Setting::new(
        "WEBHOOK_CALLER",
        "with a managed identity, required: the object id or application id of the service's own \
            identity",
    ),
    Setting::new(
        "AZURE_CLIENT_ID",
        "of a user-assigned managed identity, for every service that we call",
    ),
];

/// A connection string takes precedence over an endpoint.
pub(super) fn read(settings: &mut Settings<'_>) -> Option<WebPubSubConfig> {
    let keyed = settings.text(CONNECTION_STRING).is_some();
    let bare = settings.text(ENDPOINT).is_some();
    let service = if keyed {
        let parsed: Option<ConnectionString> = settings.parsed(CONNECTION_STRING);
        parsed.map(|c| {
            (
                c.endpoint().clone(),
                Credential::Key(c.access_key().clone()),
            )
        })
    } else if bare {
        let endpoint: Option<Endpoint> = settings.parsed(ENDPOINT);
        let trust = webhook_trust(settings);
        let client_id = settings.text("AZURE_CLIENT_ID");
        endpoint.zip(trust.map(|webhooks| Credential::ManagedIdentity {
            client_id,
            webhooks,
        }))
    } else {
        settings.reject(
            CONNECTION_STRING,
            format!("is missing: copy it from the Web PubSub resource's keys, or set {ENDPOINT} to use a managed identity"),
        );
        None
    };
    let hub = match settings.text("WEB_PUBSUB_HUB_NAME") {
        Some(_) => settings.parsed("WEB_PUBSUB_HUB_NAME"),
        None => "ViewerHub".parse().ok(),
    };
    let (endpoint, credential) = service?;
    let secrets = settings.list("STATE_SECRET");
    for secret in &secrets {
        settings.check_secret("STATE_SECRET", secret, MIN_STATE_SECRET);
    }
    let mut secrets = secrets.into_iter().map(SecretString::from);
    let first = match (secrets.next(), &credential) {
        (Some(secret), _) => secret,
        (None, Credential::Key(key)) => key.secret().clone(),
        // `webhook_trust` has reported this.
        (None, Credential::ManagedIdentity { .. }) => return None,
    };
    Some(WebPubSubConfig {
        endpoint,
        hub: hub?,
        credential,
        seal_secrets: SealSecrets {
            first,
            others: secrets.collect(),
        },
    })
}

fn webhook_trust(settings: &mut Settings<'_>) -> Option<WebhookTrust> {
    const WHY: &str = "with a managed identity";
    let has_secret = !settings.list("STATE_SECRET").is_empty();
    if !has_secret {
        settings.reject(
            "STATE_SECRET",
            "is missing: with a managed identity there is no key to derive it from",
        );
    }
    let issuer = settings.required("WEBHOOK_ISSUER", WHY);
    let issuer = issuer.filter(|_| settings.secure_address("WEBHOOK_ISSUER").is_some());
    let audience = settings.required("WEBHOOK_AUDIENCE", WHY);
    let caller = settings.required("WEBHOOK_CALLER", WHY);
    if !has_secret {
        return None;
    }
    Some(WebhookTrust {
        issuer: issuer?,
        audience: audience?,
        caller: caller?,
    })
}
