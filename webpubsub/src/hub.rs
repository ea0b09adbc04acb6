//! The name of a hub.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a hub: an ASCII letter, then up to 127 letters, digits or any of ``_`,.[]``.
///
/// The service ignores the case of hub names but preserves it. `==` is case-sensitive; use
/// [`eq_ignore_case`](Self::eq_ignore_case) to compare the hub of an event with your own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct HubName(String);

impl HubName {
    /// The name, in its original case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both name the same hub.
    pub fn eq_ignore_case(&self, other: &HubName) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl TryFrom<String> for HubName {
    type Error = HubNameError;

    fn try_from(raw: String) -> Result<Self, HubNameError> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "_`,.[]".contains(c);
        let starts_well = raw.starts_with(|c: char| c.is_ascii_alphabetic());
        if raw.len() > 128 || !starts_well || !raw.chars().all(legal) {
            return Err(HubNameError);
        }
        Ok(Self(raw))
    }
}

impl FromStr for HubName {
    type Err = HubNameError;

    fn from_str(raw: &str) -> Result<Self, HubNameError> {
        raw.to_owned().try_into()
    }
}

impl From<HubName> for String {
    fn from(hub: HubName) -> Self {
        hub.0
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a valid hub name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hub name is a letter, then up to 127 letters, digits or any of _`,.[]")]
pub struct HubNameError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_character_is_accepted() {
        for name in ["h", "ViewerHub", "a_`,.[]9", &"h".repeat(128)] {
            assert!(name.parse::<HubName>().is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_could_change_a_url_are_refused() {
        for name in [
            "",
            "1h",
            "_h",
            "a/b",
            "a b",
            "a%2Fb",
            "a?b",
            "..",
            "hüb",
            &"h".repeat(129),
        ] {
            assert!(name.parse::<HubName>().is_err(), "{name}");
        }
    }

    #[test]
    fn deserializing_applies_the_same_rules() {
        assert!(serde_json::from_str::<HubName>("\"../x\"").is_err());
        assert_eq!(
            serde_json::to_string(&HubName("ViewerHub".into())).unwrap(),
            "\"ViewerHub\""
        );
    }

    #[test]
    fn hub_names_can_be_compared_ignoring_case() {
        let (a, b): (HubName, HubName) =
            ("ViewerHub".parse().unwrap(), "viewerhub".parse().unwrap());

        assert!(a.eq_ignore_case(&b));
        assert_ne!(a, b);
    }
}
