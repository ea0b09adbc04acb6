//! A notification: any JSON object. It has an `id` and a `timestamp`; every other key is the
//! sender's and passes through as it was written, numbers included.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::FeedError;
use super::size_limit::SizeLimit;
use crate::clock::rfc3339;

const MAX_ID: usize = 200;

type Fields = BTreeMap<String, Box<RawValue>>;

/// A notification as its sender wrote it, within its limits.
#[derive(Debug, Clone)]
pub struct NewNotification {
    id: Option<String>,
    fields: Fields,
}

/// A notification that has an `id` and a `timestamp`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Notification(Fields);

impl NewNotification {
    pub fn parse(json: &RawValue, limit: SizeLimit) -> Result<Self, FeedError> {
        limit.check("notification", json.get())?;
        let Value::Object(values) = well_formed("notification", json)? else {
            return Err(FeedError::invalid("`notification` must be a JSON object"));
        };
        let id = values.get("id").map(|id| check_id("notification.id", id));
        if !values.get("timestamp").is_none_or(Value::is_string) {
            return Err(FeedError::invalid("`notification.timestamp` must be text"));
        }
        let fields = serde_json::from_str(json.get())
            .map_err(|_| FeedError::invalid("`notification` must be a JSON object"))?;
        Ok(Self {
            id: id.transpose()?,
            fields,
        })
    }

    /// Adds what is missing. The id of the call that brought it becomes its own.
    pub(super) fn complete(
        mut self,
        call: Uuid,
        now: Timestamp,
    ) -> Result<(String, Notification), FeedError> {
        let id = self.id.unwrap_or_else(|| call.to_string());
        let missing = [("id", id.clone()), ("timestamp", rfc3339(now))];
        for (name, value) in missing {
            if !self.fields.contains_key(name) {
                let value = to_raw_value(&value)
                    .map_err(|_| FeedError::invalid(format!("`{name}` cannot be written")))?;
                self.fields.insert(name.to_owned(), value);
            }
        }
        Ok((id, Notification(self.fields)))
    }
}

impl Notification {
    /// Without a key of the sender's that an answer of ours uses.
    pub fn without(mut self, key: &str) -> Self {
        self.0.remove(key);
        self
    }
}

/// Refuses JSON that others could not read: half a surrogate pair, a number beyond all bounds, or
/// nesting without end, all of which pass through a [`RawValue`].
pub(super) fn well_formed(name: &str, json: &RawValue) -> Result<Value, FeedError> {
    serde_json::from_str(json.get()).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        FeedError::invalid(format!(
            "`{name}` holds JSON that other systems cannot read, at line {line}, column {column}"
        ))
    })
}

/// The id of a notification: text, because clients compare it.
pub(super) fn check_id(name: &str, id: &Value) -> Result<String, FeedError> {
    let text = id.as_str();
    let text = text.filter(|text| (1..=MAX_ID).contains(&text.chars().count()));
    text.map(str::to_owned).ok_or_else(|| {
        FeedError::invalid(format!("`{name}` must be text of 1 to {MAX_ID} characters"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<NewNotification, FeedError> {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        NewNotification::parse(&raw, SizeLimit::HTTP)
    }

    fn completed(json: &str) -> (String, String) {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let (id, notification) = parse(json).unwrap().complete(Uuid::nil(), now).unwrap();
        (id, serde_json::to_string(&notification).unwrap())
    }

    #[test]
    fn an_id_and_a_timestamp_are_added_if_absent() {
        assert_eq!(
            completed(r#"{"title":"A"}"#),
            (
                Uuid::nil().to_string(),
                r#"{"id":"00000000-0000-0000-0000-000000000000","timestamp":"2027-01-15T08:00:00.000000Z","title":"A"}"#
                    .to_owned()
            )
        );
    }

    #[test]
    fn everything_that_is_given_is_kept_as_it_was_written() {
        let json = r#"{"deep":{"n":[1.10,-0,1e2,123456789012345678901234567890]},"id":"7","read":null,"timestamp":"yesterday","ü":"\u00fc"}"#;

        assert_eq!(completed(json), ("7".to_owned(), json.to_owned()));
    }

    #[test]
    fn only_an_object_with_a_usable_id_and_timestamp_is_a_notification() {
        let long_id = format!(r#"{{"id":"{}"}}"#, "x".repeat(201));
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        for json in [
            "null",
            "[]",
            r#""text""#,
            "7",
            r#"{"id":7}"#,
            r#"{"id":null}"#,
            r#"{"id":""}"#,
            &long_id,
            r#"{"timestamp":1800000000}"#,
            r#"{"timestamp":null}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":1e999}"#,
            &deep,
        ] {
            let error = parse(json).unwrap_err();
            assert!(matches!(error, FeedError::Invalid(_)), "{json}: {error}");
        }
    }

    #[test]
    fn a_notification_has_at_most_64_kib() {
        let of = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));

        assert!(parse(&of(64 * 1024)).is_ok());
        let error = parse(&of(64 * 1024 + 1)).unwrap_err();
        assert!(matches!(error, FeedError::TooLarge(_)), "{error}");
    }
}
