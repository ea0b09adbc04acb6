//! The query of a request.

use std::fmt::Write as _;

/// The decoded keys and values of a query. A key that is repeated, in any case, has several
/// values.
pub(crate) fn parse(query: &str) -> Vec<(String, Vec<String>)> {
    let mut parsed: Vec<(String, Vec<String>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key), decode(value));
        match parsed
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(&key))
        {
            Some((spelling, values)) => {
                // The host keeps the second spelling.
                if values.len() == 1 {
                    *spelling = key;
                }
                values.push(value);
            }
            None => parsed.push((key, vec![value])),
        }
    }
    parsed
}

/// The query that the handler gets: parsed and rebuilt.
pub(crate) fn rebuilt(query: &str) -> String {
    let mut rebuilt = String::with_capacity(query.len() + 8);
    for (key, values) in parse(query) {
        rebuilt.push(if rebuilt.is_empty() { '?' } else { '&' });
        encode(&key, &mut rebuilt);
        rebuilt.push('=');
        encode(&values.join(","), &mut rebuilt);
    }
    rebuilt
}

/// Decodes a plus as a space. Invalid UTF-8 stays encoded.
fn decode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let text = text.replace('+', " ");
    let mut decoded = String::with_capacity(text.len());
    let mut bytes = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let at = rest.find('%').unwrap_or(rest.len());
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];

        bytes.clear();
        while let Some(byte) = encoded_byte(&rest[bytes.len() * 3..]) {
            bytes.push(byte);
        }
        if bytes.is_empty() && !rest.is_empty() {
            decoded.push('%');
            rest = &rest[1..];
        }
        let (encoded, after) = rest.split_at(bytes.len() * 3);
        push_valid(&bytes, encoded, &mut decoded);
        rest = after;
    }
    decoded
}

fn encoded_byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

/// `encoded` is the percent-encoded form of `bytes`, three characters each.
fn push_valid(bytes: &[u8], encoded: &str, decoded: &mut String) {
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        at += chunk.valid().len();
        let invalid = chunk.invalid().len();
        decoded.push_str(&encoded[at * 3..(at + invalid) * 3]);
        at += invalid;
    }
}

/// Encodes like .NET's URL encoder, which encodes more than is necessary.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$()*,;@".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rebuilt;

    #[test]
    fn repeated_keys_are_joined_under_the_second_spelling() {
        assert_eq!(rebuilt("Role=a&x&role=b&ROLE=c"), "?role=a,b,c&x=");
    }

    #[test]
    fn invalid_escapes_are_escaped() {
        assert_eq!(
            rebuilt("a=%zz&b=%&c=%4&d=%FF%C3%BC%C3"),
            "?a=%25zz&b=%25&c=%254&d=%25FF%C3%BC%25C3"
        );
    }

    #[test]
    fn an_empty_query_is_dropped() {
        assert_eq!(rebuilt("&&"), "");
    }
}
