//! What a call is about.

use url::Url;

/// Kinds and names in turn, as in `dbs/pichat/colls/messages`. The service signs and routes by
/// them: an odd number ends in a kind of thing, an even one in the name of a single one.
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

    /// What kind of thing it is, and which one or whose: the two as a signature holds them.
    pub(super) fn signed(&self) -> (&str, String) {
        match self.0.as_slice() {
            [] => ("", String::new()),
            all @ [.., kind, _] if all.len().is_multiple_of(2) => (kind, all.join("/")),
            [owner @ .., kind] => (kind, owner.join("/")),
        }
    }

    pub(super) fn url(&self, endpoint: &Url) -> Url {
        let mut url = endpoint.clone();
        url.set_query(None);
        url.set_path("");
        // Only an address like `mailto:` has no segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&self.0);
        }
        url
    }
}

/// Whether an id can stand in a path: whoever reads `.` and `..` there goes elsewhere.
pub(super) fn fits_a_path(id: &str) -> bool {
    id.bytes().any(|b| b != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_thing_is_signed_by_its_name_and_many_by_their_owner() {
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
    fn names_are_escaped_in_the_address_alone() {
        let endpoint = Url::parse("https://name.documents.azure.com:443/").unwrap();
        let document = Resource::container("Pi chat", "Messages").document("m:1%2");

        assert_eq!(
            document.url(&endpoint).as_str(),
            "https://name.documents.azure.com/dbs/Pi%20chat/colls/Messages/docs/m:1%252"
        );
        assert_eq!(
            Resource::account().url(&endpoint).as_str(),
            "https://name.documents.azure.com/"
        );
    }

    #[test]
    fn dots_alone_fit_no_path() {
        assert!(!fits_a_path(".") && !fits_a_path(".."));
        assert!(fits_a_path(".a") && fits_a_path("m:1"));
    }
}
