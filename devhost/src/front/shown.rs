use crate::http::Fields;

/// Words in the names of headers whose values are nobody's business.
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

/// Headers as a person may see them.
pub(super) fn shown(fields: &Fields) -> Vec<(String, String)> {
    // What a caller sends must not steer the terminal it is shown on.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(char::is_control, "?");
    fields
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let secret = SECRET.iter().any(|word| lower.contains(word));
            // Addresses carry keys and signatures behind the question mark.
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
    use super::shown;
    use crate::http::Fields;

    #[test]
    fn secrets_are_masked_and_the_rest_is_not() {
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

        let shown = shown(&fields);

        assert!(!shown.iter().any(|(_, value)| value.contains("abc")));
        assert_eq!(
            shown.last(),
            Some(&("Accept".to_owned(), "text/html;q=0.9".to_owned()))
        );
    }
}
