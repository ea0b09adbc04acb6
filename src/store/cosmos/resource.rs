//! The resource that a call is about: its path, and its form in a signature.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The characters that are escaped in a segment of a path.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'%')
    .add(b'\\');

/// A path of alternating kinds and names, such as `dbs/pichat/colls/messages`. An even number of
/// segments names one resource; an odd number means all resources of the last kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource(Vec<String>);

impl Resource {
    /// The account itself.
    pub(super) fn account() -> Self {
        Self(Vec::new())
    }

    pub(super) fn databases() -> Self {
        Self::account().and("dbs")
    }

    pub(super) fn database(name: &str) -> Self {
        Self::databases().and(name)
    }

    pub(super) fn containers(database: &str) -> Self {
        Self::database(database).and("colls")
    }

    pub(super) fn container(database: &str, name: &str) -> Self {
        Self::containers(database).and(name)
    }

    /// The documents of a container.
    pub(super) fn documents(&self) -> Self {
        self.clone().and("docs")
    }

    /// One document of a container.
    pub(super) fn document(&self, id: &str) -> Self {
        self.documents().and(id)
    }

    fn and(mut self, segment: &str) -> Self {
        self.0.push(segment.to_owned());
        self
    }

    /// The resource of a request's path, names unescaped.
    pub(super) fn from_path(path: &str) -> Self {
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let decode = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        Self(segments.map(decode).collect())
    }

    /// Its kind, and its link or the link of its owner: the two parts of the signed text.
    pub(super) fn signed(&self) -> (&str, String) {
        match self.0.as_slice() {
            [] => ("", String::new()),
            all @ [.., kind, _] if all.len().is_multiple_of(2) => (kind, all.join("/")),
            [owner @ .., kind] => (kind, owner.join("/")),
        }
    }

    /// The path below the endpoint, names escaped.
    pub(super) fn path(&self) -> String {
        let escape = |segment| utf8_percent_encode(segment, SEGMENT).to_string();
        let segments: Vec<_> = self.0.iter().map(|segment| escape(segment)).collect();
        segments.join("/")
    }
}

/// Whether an id can be a segment of a path, where `.` and `..` would lead elsewhere.
pub(super) fn is_addressable(id: &str) -> bool {
    id.bytes().any(|b| b != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_resource_is_signed_by_its_link_and_many_by_their_owners() {
        let container = Resource::container("Pi chat", "Messages");

        assert_eq!(
            container.signed(),
            ("colls", "dbs/Pi chat/colls/Messages".into())
        );
        assert_eq!(
            container.documents().signed(),
            ("docs", "dbs/Pi chat/colls/Messages".into())
        );
        assert_eq!(
            container.document("a").signed(),
            ("docs", "dbs/Pi chat/colls/Messages/docs/a".into())
        );
        assert_eq!(Resource::databases().signed(), ("dbs", String::new()));
        assert_eq!(Resource::account().signed(), ("", String::new()));
    }

    #[test]
    fn names_are_escaped_in_the_path_only() {
        let document = Resource::container("Pi chat", "Messages").document("m:1%2");

        assert_eq!(document.path(), "dbs/Pi%20chat/colls/Messages/docs/m:1%252");
        assert_eq!(
            Resource::from_path(&format!("/{}", document.path())),
            document
        );
        assert_eq!(Resource::account().path(), "");
        assert_eq!(Resource::from_path("/"), Resource::account());
    }

    #[test]
    fn dots_alone_are_not_addressable() {
        assert!(!is_addressable(".") && !is_addressable(".."));
        assert!(is_addressable(".a") && is_addressable("m:1"));
    }
}
