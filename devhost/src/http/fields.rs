//! Header fields.

use bytes::Bytes;

/// Header fields in the order and spelling in which they arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(Bytes, Bytes)>);

impl Fields {
    pub(crate) fn push(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.0.push((name.into(), value.into()));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        self.iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Bytes> {
        self.iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The first value with that name, if it is valid UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name.as_bytes()));
    }

    /// Changes the value of the first header with that name.
    pub(crate) fn replace(&mut self, name: &str, value: Bytes) {
        if let Some((_, old)) = self
            .0
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
        {
            *old = value;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a comma-separated header with that name lists this token, in any case.
    pub(crate) fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }
}
