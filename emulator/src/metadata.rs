//! Metadata of a message: in frames, and in HTTP headers to and from handlers and the REST API.

use http::HeaderMap;

use crate::message::Metadata;

/// The prefix of a header that carries metadata.
pub(crate) const HEADER_PREFIX: &str = "x-webpubsub-metadata-";

const MAX_KEY: usize = 256;
const MAX_VALUE: usize = 1024;
const MAX_TOTAL: usize = 8 * 1024;

/// `None` if a key is not a valid header name, a value is not a valid header value, or the size
/// exceeds a limit.
pub(crate) fn checked<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
) -> Option<Metadata> {
    let mut metadata = Metadata::new();
    let mut total = 0;
    for (key, value) in pairs {
        let legal_key = !key.is_empty() && key.len() <= MAX_KEY && key.bytes().all(is_token);
        let legal_value =
            value.len() <= MAX_VALUE && value.bytes().all(|b| (0x20..0x7f).contains(&b));
        total += key.len() + value.len();
        if !legal_key || !legal_value || total > MAX_TOTAL {
            return None;
        }
        metadata.insert(key.to_ascii_lowercase(), value.clone());
    }
    Some(metadata)
}

/// The metadata in HTTP headers; `None` if it exceeds a limit.
pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Metadata> {
    let mut pairs = Vec::new();
    for (name, value) in headers {
        if let Some(key) = name.as_str().strip_prefix(HEADER_PREFIX) {
            pairs.push((key.to_owned(), value.to_str().ok()?.to_owned()));
        }
    }
    checked(pairs.iter().map(|(key, value)| (key, value)))
}

/// The characters of a `token` in RFC 9110.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, value: &str) -> Option<Metadata> {
        checked([(&key.to_owned(), &value.to_owned())].into_iter())
    }

    #[test]
    fn keys_become_lower_case() {
        assert_eq!(
            check("Trace-Id", "1").unwrap().get("trace-id").unwrap(),
            "1"
        );
    }

    #[test]
    fn metadata_that_does_not_fit_a_header_is_refused() {
        assert_eq!(check("a b", "1"), None);
        assert_eq!(check("", "1"), None);
        assert_eq!(check("k", "ü"), None);
        assert_eq!(check("k", "a\nb"), None);
        assert_eq!(check(&"k".repeat(257), "1"), None);
        assert_eq!(check("k", &"v".repeat(1025)), None);
    }

    #[test]
    fn metadata_has_at_most_eight_kib() {
        let pairs: Vec<_> = (0..9).map(|n| (n.to_string(), "v".repeat(1000))).collect();

        assert_eq!(checked(pairs.iter().map(|(k, v)| (k, v))), None);
        assert!(checked(pairs.iter().take(8).map(|(k, v)| (k, v))).is_some());
    }
}
