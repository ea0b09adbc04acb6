//! How records lie in tables: one table for each collection, one entity for each record.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use crate::store::{Collection, Key, Record, Version};

/// Of the form described here. A store of a newer one is left alone.
pub(super) const SCHEMA: u32 = 1;
/// Where the form is noted: no partition of ours has a `~` in its name.
pub(super) const SCHEMA_PARTITION: &str = "~schema";
pub(super) const SCHEMA_ROW: &str = "version";
pub(super) const SCHEMA_SHELF: Collection = Collection::Settings;
pub(super) const SCHEMA_PROPERTY: &str = "Version";

/// What a property of text holds at most, in UTF-16 units.
const MAX_PROPERTY: usize = 32 * 1024;

/// Tables live side by side with those of others, the Functions host's among them.
pub(super) fn table(collection: Collection) -> &'static str {
    match collection {
        Collection::Chats => "switchboardchats",
        Collection::Messages => "switchboardmessages",
        Collection::Users => "switchboardusers",
        Collection::Settings => "switchboardsettings",
        Collection::Processed => "switchboardprocessed",
    }
}

/// The entity's JSON, on one line. The body is text over as many properties as it needs, so that
/// it can be read where people look into tables.
pub(super) fn entity(partition: &str, key: &Key, body: &str) -> Result<String, serde_json::Error> {
    let mut properties = BTreeMap::from([
        ("PartitionKey".to_owned(), partition),
        ("RowKey".to_owned(), key.as_str()),
    ]);
    for (index, piece) in pieces(body).into_iter().enumerate() {
        properties.insert(body_property(index), piece);
    }
    let json = serde_json::to_string(&properties)?;
    // Azurite takes these for the end of a line, and then for the end of the entity.
    Ok(json
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

/// The entity as it comes back.
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

/// Cuts between characters, so that a pair of surrogates stays together.
fn pieces(body: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut units) = (0, 0);
    for (at, c) in body.char_indices() {
        if units + c.len_utf16() > MAX_PROPERTY {
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
    fn a_body_is_cut_into_what_properties_hold() {
        for (unit, count) in [("x", 32 * 1024), ("é", 32 * 1024), ("🦀", 16 * 1024)] {
            let fits = unit.repeat(count);
            let larger = format!("{fits}{fits}{unit}");

            assert_eq!(pieces(&fits), [&fits]);
            assert_eq!(pieces(&larger), [&fits, &fits, unit]);
        }
        assert_eq!(pieces(""), [""]);
    }

    #[test]
    fn a_pair_of_surrogates_is_not_cut() {
        let text = format!("x{}", "🦀".repeat(20_000));

        let pieces = pieces(&text);

        assert_eq!(units(pieces[0]), MAX_PROPERTY - 1);
        assert_eq!(pieces.concat(), text);
    }

    #[test]
    fn an_entity_is_one_line_and_comes_back_whole() {
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
