use std::collections::BTreeMap;

use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::fault::Fault;
use crate::http::{Fields, RequestHead};

/// The account's name, with which every path begins.
pub(super) const NAME: &str = "devhost";

/// One request: `/<account>/<container or queue>/<rest>?<query>`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) fields: Fields,
    /// As it was sent, for that is what is signed.
    pub(super) raw_path: String,
    /// The container or the queue; empty for the account itself.
    pub(super) parent: String,
    /// The blob, or what follows the queue; decoded, and nothing more than a name.
    pub(super) rest: Option<String>,
    query: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn parse(head: &RequestHead) -> Result<Self, Fault> {
        let target = std::str::from_utf8(&head.target).map_err(|_| Fault::BadAddress)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decoded = |text: &str| {
            let text = percent_decode_str(text).decode_utf8();
            text.map(|text| text.into_owned())
                .map_err(|_| Fault::BadAddress)
        };
        let mut parts = path
            .strip_prefix('/')
            .ok_or(Fault::BadAddress)?
            .splitn(3, '/');
        if parts.next() != Some(NAME) {
            return Err(Fault::BadAddress);
        }
        let parent = decoded(parts.next().unwrap_or_default())?;
        let rest = parts.next().filter(|rest| !rest.is_empty());
        let mut pairs = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(&value.replace('+', "%20"))?;
            pairs.push((decoded(name)?.to_ascii_lowercase(), value));
        }
        Ok(Self {
            method: head.method_text().to_owned(),
            fields: head.fields.clone(),
            raw_path: path.to_owned(),
            parent,
            rest: rest.map(decoded).transpose()?,
            query: pairs,
            body: Bytes::new(),
        })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A number within its limits, or what the service takes where none is given.
    pub(super) fn number(
        &self,
        name: &str,
        allowed: std::ops::RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, Fault> {
        let Some(text) = self.parameter(name) else {
            return Ok(default);
        };
        let number = text.parse().map_err(|_| Fault::BadParameter)?;
        allowed
            .contains(&number)
            .then_some(number)
            .ok_or(Fault::BadParameter)
    }

    /// Every parameter, those of one name together, in order.
    pub(super) fn sorted_query(&self) -> BTreeMap<&str, String> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &self.query {
            all.entry(name).or_default().push(value);
        }
        all.into_iter()
            .map(|(name, mut values)| {
                values.sort_unstable();
                (name, values.join(","))
            })
            .collect()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.fields.text(name).unwrap_or_default()
    }

    /// `x-ms-meta-…`, without that.
    pub(super) fn metadata(&self) -> BTreeMap<String, String> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let named = self.fields.iter().filter_map(|(name, value)| {
            let name = text(name).to_ascii_lowercase();
            let name = name.strip_prefix("x-ms-meta-")?.to_owned();
            Some((name, text(value)))
        });
        named.collect()
    }
}

/// A name that Azure gives a container or a queue, which is also safe as a folder's.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let dashes = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    if !(3..=63).contains(&name.len()) || !name.bytes().all(legal) || dashes {
        return Err(Fault::BadName);
    }
    Ok(())
}
