//! The layout of records in tables: one table per collection, one entity per record.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use crate::store::types::{Collection, Key, Record, Version};

/// The version of the layout in this file. Tables of a newer version are not touched.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// Where the version is recorded. No partition of records has a `~` in its name.
pub(super) const SCHEMA_PARTITION: &str = "~schema";
pub(super) const SCHEMA_ROW: &str = "version";
pub(super) const SCHEMA_COLLECTION: Collection = Collection::Settings;
pub(super) const SCHEMA_PROPERTY: &str = "Version";

/// The longest text of one property, in UTF-16 units.
const MAX_PROPERTY_LENGTH: usize = 32 * 1024;

/// The account may hold other tables as well, such as those of the Functions host.
pub(super) fn table(collection: Collection) -> &'static str {
    match collection {
        Collection::Chats => "switchboardchats",
        Collection::Messages => "switchboardmessages",
        Collection::Users => "switchboardusers",
        Collection::Settings => "switchboardsettings",
        Collection::Processed => "switchboardprocessed",
    }
}

/// The entity's JSON, on one line. The body is split over as many text properties as it needs, so
/// that people can read it with other tools.
pub(super) fn entity(partition: &str, key: &Key, body: &str) -> Result<String, serde_json::Error> {
    let mut properties = BTreeMap::from([
        ("PartitionKey".to_owned(), partition),
        ("RowKey".to_owned(), key.as_str()),
    ]);
    for (index, piece) in pieces(body).into_iter().enumerate() {
        properties.insert(body_property(index), piece);
    }
    let json = serde_json::to_string(&properties)?;
    // Azurite mistakes these for the end of the line and of the entity.
    Ok(json
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

/// An entity as read.
#[derive(Debug, Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "RowKey")]
    key: String,
    #[serde(rename = "odata.etag")]
    etag: String,
    #[serde(flatten)]
    properties: HashMap<String, Value>,
}

impl From<Entity> for Record {
    fn from(entity: Entity) -> Self {
        let pieces =
            (0..).map_while(|index| entity.properties.get(&body_property(index))?.as_str());
        Self {
            body: pieces.collect(),
            key: Key::new(entity.key),
            version: Version(entity.etag),
        }
    }
}

fn body_property(index: usize) -> String {
    format!("Body{index}")
}

/// Splits between characters, so that a surrogate pair stays together.
fn pieces(body: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut units) = (0, 0);
    for (at, c) in body.char_indices() {
        if units + c.len_utf16() > MAX_PROPERTY_LENGTH {
            pieces.extend(body.get(start..at));
            (start, units) = (at, 0);
        }
        units += c.len_utf16();
    }
    pieces.extend(body.get(start..));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> usize {
        text.encode_utf16().count()
    }

    #[test]
    fn a_body_is_split_at_the_property_limit() {
        for (unit, count) in [("x", 32 * 1024), ("é", 32 * 1024), ("🦀", 16 * 1024)] {
            let fits = unit.repeat(count);
            let larger = format!("{fits}{fits}{unit}");

            assert_eq!(pieces(&fits), [&fits]);
            assert_eq!(pieces(&larger), [&fits, &fits, unit]);
        }
        assert_eq!(pieces(""), [""]);
    }

    #[test]
    fn a_surrogate_pair_is_not_split() {
        let text = format!("x{}", "🦀".repeat(20_000));

        let pieces = pieces(&text);

        assert_eq!(units(pieces[0]), MAX_PROPERTY_LENGTH - 1);
        assert_eq!(pieces.concat(), text);
    }

    #[test]
    fn an_entity_is_one_line_and_is_read_back_unchanged() {
        let body = format!("\"line\u{2028}{}\n\"", "€".repeat(40_000));
        let json = entity("p", &Key::literal("k"), &body).unwrap();
        let returned = json.replacen('{', r#"{"odata.etag":"W/\"1\"","#, 1);

        let record = Record::from(serde_json::from_str::<Entity>(&returned).unwrap());

        assert!(!json.contains(['\n', '\u{2028}']));
        assert_eq!(record.body, body);
        assert_eq!(record.key.as_str(), "k");
        assert_eq!(record.version, Version("W/\"1\"".to_owned()));
    }
}
