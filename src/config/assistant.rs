//! The settings of the assistant and of Azure OpenAI.

use super::reference::Setting;
use super::settings::Settings;
use crate::azure::openai::{OpenAiAccount, OpenAiCredential, is_name};

const ENDPOINT: &str = "AZURE_OPENAI_ENDPOINT";
const DEPLOYMENT: &str = "AZURE_OPENAI_DEPLOYMENT_NAME";
const TRANSCRIBE_DEPLOYMENT: &str = "AZURE_OPENAI_TRANSCRIBE_DEPLOYMENT";
const API_VERSION: &str = "AZURE_OPENAI_API_VERSION";
const PROMPT: &str = "ASSISTANT_PROMPT";
const NAME: &str = "ASSISTANT_NAME";
const MAX_PROMPT: usize = 8000;
const MAX_NAME: usize = 128;
/// The oldest version without a `-preview` that streams the number of tokens.
const DEFAULT_API_VERSION: &str = "2024-10-21";
const DEFAULT_PROMPT: &str = "You are a helpful assistant in a chat of several people. Each of \
    their messages is a JSON object with `name` and `text`. Answer the last one, in plain text \
    and in its language.";

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        ENDPOINT,
        "of the Azure OpenAI resource; without it nothing answers",
    )
    .essential(),
    Setting::new(
        "AZURE_OPENAI_KEY",
        "its key; without it the managed identity, which needs the role Cognitive Services \
            OpenAI User",
    )
    .essential(),
    Setting::new(DEPLOYMENT, "the model that answers").essential(),
    Setting::new(
        TRANSCRIBE_DEPLOYMENT,
        "the model that transcribes recordings",
    ),
    Setting::new(API_VERSION, "the version of the API").value("2024-10-21"),
    Setting::new(
        PROMPT,
        "what the model is instructed, at most 8,000 characters",
    )
    .derived("a short prompt"),
    Setting::new(
        NAME,
        "the name that its messages carry, at most 128 characters",
    )
    .value("Assistant"),
    Setting::new(
        "ASSISTANT_DAILY_TOKENS",
        "tokens of each chat and of each user, by UTC day; 0 means no limit. At least 5,000, or \
            nothing is answered",
    )
    .value("0"),
    Setting::new(
        "ASSISTANT_TOTAL_DAILY_TOKENS",
        "tokens of all together, by UTC day; 0 means no limit",
    )
    .value("0")
    .essential(),
    Setting::new(
        "ASSISTANT_ANONYMOUS",
        "lets anonymous callers ask, and have recordings transcribed",
    )
    .value("false"),
];

/// How questions are answered. The comment of each field names its variable.
#[derive(Debug, Clone)]
pub struct AssistantConfig {
    /// `AZURE_OPENAI_*`; `None` if nothing answers.
    pub model: Option<OpenAiAccount>,
    /// `ASSISTANT_PROMPT`.
    pub prompt: String,
    /// `ASSISTANT_NAME`.
    pub name: String,
    /// `ASSISTANT_DAILY_TOKENS`: of each chat and of each user; `None` means no limit.
    pub daily_tokens: Option<u32>,
    /// `ASSISTANT_TOTAL_DAILY_TOKENS`; `None` means no limit.
    pub total_daily_tokens: Option<u32>,
    /// `ASSISTANT_ANONYMOUS`: whether anonymous callers may ask, and have recordings transcribed.
    pub admits_anonymous: bool,
}

pub(super) fn read(settings: &mut Settings<'_>) -> AssistantConfig {
    let model = model(settings);
    let prompt = text(settings, PROMPT, DEFAULT_PROMPT, MAX_PROMPT);
    let name = text(settings, NAME, "Assistant", MAX_NAME);
    let daily = settings.number("ASSISTANT_DAILY_TOKENS", 0, 0..=u32::MAX);
    let total = settings.number("ASSISTANT_TOTAL_DAILY_TOKENS", 0, 0..=u32::MAX);
    AssistantConfig {
        model,
        prompt,
        name,
        daily_tokens: (daily > 0).then_some(daily),
        total_daily_tokens: (total > 0).then_some(total),
        admits_anonymous: settings.flag("ASSISTANT_ANONYMOUS"),
    }
}

