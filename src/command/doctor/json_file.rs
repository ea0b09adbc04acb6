//! JSON files with comments, as the Functions host reads them.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

/// Reads as the rest of a sentence that begins with the file's name.
#[derive(Debug)]
pub(super) enum JsonFileError {
    Unreadable(io::Error),
    Malformed(serde_json::Error),
}

impl fmt::Display for JsonFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::Malformed(error) => write!(f, "is not JSON: {error}"),
        }
    }
}

pub(super) fn read(path: &Path) -> Result<Value, JsonFileError> {
    let text = fs::read_to_string(path).map_err(JsonFileError::Unreadable)?;
    parse(&text).map_err(JsonFileError::Malformed)
}

fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&without_comments(text.trim_start_matches('\u{feff}')))
}

/// A member of an object, whatever the case of its name.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let mut members = value.as_object()?.iter();
    let (_, found) = members.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(found).filter(|found| !found.is_null())
}

/// The value at a path of names.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter()
        .try_fold(value, |value, name| member(value, name))
}

/// The host's parser allows both kinds of comments. They become spaces, so that the position in an
/// error stays right.
fn without_comments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(_)) if in_string => {
                clean.push(c);
                clean.extend(rest.next());
            }
            ('"', _) => {
                in_string = !in_string;
                clean.push(c);
            }
            ('/', Some('/')) if !in_string => {
                while let Some(c) = rest.next_if(|c| *c != '\n') {
                    clean.extend(std::iter::repeat_n(' ', c.len_utf8()));
                }
                clean.push(' ');
            }
            ('/', Some('*')) if !in_string => {
                let mut last = ' ';
                rest.next();
                for c in rest.by_ref() {
                    clean.push(if c == '\n' { '\n' } else { ' ' });
                    if (last, c) == ('*', '/') {
                        break;
                    }
                    last = c;
                }
            }
            _ => clean.push(c),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comments_are_ignored_but_not_inside_strings() {
        let text = "\u{feff}{ // one\n \"a\": /* two\n */ \"x // \\\" /* y */\" }";

        assert_eq!(parse(text).unwrap(), json!({ "a": "x // \" /* y */" }));
    }

    #[test]
    fn members_are_found_in_any_case() {
        let value = json!({ "CustomHandler": { "Description": { "x": null, "Y": 1 } } });

        assert_eq!(
            at(&value, &["customHandler", "description", "y"]),
            Some(&json!(1))
        );
        assert_eq!(at(&value, &["customHandler", "description", "x"]), None);
    }
}
