//! The path of a forwarded request.

use std::fmt::Write as _;

use crate::http::remove_dot_segments;

/// The path that the handler gets, from the path that the host decoded.
///
/// The host puts the decoded path into a URL, which is parsed again. So what was encoded twice is
/// decoded twice, an encoded question mark or hash cuts the path, and a backslash becomes a slash
/// before dot segments are removed: the request can reach another path than the one that was
/// routed.
pub(crate) fn forwarded(decoded: &str, has_query: bool) -> String {
    let path = match decoded.find(['?', '#']) {
        Some(end) => &decoded[..end],
        // White space at the end of the URL is trimmed.
        None if !has_query => decoded.trim_end(),
        None => decoded,
    };
    if path.bytes().all(|byte| byte != b'%' && is_kept(byte)) {
        return remove_dot_segments(path);
    }

    let mut rewritten = String::with_capacity(path.len() + 16);
    let mut rest = path;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '\\' => rewritten.push('/'),
            '%' => match encoded(rest) {
                Some(byte) if is_unreserved(byte) => {
                    rewritten.push(char::from(byte));
                    length = 3;
                }
                Some(_) => {
                    rewritten.push_str(&rest[..3]);
                    length = 3;
                }
                None => rewritten.push_str("%25"),
            },
            _ if character.is_ascii() && is_kept(rest.as_bytes()[0]) => rewritten.push(character),
            _ => rest[..length].bytes().for_each(|byte| {
                let _ = write!(rewritten, "%{byte:02X}");
            }),
        }
        rest = &rest[length..];
    }
    remove_dot_segments(&rewritten)
}

fn encoded(text: &str) -> Option<u8> {
    let digits = text
        .get(1..3)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_kept(byte: u8) -> bool {
    is_unreserved(byte) || b":/?#[]@!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::forwarded;

    #[test]
    fn a_backslash_lets_a_request_leave_its_route() {
        assert_eq!(forwarded("/api/events/..\\..\\QueueFn", false), "/QueueFn");
    }

    #[test]
    fn doubly_encoded_dots_let_a_request_leave_its_route() {
        assert_eq!(forwarded("/api/rooms/%2E%2E/keyed", false), "/api/keyed");
    }

    #[test]
    fn a_trailing_space_is_lost_unless_a_query_follows() {
        assert_eq!(forwarded("/api/a ", false), "/api/a");
        assert_eq!(forwarded("/api/a ", true), "/api/a%20");
    }
}
