//! Keeps secrets out of the report. No check prints one; but a server that we ask may repeat what
//! we sent it, and its words are printed.

use super::finding::Finding;

/// A shorter value would also be found in ordinary words.
const MIN_LENGTH: usize = 8;

/// Parts of the names of settings whose values are secret.
const SECRET_NAMES: [&str; 6] = [
    "KEY",
    "SECRET",
    "TOKEN",
    "PASSWORD",
    "HEADERS",
    "IDENTITY_HEADER",
];

/// Parts of connection strings that are secret.
const SECRET_PARTS: [&str; 4] = [
    "AccessKey",
    "AccountKey",
    "SharedAccessKey",
    "SharedAccessSignature",
];

#[derive(Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Notes the secrets in the value of a setting.
    pub(super) fn note(&mut self, name: &str, value: &str) {
        let upper = name.to_ascii_uppercase();
        if SECRET_NAMES.iter().any(|part| upper.contains(part)) {
            // `STATE_SECRET` is a list.
            value.split(',').for_each(|entry| self.add(entry));
        }
        for part in value.split(';') {
            if let Some((name, secret)) = part.split_once('=')
                && SECRET_PARTS
                    .iter()
                    .any(|p| p.eq_ignore_ascii_case(name.trim()))
            {
                self.add(secret);
            }
        }
    }

    pub(super) fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() >= MIN_LENGTH && !self.0.iter().any(|known| known == secret) {
            self.0.push(secret.to_owned());
            // The longest first: one may be the beginning of another.
            self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    pub(super) fn redact(&self, finding: &mut Finding) {
        for secret in &self.0 {
            let hide = |text: &mut String| {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), "[secret]");
                }
            };
            hide(&mut finding.what);
            if let Some(fix) = &mut finding.fix {
                hide(fix);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_settings_and_in_connection_strings() {
        let mut secrets = Secrets::default();
        secrets.note("STATE_SECRET", "first-secret-1, second-secret-2");
        secrets.note(
            "SOME_CONNECTION",
            "Endpoint=https://x;AccessKey=c2VjcmV0==;Version=1.0",
        );
        let text = "first-secret-1 second-secret-2 c2VjcmV0== https://x";
        let mut finding = Finding::ok("settings", text);

        secrets.redact(&mut finding);

        assert_eq!(finding.what, "[secret] [secret] [secret] https://x");
    }
}
