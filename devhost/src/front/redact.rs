//! Masks secrets in headers, for the log.

use crate::http::Fields;

/// Words in the names of headers with secret values.
const SECRET: [&str; 8] = [
    "auth",
    "cookie",
    "key",
    "token",
    "secret",
    "signature",
    "principal",
    "session",
];

/// Headers without their secrets, and without control characters.
pub(super) fn redacted(fields: &Fields) -> Vec<(String, String)> {
    // Control characters would be commands for a terminal.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(char::is_control, "?");
    fields
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let secret = SECRET.iter().any(|word| lower.contains(word));
            // The query of a URL may contain keys and signatures.
            let value = match value.split_once('?') {
                _ if secret => "***".to_owned(),
                Some((before, _)) if value.contains('=') => format!("{before}?***"),
                _ => value,
            };
            (name, value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::redacted;
    use crate::http::Fields;

    #[test]
    fn secrets_are_masked_and_other_values_are_not() {
        let mut fields = Fields::default();
        for (name, value) in [
            ("Authorization", "Bearer abc"),
            ("X-Functions-Key", "abc"),
            ("Set-Cookie", "id=abc"),
            ("ce-signature", "sha256=abc"),
            ("X-MS-CLIENT-PRINCIPAL", "abc"),
            ("Referer", "http://page.test/a?code=abc"),
            ("Accept", "text/html;q=0.9"),
        ] {
            fields.push(name, value);
        }

        let printed = redacted(&fields);

        assert!(!printed.iter().any(|(_, value)| value.contains("abc")));
        assert_eq!(
            printed.last(),
            Some(&("Accept".to_owned(), "text/html;q=0.9".to_owned()))
        );
    }
}
