use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Person;

/// Everything that was said in a room, as clients get it.
pub(super) struct History(Vec<Value>);

impl History {
    /// Page by page, from the beginning.
    pub(super) async fn read(person: &mut Person, base: &str, room: &str) -> Self {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let ask = json!({ "type": "history", "room_id": room, "after": after, "limit": 200 });
            let mut page = person.asks(base, ask).await.expect("no answer");
            assert_eq!(page["type"], "history", "{page}");
            let messages = page["messages"].as_array_mut().unwrap();
            after += messages.len() as u64;
            all.append(messages);
            if !page["has_more"].as_bool().unwrap() {
                return Self(all);
            }
        }
    }

    /// No gap, no repeat, each id once; the numbers by id.
    #[track_caller]
    pub(super) fn numbers(&self) -> BTreeMap<String, u64> {
        let mut numbers = BTreeMap::new();
        for (expected, message) in (1_u64..).zip(&self.0) {
            assert_eq!(message["seq"], expected);
            let id = message["client_id"].as_str().unwrap().to_owned();
            let before = numbers.insert(id, expected);
            assert!(before.is_none(), "{message} was {before:?} too");
        }
        numbers
    }

    pub(super) fn last(&self) -> u64 {
        self.0.len() as u64
    }
}
