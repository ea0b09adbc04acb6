//! All settings, parsed once at start. No other module reads the environment.

mod assistant;
mod identity;
mod iot_hub;
mod listen;
mod reference;
mod settings;
mod storage;
mod store;
mod traces;
mod web_pubsub;

use std::time::Duration;

pub use assistant::AssistantConfig;
pub use identity::{ClaimNames, IdentityConfig, JwtConfig, KeySource};
pub use iot_hub::DevicesConfig;
pub use listen::Listen;
pub use reference::{Setting, SettingDefault, SettingsGroup};
pub use settings::{ConfigError, ConfigErrors, Source};
pub use store::{CosmosConfig, CosmosContainers, CosmosCredential, StoreConfig};
pub use traces::TraceConfig;
pub use web_pubsub::{Credential, SealSecrets, WebPubSubConfig, WebhookTrust};

use crate::azure::storage_account::StorageAccount;
use settings::Settings;

pub(crate) const DEV_PARENT: &str = "SWITCHBOARD_DEV_PARENT";

const SETTINGS: &[Setting] = &[
    Setting::new(
        "TOKEN_LIFETIME_MINUTES",
        "how long an address from `negotiate` is valid; at most a week",
    )
    .value("60"),
    Setting::new(
        "INCLUDE_ACCESS_TOKEN",
        "adds `baseUrl` and `accessToken` to the answer of `negotiate`",
    )
    .value("false"),
    Setting::new(
        "ALLOWED_ORIGINS",
        "comma-separated; our own CORS headers. Leave it unset where the platform adds them",
    )
    .essential(),
    Setting::new(
        "CLIENT_ORIGINS",
        "comma-separated origins of pages that may connect; others get 403 `origin_not_allowed`",
    )
    .essential(),
    Setting::new(
        "JWT_EXPIRY_ON_SEND",
        "`allow` accepts frames after the sign-in has expired",
    )
    .value("refuse"),
    Setting::new(
        "REQUIRE_KNOWN_USERS",
        "only users created through `PUT /api/users` may join sessions",
    )
    .value("false"),
    Setting::new(
        "RATE_LIMIT_NEGOTIATE",
        "calls per minute, for each caller and instance; 0 means no limit",
    )
    .value("0")
    .essential(),
    Setting::new(
        "RATE_LIMIT_FRAMES",
        "frames per second from one connection, for each instance, with bursts of twice that; 0 \
            means no limit",
    )
    .value("50"),
    Setting::new(
        "BROADCAST_WINDOW",
        "how many messages of one conversation may be under way to the service at once when more \
            than that wait; then they may overtake one another by milliseconds, and `seq` is the \
            order. 1 sends them one by one always",
    )
    .value("8"),
    Setting::new("TRUST_PROXY", "in a container: trusts `X-Forwarded-For`").value("false"),
    Setting::new(
        "NOTIFICATION_TTL_DAYS",
        "how long an inbox keeps a notification",
    )
    .value("30"),
    Setting::new("LOG_LEVEL", "`error`, `warn`, `info`, `debug` or `trace`").value("info"),
    Setting::new(
        DEV_PARENT,
        "set by `dev`: the handler ends when that process ends",
    ),
];

/// Valid settings. The comment of each field names its variables.
#[derive(Debug, Clone)]
pub struct Config {
    pub web_pubsub: WebPubSubConfig,
    pub identity: IdentityConfig,
    pub store: StoreConfig,
    /// `AzureWebJobsStorage`: for queues and blobs, and for the store if it uses tables.
    pub storage: Option<StorageAccount>,
    /// `TOKEN_LIFETIME_MINUTES`.
    pub token_lifetime: Duration,
    /// `INCLUDE_ACCESS_TOKEN`.
    pub include_access_token: bool,
    /// `ALLOWED_ORIGINS`: origins that our CORS headers allow; empty if the platform handles CORS.
    pub cors_origins: Vec<String>,
    /// `CLIENT_ORIGINS`: origins from which clients may connect; `None` allows all.
    pub client_origins: Option<Vec<String>>,
    /// `RATE_LIMIT_NEGOTIATE`: negotiate calls per minute and caller; `None` means no limit.
    pub negotiate_limit: Option<u32>,
    /// `RATE_LIMIT_FRAMES`: frames per second from one connection, with bursts of twice that; `None`
    /// means no limit.
    pub frame_limit: Option<u32>,
    /// `BROADCAST_WINDOW`: how many messages of one conversation may be under way to the service at
    /// once when more than that wait.
    pub broadcast_window: usize,
    /// `TRUST_PROXY`: whether to trust `X-Forwarded-For`.
    pub trust_forwarded_for: bool,
    /// `JWT_EXPIRY_ON_SEND`.
    pub expired_sign_in: ExpiredSignIn,
    /// `REQUIRE_KNOWN_USERS`: whether only users created through `PUT /api/users` may join sessions.
    pub require_known_users: bool,
    /// `NOTIFICATION_TTL_DAYS`: how long an inbox keeps a notification.
    pub notification_ttl_days: u32,
    pub assistant: AssistantConfig,
    /// Whether `dev` started this process, so that the demo model may answer questions.
    pub is_in_dev: bool,
    pub devices: DevicesConfig,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: where traces go; `None` if nowhere.
    pub traces: Option<TraceConfig>,
}

