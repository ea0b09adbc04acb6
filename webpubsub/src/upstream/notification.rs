//! Events that only inform: the service ignores the response.

use serde::Deserialize;

use super::json::json_object;

/// The body of a `disconnected` event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Disconnected {
    /// Free text, for people; empty or absent after a normal close.
    pub reason: Option<String>,
}

impl Disconnected {
    /// Reads the body of the request.
    pub fn from_json(body: &[u8]) -> Result<Self, serde_json::Error> {
        json_object(body)
    }
}

/// The body of a `joined` or `left` event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GroupEvent {
    /// The group that the connection joined or left.
    pub group: String,
}

impl GroupEvent {
    /// Reads the body of the request.
    pub fn from_json(body: &[u8]) -> Result<Self, serde_json::Error> {
        json_object(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disconnect_may_have_a_reason() {
        let given = Disconnected::from_json(br#"{"reason":"The connection ended."}"#).unwrap();
        let none = Disconnected::from_json(br#"{"reason":null}"#).unwrap();

        assert_eq!(given.reason.as_deref(), Some("The connection ended."));
        assert_eq!(none, Disconnected::from_json(b"{}").unwrap());
    }

    #[test]
    fn a_group_event_must_name_its_group() {
        assert_eq!(
            GroupEvent::from_json(br#"{"group":"g"}"#).unwrap().group,
            "g"
        );
        for body in ["{}", "[]", "[\"g\"]", "", "null"] {
            assert!(GroupEvent::from_json(body.as_bytes()).is_err(), "{body}");
        }
    }
}