fn model(settings: &mut Settings<'_>) -> Option<OpenAiAccount> {
    let key = settings.secret("AZURE_OPENAI_KEY");
    if settings.text(ENDPOINT).is_none() {
        let others = [DEPLOYMENT, TRANSCRIBE_DEPLOYMENT];
        if key.is_some() || others.iter().any(|name| settings.text(name).is_some()) {
            settings.reject(
                ENDPOINT,
                "is missing, although other AZURE_OPENAI_ settings are set",
            );
        }
        return None;
    }
    let credential = match key {
        Some(key) => OpenAiCredential::Key(key),
        None => OpenAiCredential::ManagedIdentity {
            client_id: settings.text("AZURE_CLIENT_ID"),
        },
    };
    let endpoint = settings.secure_address(ENDPOINT);
    let deployment = settings.required(DEPLOYMENT, "AZURE_OPENAI_ENDPOINT is set");
    let deployment = deployment.filter(|name| check_name(settings, DEPLOYMENT, name));
    let transcribe_deployment = settings
        .text(TRANSCRIBE_DEPLOYMENT)
        .filter(|name| check_name(settings, TRANSCRIBE_DEPLOYMENT, name));
    let version = settings.text(API_VERSION);
    let api_version = version.unwrap_or_else(|| DEFAULT_API_VERSION.to_owned());
    if !check_name(settings, API_VERSION, &api_version) {
        return None;
    }
    Some(OpenAiAccount {
        endpoint: endpoint?,
        credential,
        api_version,
        deployment: deployment?,
        transcribe_deployment,
    })
}

/// Both are parts of an address.
fn check_name(settings: &mut Settings<'_>, setting: &'static str, name: &str) -> bool {
    let is_valid = is_name(name);
    if !is_valid {
        settings.reject(setting, "must consist of letters, digits, `.`, `_` and `-`");
    }
    is_valid
}

fn text(
    settings: &mut Settings<'_>,
    setting: &'static str,
    default: &str,
    max_characters: usize,
) -> String {
    let text = settings.text(setting).unwrap_or_else(|| default.to_owned());
    if text.chars().count() > max_characters {
        settings.reject(setting, format!("has at most {max_characters} characters"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(pairs: &[(&str, &str)]) -> Result<AssistantConfig, Vec<&'static str>> {
        let source = |name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut settings = Settings::new(&source);
        let config = read(&mut settings);
        let finished = settings.finish(Some(config));
        finished.map_err(|errors| errors.0.iter().map(|error| error.setting).collect())
    }

    #[test]
    fn nothing_is_required_and_nothing_is_limited() {
        let config = read_from(&[]).unwrap();

        assert!(config.model.is_none());
        assert_eq!(config.name, "Assistant");
        assert_eq!(
            (config.daily_tokens, config.total_daily_tokens),
            (None, None)
        );
        assert!(!config.admits_anonymous);
    }

    #[test]
    fn a_model_is_read_with_a_key_or_an_identity() {
        let names = [
            (ENDPOINT, "https://x.openai.azure.com/"),
            (DEPLOYMENT, "gpt-4o"),
        ];
        let by_identity = read_from(&names).unwrap().model.unwrap();
        let by_key = read_from(&[&names[..], &[("AZURE_OPENAI_KEY", "hush-hush")]].concat());
        let by_key = by_key.unwrap().model.unwrap();

        assert_eq!(by_identity.transcribe_deployment, None);
        assert_eq!(by_identity.api_version, DEFAULT_API_VERSION);
        assert!(matches!(
            by_identity.credential,
            OpenAiCredential::ManagedIdentity { .. }
        ));
        assert!(matches!(by_key.credential, OpenAiCredential::Key(_)));
        assert!(!format!("{by_key:?}").contains("hush"));
    }

    #[test]
    fn mistakes_are_named() {
        let endpoint = (ENDPOINT, "https://x.openai.azure.com");
        for (pairs, named) in [
            (vec![endpoint], DEPLOYMENT),
            (vec![("AZURE_OPENAI_KEY", "k")], ENDPOINT),
            (vec![(DEPLOYMENT, "gpt")], ENDPOINT),
            (vec![(TRANSCRIBE_DEPLOYMENT, "whisper")], ENDPOINT),
            (
                vec![
                    endpoint,
                    (DEPLOYMENT, "gpt"),
                    (TRANSCRIBE_DEPLOYMENT, "a/b"),
                ],
                TRANSCRIBE_DEPLOYMENT,
            ),
            (
                vec![(ENDPOINT, "http://x.openai.azure.com"), (DEPLOYMENT, "gpt")],
                ENDPOINT,
            ),
            (vec![endpoint, (DEPLOYMENT, "../x")], DEPLOYMENT),
            (
                vec![endpoint, (DEPLOYMENT, "gpt"), (API_VERSION, "1&x=2")],
                API_VERSION,
            ),
            (
                vec![("ASSISTANT_DAILY_TOKENS", "-1")],
                "ASSISTANT_DAILY_TOKENS",
            ),
            (
                vec![("ASSISTANT_TOTAL_DAILY_TOKENS", "1e3")],
                "ASSISTANT_TOTAL_DAILY_TOKENS",
            ),
            (
                vec![("ASSISTANT_ANONYMOUS", "maybe")],
                "ASSISTANT_ANONYMOUS",
            ),
        ] {
            assert_eq!(read_from(&pairs).err(), Some(vec![named]), "{pairs:?}");
        }
        let long = "x".repeat(MAX_PROMPT + 1);
        assert_eq!(read_from(&[(PROMPT, &long)]).err(), Some(vec![PROMPT]));
        assert_eq!(read_from(&[(NAME, &long)]).err(), Some(vec![NAME]));
    }
}