/// What to do with frames from a connection whose sign-in has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiredSignIn {
    Refuse,
    Allow,
}

impl Config {
    /// Reads all settings, or returns all their errors.
    pub fn from_settings(source: Source<'_>) -> Result<Self, ConfigErrors> {
        let mut settings = Settings::new(source);
        let listen = Listen::read(&mut settings);
        let web_pubsub = web_pubsub::read(&mut settings);
        let identity = identity::read(&mut settings);
        let storage = storage::read(&mut settings);
        let store = store::read(&mut settings, storage.as_ref());
        let lifetime = settings.number("TOKEN_LIFETIME_MINUTES", 60, 1..=10_080);
        let include_access_token = settings.flag("INCLUDE_ACCESS_TOKEN");
        let cors_origins = origins(&mut settings, "ALLOWED_ORIGINS");
        let client_origins = origins(&mut settings, "CLIENT_ORIGINS");
        let limit = settings.number("RATE_LIMIT_NEGOTIATE", 0, 0..=1_000_000);
        let frames = settings.number("RATE_LIMIT_FRAMES", 50, 0..=100_000);
        let broadcast_window = settings.number("BROADCAST_WINDOW", 8, 1..=100);
        let trust_proxy = settings.flag("TRUST_PROXY");
        let expired_sign_in = expired_sign_in(&mut settings);
        let require_known_users = settings.flag("REQUIRE_KNOWN_USERS");
        let notification_ttl_days = settings.number("NOTIFICATION_TTL_DAYS", 30, 1..=3650);
        let assistant = assistant::read(&mut settings);
        let devices = iot_hub::read(&mut settings);
        let traces = traces::read(&mut settings);
        log_level_of(&mut settings);
        let config = web_pubsub.zip(store).map(|(web_pubsub, store)| Self {
            web_pubsub,
            identity,
            store,
            storage,
            token_lifetime: Duration::from_secs(u64::from(lifetime) * 60),
            include_access_token,
            cors_origins,
            client_origins: (!client_origins.is_empty()).then_some(client_origins),
            negotiate_limit: (limit > 0).then_some(limit),
            frame_limit: (frames > 0).then_some(frames),
            broadcast_window: usize::try_from(broadcast_window).unwrap_or(1),
            // The Functions front end sets the header itself. A container trusts it only if its
            // owner declares that it is behind a proxy.
            trust_forwarded_for: listen.is_functions() || trust_proxy,
            expired_sign_in,
            require_known_users,
            notification_ttl_days,
            assistant,
            is_in_dev: dev_parent(source) == Some(std::os::unix::process::parent_id()),
            devices,
            traces,
        });
        settings.finish(config)
    }
}

/// `LOG_LEVEL`. Read before all other settings: an invalid value means `info` here, and
/// [`Config::from_settings`] reports it.
pub fn log_level(source: Source<'_>) -> tracing::Level {
    log_level_of(&mut Settings::new(source))
}

/// The collector of traces, read before all other settings. `None` also for invalid values, which
/// [`Config::from_settings`] reports.
pub fn traces(source: Source<'_>) -> Option<TraceConfig> {
    traces::read(&mut Settings::new(source))
}

/// The process that this one must not outlive. `dev` sets it, so that its handler ends even if
/// `dev` is killed.
pub fn dev_parent(source: Source<'_>) -> Option<u32> {
    source(DEV_PARENT)?.parse().ok()
}

