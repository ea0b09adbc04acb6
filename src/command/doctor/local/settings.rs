//! The settings themselves: those that cannot be used, those that have no effect, and those that
//! do not go together.

use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::settings::SettingsSource;
use crate::command::doctor::spelling::nearest;
use crate::config::{Config, ConfigError, StoreConfig, setting_names};

const CHECK: &str = "settings";
const CONNECTION_STRING: &str = "AZURE_WEB_PUBSUB_CONNECTION_STRING";
const ALLOWED_ORIGINS: &str = "ALLOWED_ORIGINS";
const RUNTIME: &str = "FUNCTIONS_WORKER_RUNTIME";

/// Beginnings that only our settings have.
const OURS: [&str; 9] = [
    "AZURE_WEB_PUBSUB_",
    "WEB_PUBSUB_",
    "COSMOS_",
    "AZURE_OPENAI_",
    "IOT_HUB_",
    "JWT_",
    "WEBHOOK_",
    "ASSISTANT_",
    "RATE_LIMIT_",
];

/// The usable settings are `None` if there is a mistake in them.
pub(super) fn check(source: &SettingsSource) -> (Vec<Finding>, Option<Config>) {
    let mut found = Vec::new();
    let config = match Config::from_settings(&|name| source.get(name)) {
        Ok(config) => Some(config),
        Err(errors) => {
            found.extend(errors.0.iter().map(invalid));
            None
        }
    };
    found.extend(unknown(source));
    found.extend(config.as_ref().and_then(nobody_admitted));
    found.extend(
        config
            .as_ref()
            .and_then(|config| not_shared(source, config)),
    );
    found.extend(runtime(source));
    found.extend(second_cors(source));
    if found.is_empty() {
        let set = source.names();
        let count = set.iter().filter(|name| is_known(name));
        let count = count.count();
        let what = match source.file() {
            Some(file) => format!("{count} are set, with {}", file.display()),
            None => format!("{count} are set"),
        };
        found.push(Finding::ok(CHECK, what));
    }
    (found, config)
}

fn invalid(error: &ConfigError) -> Finding {
    let fault = match error.setting {
        CONNECTION_STRING => &faults::CONNECTION_STRING,
        _ => &faults::SETTING_INVALID,
    };
    let what = format!("{} {}", error.setting, error.problem);
    Finding::error(CHECK, fault, what).fill("setting", error.setting)
}

fn unknown(source: &SettingsSource) -> Vec<Finding> {
    let finding = |name: &String| {
        if is_known(name) {
            return None;
        }
        // Other programs' variables may resemble ours in another case.
        let known = nearest(name, setting_names()).filter(|_| name.len() > 4);
        let is_ours = OURS.iter().any(|beginning| name.starts_with(beginning));
        let what = match known {
            Some(known) => format!("{name} has no effect; `{known}` was probably meant"),
            None if is_ours => format!("{name} has no effect: no setting has that name"),
            None => return None,
        };
        let finding = Finding::warning(CHECK, &faults::SETTING_UNKNOWN, what);
        let known = known.unwrap_or("a name in docs/settings.md");
        Some(finding.fill("setting", name).fill("known", known))
    };
    source.names().iter().filter_map(finding).collect()
}

fn is_known(name: &str) -> bool {
    setting_names().any(|known| known == name)
}

fn nobody_admitted(config: &Config) -> Option<Finding> {
    let identity = &config.identity;
    let admits = identity.allow_anonymous
        || identity.trust_easy_auth
        || identity.jwt.is_some()
        || identity.api_token.is_some();
    let what = "ALLOW_ANONYMOUS is not `true`, and no way to sign in is set";
    (!admits).then(|| Finding::warning(CHECK, &faults::NOBODY_ADMITTED, what))
}

/// Both variables are set by the platforms themselves.
fn not_shared(source: &SettingsSource, config: &Config) -> Option<Finding> {
    let platform = ["WEBSITE_SITE_NAME", "CONTAINER_APP_NAME"];
    let is_on_azure = platform.iter().any(|name| source.get(name).is_some());
    let is_file = matches!(config.store, StoreConfig::Sqlite { .. });
    let what = "the store is a SQLite file on one instance";
    (is_on_azure && is_file).then(|| Finding::error(CHECK, &faults::STORE_NOT_SHARED, what))
}

fn runtime(source: &SettingsSource) -> Option<Finding> {
    let runtime = source.get(RUNTIME)?;
    let is_custom = runtime.trim().eq_ignore_ascii_case("custom");
    let what = format!("{RUNTIME} is `{}`", runtime.trim());
    (!is_custom).then(|| Finding::error(CHECK, &faults::WORKER_RUNTIME, what))
}

fn second_cors(source: &SettingsSource) -> Option<Finding> {
    source.get(ALLOWED_ORIGINS)?;
    // The platform hands its own origins to the host as a JSON array.
    let platform = source.get("CORS_ALLOWED_ORIGINS");
    let platform = platform.filter(|list| list.contains('"'));
    let other = match (platform, &source.host_cors) {
        (Some(_), _) => "the platform's CORS (CORS_ALLOWED_ORIGINS)",
        (None, Some(_)) => "`Host.CORS` of `func start`",
        (None, None) => return None,
    };
    let what = format!("{ALLOWED_ORIGINS} is set beside {other}");
    Some(Finding::error(CHECK, &faults::CORS_TWICE, what))
}
