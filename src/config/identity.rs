//! The settings of authentication: how this deployment identifies its callers.

use secrecy::SecretString;
use url::Url;

use super::reference::Setting;
use super::settings::{Settings, Source};

const MIN_API_TOKEN: usize = 16;
const MIN_JWT_SECRET: usize = 32;

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "ALLOW_ANONYMOUS",
        "admits anonymous callers to rooms, chats and audio",
    )
    .value("false")
    .essential(),
    Setting::new("API_TOKEN", "the token of back ends, at least 16 bytes").essential(),
    Setting::new(
        "JWT_SECRET",
        "verifies tokens signed with HS256; at least 32 bytes",
    )
    .essential(),
    Setting::new(
        "JWT_ISSUER",
        "the issuer, which `iss` must equal. Without `JWT_JWKS_URL` and `JWT_SECRET`, its OpenID \
            configuration names the keys",
    )
    .essential(),
    Setting::new(
        "JWT_JWKS_URL",
        "the identity provider's keys, for RS256, ES256 and EdDSA",
    ),
    Setting::new(
        "JWT_AUDIENCE",
        "comma-separated; if set, `aud` must contain one of them",
    )
    .essential(),
    Setting::new("JWT_USER_CLAIM", "the claim that holds the user id").value("sub"),
    Setting::new(
        "JWT_ORGS_CLAIM",
        "the claim that holds the organisations: a list, text with commas, or Keycloak's object",
    )
    .value("organizations"),
    Setting::new(
        "JWT_ROLES_CLAIM",
        "the claim that holds the roles `admin`, `publisher` and `devices`; may be a path such \
            as `realm_access.roles`",
    )
    .value("roles"),
    Setting::new(
        "TRUST_EASY_AUTH",
        "trusts the headers of App Service authentication",
    )
    .value("false"),
];

#[derive(Debug, Clone)]
pub struct IdentityConfig {
    pub api_token: Option<SecretString>,
    pub allow_anonymous: bool,
    pub trust_easy_auth: bool,
    pub jwt: Option<JwtConfig>,
    /// Used for App Service authentication as well as for tokens.
    pub claims: ClaimNames,
}

impl IdentityConfig {
    /// Reads these settings only, whether or not the others are valid.
    pub fn from_settings(source: Source<'_>) -> Self {
        read(&mut Settings::new(source))
    }

    /// Whether any user can be authenticated. If so, anonymous ids are marked.
    pub fn names_users(&self) -> bool {
        self.jwt.is_some() || self.trust_easy_auth || self.api_token.is_some()
    }
}

/// How tokens are checked. `issuer` and `audiences` are checked only if set.
#[derive(Debug, Clone)]
pub struct JwtConfig {
    pub secret: Option<SecretString>,
    pub keys: Option<KeySource>,
    pub issuer: Option<String>,
    pub audiences: Vec<String>,
}

/// Where an identity provider publishes its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    Jwks(Url),
    /// Through the issuer's OpenID configuration.
    Discovery {
        issuer: String,
    },
}

/// The names of the claims that we read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    pub user: String,
    pub organizations: String,
    pub roles: String,
}

pub(super) fn read(settings: &mut Settings<'_>) -> IdentityConfig {
    IdentityConfig {
        api_token: settings.chosen_secret("API_TOKEN", MIN_API_TOKEN),
        allow_anonymous: settings.flag("ALLOW_ANONYMOUS"),
        trust_easy_auth: settings.flag("TRUST_EASY_AUTH"),
        jwt: jwt(settings),
        claims: ClaimNames {
            user: claim(settings, "JWT_USER_CLAIM", "sub"),
            organizations: claim(settings, "JWT_ORGS_CLAIM", "organizations"),
            roles: claim(settings, "JWT_ROLES_CLAIM", "roles"),
        },
    }
}

fn claim(settings: &mut Settings<'_>, setting: &'static str, default: &str) -> String {
    settings.text(setting).unwrap_or_else(|| default.to_owned())
}

fn jwt(settings: &mut Settings<'_>) -> Option<JwtConfig> {
    let secret = settings.chosen_secret("JWT_SECRET", MIN_JWT_SECRET);
    let jwks = settings.secure_address("JWT_JWKS_URL");
    let issuer = settings.text("JWT_ISSUER");
    let audiences = settings.list("JWT_AUDIENCE");
    let keys = match (jwks, &issuer) {
        (Some(url), _) => Some(KeySource::Jwks(url)),
        // With a secret, the issuer is only compared and need not be an address.
        (None, Some(issuer)) if secret.is_none() => {
            settings.secure_address("JWT_ISSUER");
            Some(KeySource::Discovery {
                issuer: issuer.clone(),
            })
        }
        (None, _) => None,
    };
    if secret.is_none() && keys.is_none() {
        if !audiences.is_empty() {
            settings.reject(
                "JWT_AUDIENCE",
                "has no effect alone: set JWT_ISSUER, JWT_JWKS_URL or JWT_SECRET as well",
            );
        }
        return None;
    }
    Some(JwtConfig {
        secret,
        keys,
        issuer,
        audiences,
    })
}
