//! A JSON configuration file with comments, read by path.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use super::error::LoadError;
use super::timespan;

/// A configuration file. Keys match in any case, as for the host.
#[derive(Debug)]
pub(crate) struct JsonFile {
    path: PathBuf,
    pub(crate) root: Map<String, Value>,
}

impl JsonFile {
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let text = std::fs::read_to_string(path).map_err(|source| LoadError::Unreadable {
            file: path.to_owned(),
            source,
        })?;
        let text = without_comments(text.trim_start_matches('\u{feff}'));
        let root = serde_json::from_str(&text).map_err(|source| LoadError::NotJson {
            file: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            root,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn bad(&self, key: &str, problem: impl Into<String>) -> LoadError {
        LoadError::BadValue {
            file: self.path.clone(),
            key: key.to_owned(),
            problem: problem.into(),
        }
    }

    /// The value at a dotted path; `None` if it is null.
    pub(crate) fn get(&self, path: &str) -> Option<&Value> {
        let mut keys = path.split('.');
        let mut value = member(&self.root, keys.next()?)?;
        for key in keys {
            value = member(value.as_object()?, key)?;
        }
        (!value.is_null()).then_some(value)
    }

    pub(crate) fn text(&self, path: &str) -> Result<Option<String>, LoadError> {
        match self.get(path) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(_) => Err(self.bad(path, "must be a string")),
        }
    }

    /// A boolean, or a string with one: an override from a setting is a string.
    pub(crate) fn flag(&self, path: &str) -> Result<bool, LoadError> {
        match self.text(path)? {
            None => Ok(false),
            Some(text) => text
                .to_lowercase()
                .parse()
                .map_err(|_| self.bad(path, "must be true or false")),
        }
    }

    pub(crate) fn number(&self, path: &str) -> Result<Option<i64>, LoadError> {
        self.text(path)?
            .map(|text| {
                text.parse()
                    .map_err(|_| self.bad(path, "must be a whole number"))
            })
            .transpose()
    }

    pub(crate) fn duration(&self, path: &str) -> Result<Option<Duration>, LoadError> {
        let problem = "must be a time span such as \"00:00:30\"";
        self.text(path)?
            .map(|text| timespan::parse(&text).ok_or_else(|| self.bad(path, problem)))
            .transpose()
    }

    pub(crate) fn texts(&self, path: &str) -> Result<Vec<String>, LoadError> {
        let problem = "must be a list of strings";
        match self.get(path) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| {
                    Ok(item
                        .as_str()
                        .ok_or_else(|| self.bad(path, problem))?
                        .to_owned())
                })
                .collect(),
            Some(_) => Err(self.bad(path, problem)),
        }
    }

    /// Sets the value at a path, and creates the sections that are missing.
    pub(crate) fn set(&mut self, path: &[String], value: String) {
        let Some((last, sections)) = path.split_last() else {
            return;
        };
        let mut section = &mut self.root;
        for key in sections {
            let key = existing_key(section, key);
            let slot = section
                .entry(key)
                .or_insert_with(|| Value::Object(Map::new()));
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            let Value::Object(inner) = slot else { return };
            section = inner;
        }
        let key = existing_key(section, last);
        section.insert(key, Value::String(value));
    }
}

fn existing_key(section: &Map<String, Value>, key: &str) -> String {
    section
        .keys()
        .find(|other| other.eq_ignore_ascii_case(key))
        .cloned()
        .unwrap_or_else(|| key.to_owned())
}

pub(crate) fn member<'a>(section: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    section
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(key))
        .map(|(_, value)| value)
}

/// The host's parser allows `//` and `/* */` comments, serde_json does not.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut in_text = false;
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(&escaped)) if in_text => {
                kept.push(character);
                kept.push(escaped);
                characters.next();
            }
            ('"', _) => {
                in_text = !in_text;
                kept.push(character);
            }
            ('/', Some('/')) if !in_text => {
                while characters.next_if(|next| *next != '\n').is_some() {}
            }
            ('/', Some('*')) if !in_text => {
                let mut before = ' ';
                for next in characters.by_ref() {
                    if before == '*' && next == '/' {
                        break;
                    }
                    if next == '\n' {
                        kept.push(next);
                    }
                    before = next;
                }
            }
            _ => kept.push(character),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_are_removed_but_not_inside_strings() {
        let text = "{ // one\n \"a\": \"http://x\\\"//\", /* two\n */ \"b\": 1 }";

        assert_eq!(
            without_comments(text),
            "{ \n \"a\": \"http://x\\\"//\", \n \"b\": 1 }"
        );
    }
}
