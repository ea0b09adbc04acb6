//! Shared access signatures of a service: for a container, a blob or a queue.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Service;
use super::access::Access;
use super::call::{Call, NAME};
use super::fault::Fault;

/// What a query says it was given, to be believed once its signature has been checked.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) to_sign: String,
    pub(super) access: Access,
}

/// The text that is signed has these forms from here on.
const BLOB_SINCE: &str = "2018-11-09";
const BLOB_WITH_SCOPE_SINCE: &str = "2020-12-06";
const QUEUE_SINCE: &str = "2015-04-05";

/// Parameters and the headers of an answer that they set, in the order in which they are signed.
const OVERRIDES: [(&str, &str); 5] = [
    ("rscc", "Cache-Control"),
    ("rscd", "Content-Disposition"),
    ("rsce", "Content-Encoding"),
    ("rscl", "Content-Language"),
    ("rsct", "Content-Type"),
];

impl Claim {
    /// Refuses what is over or not meant for here. Stored policies do not exist here, so a
    /// signature that leans on one is refused too.
    pub(super) fn of(service: Service, call: &Call, now: Timestamp) -> Result<Self, Fault> {
        let given = |name| call.parameter(name).unwrap_or_default();
        let end = time(given("se")).ok_or(Fault::BadSignature)?;
        let begun = match given("st") {
            "" => true,
            start => time(start).ok_or(Fault::BadSignature)? <= now,
        };
        let by_policy = !given("si").is_empty();
        if now >= end || !begun || by_policy {
            return Err(Fault::BadSignature);
        }
        if given("spr") == "https" {
            return Err(Fault::OtherProtocol);
        }
        if !is_this_machine(given("sip")) {
            return Err(Fault::OtherCaller);
        }
        let to_sign = match service {
            Service::Blob => blob(call, given)?,
            Service::Queue => queue(call, given)?,
        };
        Ok(Self {
            to_sign,
            access: Access::Shared {
                permissions: given("sp").to_owned(),
                overrides: overrides(given)?,
            },
        })
    }
}

/// The headers of the answer that a signature sets. A line break would let it set more of them.
fn overrides<'a>(
    given: impl Fn(&'static str) -> &'a str,
) -> Result<Vec<(&'static str, String)>, Fault> {
    let mut overrides = Vec::new();
    for (parameter, header) in OVERRIDES {
        let value = given(parameter);
        if value.contains(|c: char| c.is_control()) || !value.is_ascii() {
            return Err(Fault::BadParameter);
        }
        if !value.is_empty() {
            overrides.push((header, value.to_owned()));
        }
    }
    Ok(overrides)
}

/// Whether an address, or a range of them, holds this machine's own; none holds them all.
fn is_this_machine(addresses: &str) -> bool {
    if addresses.is_empty() {
        return true;
    }
    let (first, last) = addresses.split_once('-').unwrap_or((addresses, addresses));
    match (first.parse::<Ipv4Addr>(), last.parse::<Ipv4Addr>()) {
        (Ok(first), Ok(last)) => (first..=last).contains(&Ipv4Addr::LOCALHOST),
        _ => false,
    }
}

/// The resource comes from the request's own address: a signature for another does not fit.
fn blob<'a>(call: &Call, given: impl Fn(&'static str) -> &'a str) -> Result<String, Fault> {
    let container = &call.parent;
    let resource = match (given("sr"), &call.rest) {
        ("c", _) => format!("/blob/{NAME}/{container}"),
        ("b", Some(blob)) => format!("/blob/{NAME}/{container}/{blob}"),
        _ => return Err(Fault::BadSignature),
    };
    let version = given("sv");
    if version < BLOB_SINCE {
        return Err(Fault::BadSignature);
    }
    let mut lines = vec![
        given("sp"),
        given("st"),
        given("se"),
        &resource,
        given("si"),
        given("sip"),
        given("spr"),
        version,
        given("sr"),
        given("snapshot"),
    ];
    if version >= BLOB_WITH_SCOPE_SINCE {
        lines.push(given("ses"));
    }
    lines.extend(OVERRIDES.map(|(parameter, _)| given(parameter)));
    Ok(lines.join("\n"))
}

fn queue<'a>(call: &Call, given: impl Fn(&'static str) -> &'a str) -> Result<String, Fault> {
    if given("sv") < QUEUE_SINCE || call.parent.is_empty() {
        return Err(Fault::BadSignature);
    }
    let resource = format!("/queue/{NAME}/{}", call.parent);
    Ok([
        given("sp"),
        given("st"),
        given("se"),
        &resource,
        given("si"),
        given("sip"),
        given("spr"),
        given("sv"),
    ]
    .join("\n"))
}

/// A moment, or a day in UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
