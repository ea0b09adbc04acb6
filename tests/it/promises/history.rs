//! The stored messages of a room, read through a handler.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Person;

/// All messages of a room, in the form that clients get.
pub(super) struct History(Vec<Value>);

impl History {
    /// Reads page after page from the beginning.
    pub(super) async fn read(person: &mut Person, base: &str, room: &str) -> Self {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let request =
                json!({ "type": "history", "room_id": room, "after": after, "limit": 200 });
            let mut page = person.request(base, request).await.expect("no answer");
            assert_eq!(page["type"], "history", "{page}");
            let messages = page["messages"].as_array_mut().unwrap();
            after += messages.len() as u64;
            all.append(messages);
            if !page["has_more"].as_bool().unwrap() {
                return Self(all);
            }
        }
    }

    /// Asserts that no number is missing or repeated and that each id occurs once. Returns the numbers
    /// by id.
    #[track_caller]
    pub(super) fn numbers(&self) -> BTreeMap<String, u64> {
        let mut numbers = BTreeMap::new();
        for (expected, message) in (1_u64..).zip(&self.0) {
            assert_eq!(message["seq"], expected);
            let id = message["client_id"].as_str().unwrap().to_owned();
            let before = numbers.insert(id, expected);
            assert!(before.is_none(), "{message} also has the number {before:?}");
        }
        numbers
    }

    pub(super) fn last(&self) -> u64 {
        self.0.len() as u64
    }
}
