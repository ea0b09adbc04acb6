//! Overlays settings such as `WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate` on a JSON tree.

use serde_json::{Map, Value};

const PREFIX: &str = "webpubsub__";

/// Names match in any letter case, as in .NET's configuration.
pub(super) fn overlay(
    mut base: Value,
    settings: impl IntoIterator<Item = (String, String)>,
) -> Value {
    for (name, text) in settings {
        if name.to_ascii_lowercase().starts_with(PREFIX) {
            set(&mut base, name.split("__"), text);
        }
    }
    base
}

fn set<'a>(node: &mut Value, mut path: impl Iterator<Item = &'a str>, text: String) {
    let Some(name) = path.next() else {
        *node = Value::String(text);
        return;
    };
    let mut members = match node.take() {
        Value::Object(members) => members,
        // Turn a list into an object with index names, so that one entry can be replaced.
        Value::Array(values) => values
            .into_iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Map::new(),
    };
    let key = members
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))
        .map_or_else(|| name.to_owned(), Clone::clone);
    set(members.entry(key).or_insert(Value::Null), path, text);
    *node = Value::Object(members);
}
