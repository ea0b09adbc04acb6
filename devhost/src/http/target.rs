//! Request targets: the path and the query.

use super::request::RequestError;

/// The target of a request as the host's code sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Decoded once, dot segments removed; an encoded slash stays encoded.
    pub(crate) path: String,
    /// As the caller sent it, without the question mark.
    pub(crate) query: String,
}

impl Target {
    pub(crate) fn parse(method: &str, target: &str, host: &str) -> Result<Self, RequestError> {
        if target == "*" && method.eq_ignore_ascii_case("OPTIONS") {
            return Ok(Self {
                path: "*".to_owned(),
                query: String::new(),
            });
        }
        let local = match target
            .strip_prefix("http://")
            .or(target.strip_prefix("https://"))
        {
            Some(absolute) => {
                let end = absolute.find(['/', '?']).unwrap_or(absolute.len());
                if !absolute[..end].eq_ignore_ascii_case(host) {
                    return Err(RequestError::Malformed);
                }
                &absolute[end..]
            }
            None if target.starts_with('/') => target,
            None => return Err(RequestError::Malformed),
        };
        let (path, query) = local.split_once('?').unwrap_or((local, ""));
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self {
            path: remove_dot_segments(&decode(path)?),
            query: query.to_owned(),
        })
    }
}

/// Whether a `Host` header names this machine by a name that no DNS server can give it.
pub(crate) fn names_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

/// Decodes valid UTF-8. An encoded slash and everything invalid stay encoded.
fn decode(path: &str) -> Result<String, RequestError> {
    if !path.contains('%') {
        return Ok(path.to_owned());
    }
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        match encoded_character(rest) {
            Some(('\0', _)) => return Err(RequestError::Malformed),
            Some((character, length)) if character != '/' => {
                decoded.push(character);
                rest = &rest[length..];
            }
            _ => {
                decoded.push('%');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    Ok(decoded)
}

/// The percent-encoded character at the start of `text`, and the length of its encoding.
fn encoded_character(text: &str) -> Option<(char, usize)> {
    let first = encoded_byte(text, 0)?;
    let count = match first {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [0; 4];
    for (index, byte) in bytes.iter_mut().take(count).enumerate() {
        *byte = encoded_byte(text, index * 3)?;
    }
    let character = std::str::from_utf8(&bytes[..count]).ok()?.chars().next()?;
    Some((character, count * 3))
}

fn encoded_byte(text: &str, at: usize) -> Option<u8> {
    let bytes = text.as_bytes().get(at..at + 3)?;
    if bytes[0] != b'%' || !bytes[1].is_ascii_hexdigit() || !bytes[2].is_ascii_hexdigit() {
        return None;
    }
    u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok()
}

/// Resolves `.` and `..`; empty segments stay.
pub(crate) fn remove_dot_segments(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn path(target: &str) -> String {
        Target::parse("GET", target, "h").unwrap().path
    }

    #[test]
    fn a_path_is_decoded_once_except_for_slashes() {
        assert_eq!(path("/a%20b%2Fc%2fd%2520"), "/a b%2Fc%2fd%20");
        assert_eq!(path("/%c3%bc%ff%C3"), "/ü%ff%C3");
    }

    #[test]
    fn dots_are_resolved_after_decoding() {
        assert_eq!(path("/api/events/%2E%2E"), "/api/");
        assert_eq!(path("/../../a/./b//c/.."), "/a/b//");
    }

    #[test]
    fn an_absolute_target_must_name_the_host() {
        assert_eq!(path("http://H/a?b"), "/a");
        assert!(Target::parse("GET", "http://other/a", "h").is_err());
    }
}
