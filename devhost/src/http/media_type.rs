//! Media types.

use super::request::is_token_byte;

/// A `Content-Type`, parsed as .NET does.
///
/// The host does not pass the text on: it parses the text and prints the result, which changes
/// the spaces between parameters and fails for an invalid one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MediaType<'a> {
    pub(crate) essence: &'a str,
    parameters: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> MediaType<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (essence, mut rest) = match text.find(';') {
            Some(at) => (text[..at].trim(), &text[at..]),
            None => (text.trim(), ""),
        };
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }

        let mut parameters = Vec::new();
        while let Some(after) = rest.strip_prefix(';') {
            let (parameter, next) = parameter(after.trim_start())?;
            parameters.extend(parameter);
            rest = next.trim_start();
        }
        rest.is_empty().then_some(Self {
            essence,
            parameters,
        })
    }

    pub(crate) fn charset(&self) -> Option<&str> {
        let (_, value) = self
            .parameters
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("charset"))?;
        value.map(|value| value.trim_matches('"'))
    }
}

impl std::fmt::Display for MediaType<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.essence)?;
        for (name, value) in &self.parameters {
            match value {
                Some(value) => write!(out, "; {name}={value}")?,
                None => write!(out, "; {name}")?,
            }
        }
        Ok(())
    }
}

type Parameter<'a> = (&'a str, Option<&'a str>);

/// Parses one `name=value`, and returns the rest. Two semicolons may follow each other.
fn parameter(text: &str) -> Option<(Option<Parameter<'_>>, &str)> {
    let end = text.find([';', '=']).unwrap_or(text.len());
    let name = text[..end].trim_end();
    let rest = &text[end..];
    if name.is_empty() && !rest.starts_with('=') {
        return Some((None, rest));
    }
    if !is_token(name) {
        return None;
    }
    let Some(value) = rest.strip_prefix('=') else {
        return Some((Some((name, None)), rest));
    };
    let value = value.trim_start();
    let length = if value.starts_with('"') {
        quoted_length(value)?
    } else {
        value.find(';').unwrap_or(value.len())
    };
    let (value, rest) = value.split_at(length);
    let value = value.trim_end();
    (value.starts_with('"') || is_token(value)).then_some((Some((name, Some(value))), rest))
}

fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use super::MediaType;

    #[test]
    fn parameters_are_printed_with_one_space_between() {
        let parsed = MediaType::parse("text/plain;charset=\"utf-8\";x=1").unwrap();

        assert_eq!(parsed.to_string(), "text/plain; charset=\"utf-8\"; x=1");
        assert_eq!(parsed.charset(), Some("utf-8"));
    }

    #[test]
    fn an_invalid_media_type_is_refused() {
        for text in [
            "not a type",
            "text",
            "text/plain, application/json",
            "text/plain; a=\"x",
        ] {
            assert_eq!(MediaType::parse(text), None, "{text}");
        }
    }
}