/// All settings, in the order in which the documentation shows them.
pub fn reference() -> [SettingsGroup; 9] {
    let group = |title, settings| SettingsGroup { title, settings };
    [
        group("Web PubSub", web_pubsub::SETTINGS),
        group("Who may call", identity::SETTINGS),
        group("Connections, limits and logs", SETTINGS),
        group("Store", store::SETTINGS),
        group("Storage account", storage::SETTINGS),
        group("Assistant and recordings", assistant::SETTINGS),
        group("Devices", iot_hub::SETTINGS),
        group("Port", listen::SETTINGS),
        group("Traces", traces::SETTINGS),
    ]
}

/// The names of all settings.
pub fn setting_names() -> impl Iterator<Item = &'static str> {
    let settings = reference().into_iter().flat_map(|group| group.settings);
    settings.map(|setting| setting.name)
}

/// Reads the process's environment, for [`Config::from_settings`].
pub fn environment(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    std::env::var(name).ok()
}

/// The names of all variables of the process, for `doctor`.
pub fn environment_names() -> Vec<String> {
    let variables = std::env::vars_os();
    let names = variables.filter_map(|(name, _)| name.into_string().ok());
    names.collect()
}

fn log_level_of(settings: &mut Settings<'_>) -> tracing::Level {
    match settings
        .text("LOG_LEVEL")
        .map(|t| t.to_ascii_lowercase())
        .as_deref()
    {
        None | Some("info" | "information") => tracing::Level::INFO,
        Some("error") => tracing::Level::ERROR,
        Some("warn" | "warning") => tracing::Level::WARN,
        Some("debug") => tracing::Level::DEBUG,
        Some("trace") => tracing::Level::TRACE,
        Some(_) => {
            settings.reject("LOG_LEVEL", "must be error, warn, info, debug or trace");
            tracing::Level::INFO
        }
    }
}

fn expired_sign_in(settings: &mut Settings<'_>) -> ExpiredSignIn {
    match settings.text("JWT_EXPIRY_ON_SEND").as_deref() {
        None | Some("refuse") => ExpiredSignIn::Refuse,
        Some("allow") => ExpiredSignIn::Allow,
        Some(_) => {
            settings.reject("JWT_EXPIRY_ON_SEND", "must be `refuse` or `allow`");
            ExpiredSignIn::Refuse
        }
    }
}

/// Origins in the form that browsers send: scheme, host and port, without a path.
fn origins(settings: &mut Settings<'_>, setting: &'static str) -> Vec<String> {
    let mut origins = Vec::new();
    for entry in settings.list(setting) {
        match origin(&entry) {
            Some(origin) => origins.push(origin),
            None => {
                settings.reject(setting, "must list origins such as https://app.example.com");
                return origins;
            }
        }
    }
    origins
}

