//! Service SAS: shared access signatures for one container, blob or queue.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::access::Access;
use crate::call::{ACCOUNT_NAME, Call};
use crate::service::Service;
use crate::service_error::ServiceError;

/// What the query claims. Trust it only after the signature is verified.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) to_sign: String,
    pub(crate) access: Access,
}

/// The first versions in which the signed text has the form that is built here.
const BLOB_SINCE: &str = "2018-11-09";
const BLOB_WITH_SCOPE_SINCE: &str = "2020-12-06";
const QUEUE_SINCE: &str = "2015-04-05";

/// Parameters and the response headers they set, in the order in which they are signed.
const OVERRIDES: [(&str, &str); 5] = [
    ("rscc", "Cache-Control"),
    ("rscd", "Content-Disposition"),
    ("rsce", "Content-Encoding"),
    ("rscl", "Content-Language"),
    ("rsct", "Content-Type"),
];

impl Claim {
    /// Refuses a signature that is expired or meant for another address. Stored policies do not
    /// exist here, so a signature that refers to one is refused too.
    pub(crate) fn parse(
        service: Service,
        call: &Call,
        now: Timestamp,
    ) -> Result<Self, ServiceError> {
        let parameter = |name| call.parameter(name).unwrap_or_default();
        let end = time(parameter("se")).ok_or(ServiceError::BadSignature)?;
        let started = match parameter("st") {
            "" => true,
            start => time(start).ok_or(ServiceError::BadSignature)? <= now,
        };
        let by_policy = !parameter("si").is_empty();
        if now >= end || !started || by_policy {
            return Err(ServiceError::BadSignature);
        }
        if parameter("spr") == "https" {
            return Err(ServiceError::OtherProtocol);
        }
        if !is_this_machine(parameter("sip")) {
            return Err(ServiceError::OtherCaller);
        }
        let to_sign = match service {
            Service::Blob => blob(call, parameter)?,
            Service::Queue => queue(call, parameter)?,
        };
        Ok(Self {
            to_sign,
            access: Access::Shared {
                permissions: parameter("sp").to_owned(),
                overrides: overrides(parameter)?,
            },
        })
    }
}

/// The response headers that a signature sets. Line breaks are refused: they would add headers.
fn overrides<'a>(
    parameter: impl Fn(&'static str) -> &'a str,
) -> Result<Vec<(&'static str, String)>, ServiceError> {
    let mut overrides = Vec::new();
    for (name, header) in OVERRIDES {
        let value = parameter(name);
        if value.contains(|c: char| c.is_control()) || !value.is_ascii() {
            return Err(ServiceError::BadParameter);
        }
        if !value.is_empty() {
            overrides.push((header, value.to_owned()));
        }
    }
    Ok(overrides)
}

/// Whether this machine is the address, or within the range of addresses. Empty means any.
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

/// The resource is taken from the request, so a signature for another resource does not match.
fn blob<'a>(
    call: &Call,
    parameter: impl Fn(&'static str) -> &'a str,
) -> Result<String, ServiceError> {
    let container = &call.parent;
    let resource = match (parameter("sr"), &call.rest) {
        ("c", _) => format!("/blob/{ACCOUNT_NAME}/{container}"),
        ("b", Some(blob)) => format!("/blob/{ACCOUNT_NAME}/{container}/{blob}"),
        _ => return Err(ServiceError::BadSignature),
    };
    let version = parameter("sv");
    if version < BLOB_SINCE {
        return Err(ServiceError::BadSignature);
    }
    let mut lines = vec![
        parameter("sp"),
        parameter("st"),
        parameter("se"),
        &resource,
        parameter("si"),
        parameter("sip"),
        parameter("spr"),
        version,
        parameter("sr"),
        parameter("snapshot"),
    ];
    if version >= BLOB_WITH_SCOPE_SINCE {
        lines.push(parameter("ses"));
    }
    lines.extend(OVERRIDES.map(|(name, _)| parameter(name)));
    Ok(lines.join("\n"))
}

fn queue<'a>(
    call: &Call,
    parameter: impl Fn(&'static str) -> &'a str,
) -> Result<String, ServiceError> {
    if parameter("sv") < QUEUE_SINCE || call.parent.is_empty() {
        return Err(ServiceError::BadSignature);
    }
    let resource = format!("/queue/{ACCOUNT_NAME}/{}", call.parent);
    Ok([
        parameter("sp"),
        parameter("st"),
        parameter("se"),
        &resource,
        parameter("si"),
        parameter("sip"),
        parameter("spr"),
        parameter("sv"),
    ]
    .join("\n"))
}

/// A point in time, or a day: its beginning in UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
