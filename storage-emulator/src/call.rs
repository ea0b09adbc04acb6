//! A request to the account, parsed: `/<account>/<container or queue>/<rest>?<query>`.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, request};
use percent_encoding::percent_decode_str;

use crate::service_error::ServiceError;

/// The account's name: the first segment of every path.
pub(crate) const ACCOUNT_NAME: &str = "devhost";

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) headers: HeaderMap,
    /// As it was sent: signatures cover it undecoded.
    pub(crate) raw_path: String,
    /// The container or the queue; empty for the account itself.
    pub(crate) parent: String,
    /// The blob's name, or the rest of a queue's path. Decoded, so it can hold any text: do not
    /// use it as a path.
    pub(crate) rest: Option<String>,
    query: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn parse(head: &request::Parts) -> Result<Self, ServiceError> {
        let path = head.uri.path();
        let mut segments = path
            .strip_prefix('/')
            .ok_or(ServiceError::BadUrl)?
            .splitn(3, '/');
        if segments.next() != Some(ACCOUNT_NAME) {
            return Err(ServiceError::BadUrl);
        }
        let parent = decode(segments.next().unwrap_or_default())?;
        let rest = segments.next().filter(|rest| !rest.is_empty());
        let mut query = Vec::new();
        let pairs = head.uri.query().unwrap_or_default().split('&');
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(&value.replace('+', "%20"))?;
            query.push((decode(name)?.to_ascii_lowercase(), value));
        }
        Ok(Self {
            method: head.method.as_str().to_owned(),
            headers: head.headers.clone(),
            raw_path: path.to_owned(),
            parent,
            rest: rest.map(decode).transpose()?,
            query,
            body: Bytes::new(),
        })
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A number within its limits, or the default if the parameter is missing.
    pub(crate) fn number(
        &self,
        name: &str,
        allowed: std::ops::RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, ServiceError> {
        let Some(text) = self.parameter(name) else {
            return Ok(default);
        };
        let number = text.parse().map_err(|_| ServiceError::BadParameter)?;
        allowed
            .contains(&number)
            .then_some(number)
            .ok_or(ServiceError::BadParameter)
    }

    /// All parameters in order, the values of a repeated name joined.
    pub(crate) fn sorted_query(&self) -> BTreeMap<&str, String> {
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

    /// The header's first value; empty if it is missing or not text.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
            .unwrap_or_default()
    }

    /// All headers, names in lower case.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, String)> {
        self.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str(), value)
        })
    }

    /// The `x-ms-meta-…` headers, without this prefix.
    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        self.headers()
            .filter_map(|(name, value)| Some((name.strip_prefix("x-ms-meta-")?.to_owned(), value)))
            .collect()
    }
}

fn decode(text: &str) -> Result<String, ServiceError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(ServiceError::BadUrl),
    }
}

/// Checks the name of a container or a queue by Azure's rules. A valid one is also safe as the
/// name of a folder.
pub(crate) fn check_name(name: &str) -> Result<(), ServiceError> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let dashes = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    if !(3..=63).contains(&name.len()) || !name.bytes().all(legal) || dashes {
        return Err(ServiceError::BadName);
    }
    Ok(())
}