/// Web views use schemes that the URL standard gives no origin, such as `capacitor:`. Their origin
/// is scheme and host.
fn origin(entry: &str) -> Option<String> {
    let url = url::Url::parse(entry).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let standard = url.origin().ascii_serialization();
    let origin = match url.port() {
        _ if standard != "null" => standard,
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    };
    origin
        .eq_ignore_ascii_case(entry.trim_end_matches('/'))
        .then_some(origin)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const KEY: &str =
        "Endpoint=https://x.webpubsub.azure.com;AccessKey=c2VjcmV0LWtleQ==;Version=1.0;";

    fn parse(pairs: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
        let map: HashMap<_, _> = pairs.iter().copied().collect();
        Config::from_settings(&|name| map.get(name).map(|v| (*v).to_owned()))
    }

    #[test]
    fn a_connection_string_is_enough() {
        let config = parse(&[("AZURE_WEB_PUBSUB_CONNECTION_STRING", KEY)]).unwrap();

        assert_eq!(config.web_pubsub.hub.as_str(), "ViewerHub");
        assert_eq!(config.token_lifetime, Duration::from_secs(3600));
        assert!(!config.identity.allow_anonymous);
        assert_eq!(config.client_origins, None);
        assert_eq!(config.frame_limit, Some(50));
        assert_eq!(config.notification_ttl_days, 30);
    }

    #[test]
    fn all_errors_are_in_one_message_without_any_value() {
        let errors = parse(&[
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", "AccessKey=hush-hush"),
            ("WEB_PUBSUB_HUB_NAME", "1hub"),
            ("TOKEN_LIFETIME_MINUTES", "soon"),
            ("INCLUDE_ACCESS_TOKEN", "hush-hush"),
            ("RATE_LIMIT_FRAMES", "-1"),
            ("ALLOWED_ORIGINS", "*"),
            ("JWT_AUDIENCE", "app"),
            ("JWT_EXPIRY_ON_SEND", "hush-hush"),
            ("NOTIFICATION_TTL_DAYS", "0"),
            ("LOG_LEVEL", "loud"),
            ("PORT", "hush-hush"),
        ])
        .unwrap_err();

        let named: Vec<_> = errors.0.iter().map(|m| m.setting).collect();
        assert_eq!(
            named,
            [
                "PORT",
                "AZURE_WEB_PUBSUB_CONNECTION_STRING",
                "WEB_PUBSUB_HUB_NAME",
                "JWT_AUDIENCE",
                "TOKEN_LIFETIME_MINUTES",
                "INCLUDE_ACCESS_TOKEN",
                "ALLOWED_ORIGINS",
                "RATE_LIMIT_FRAMES",
                "JWT_EXPIRY_ON_SEND",
                "NOTIFICATION_TTL_DAYS",
                "LOG_LEVEL",
            ]
        );
        assert!(!errors.to_string().contains("hush"), "{errors}");
    }

    #[test]
    fn without_settings_the_error_names_the_connection_string() {
        let errors = parse(&[]).unwrap_err();

        assert_eq!(errors.0.len(), 1);
        assert_eq!(errors.0[0].setting, "AZURE_WEB_PUBSUB_CONNECTION_STRING");
    }

    #[test]
    fn an_empty_setting_counts_as_unset() {
        let config = parse(&[
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", KEY),
            ("WEB_PUBSUB_HUB_NAME", " "),
            ("RATE_LIMIT_NEGOTIATE", ""),
        ])
        .unwrap();

        assert_eq!(config.web_pubsub.hub.as_str(), "ViewerHub");
        assert_eq!(config.negotiate_limit, None);
    }

    #[test]
    fn a_managed_identity_needs_webhook_trust_and_a_state_secret() {
        let errors =
            parse(&[("AZURE_WEB_PUBSUB_ENDPOINT", "https://x.webpubsub.azure.com")]).unwrap_err();

        let named: Vec<_> = errors.0.iter().map(|m| m.setting).collect();
        assert_eq!(
            named,
            [
                "STATE_SECRET",
                "WEBHOOK_ISSUER",
                "WEBHOOK_AUDIENCE",
                "WEBHOOK_CALLER"
            ]
        );
    }

    #[test]
    fn short_secrets_are_refused() {
        let short = [
            ("API_TOKEN", "x".repeat(15)),
            ("JWT_SECRET", "x".repeat(31)),
            (
                "STATE_SECRET",
                format!("{},{}", "x".repeat(32), "y".repeat(31)),
            ),
        ];
        for (setting, secret) in short {
            let settings = [
                ("AZURE_WEB_PUBSUB_CONNECTION_STRING", KEY),
                (setting, &*secret),
            ];

            let errors = parse(&settings).unwrap_err();

            assert_eq!(errors.0.len(), 1);
            assert_eq!(errors.0[0].setting, setting);
            assert!(!errors.to_string().contains(&secret), "{errors}");
        }
    }

    #[test]
    fn an_unresolved_key_vault_reference_is_no_secret() {
        let reference = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)";
        for setting in ["API_TOKEN", "JWT_SECRET", "STATE_SECRET"] {
            let settings = [
                ("AZURE_WEB_PUBSUB_CONNECTION_STRING", KEY),
                (setting, reference),
            ];

            let errors = parse(&settings).unwrap_err();

            assert_eq!(errors.0[0].setting, setting);
            let sentence = errors.to_string();
            assert!(sentence.contains("Key Vault Secrets User"), "{sentence}");
        }
    }

    #[test]
    fn origins_are_normalized_to_the_form_that_browsers_send() {
        let config = parse(&[
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", KEY),
            (
                "CLIENT_ORIGINS",
                "https://App.example.com , http://localhost:5173/, capacitor://localhost",
            ),
        ])
        .unwrap();

        assert_eq!(
            config.client_origins.unwrap(),
            [
                "https://app.example.com",
                "http://localhost:5173",
                "capacitor://localhost"
            ]
        );
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let config = parse(&[
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", KEY),
            ("API_TOKEN", "token-to-hide-0123456789"),
            ("JWT_SECRET", "secret-to-hide-01234567890123456789"),
            ("STATE_SECRET", "state-to-hide-012345678901234567890"),
        ])
        .unwrap();

        let shown = format!("{config:?}");

        assert!(!shown.contains("to-hide"), "{shown}");
        assert!(!shown.contains("c2VjcmV0"), "{shown}");
    }
}
