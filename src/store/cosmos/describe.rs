//! Explains error answers, naming the setting to check. Does not repeat the service's own
//! message, because it contains the signed text.

use http::StatusCode;

use super::answer::{status, sub_status};
use crate::azure::rest::Answer;

/// The region does not accept writes.
const WRITE_FORBIDDEN: u32 = 3;
/// The partition has reached its size limit.
const PARTITION_FULL: u32 = 1014;

pub(super) fn describe(answer: &Answer, with_key: bool) -> String {
    let (status, sub_status) = (status(answer), sub_status(answer));
    let cause = match (status, sub_status) {
        (StatusCode::UNAUTHORIZED, _) if with_key => {
            "Cosmos DB does not accept the key: COSMOS_KEY must be one of the account that \
             COSMOS_ENDPOINT names, the account must allow keys, and this machine's clock must \
             be right"
        }
        (StatusCode::UNAUTHORIZED, _) => {
            "Cosmos DB does not accept the managed identity's token: it must be of the tenant of \
             the account that COSMOS_ENDPOINT names"
        }
        (StatusCode::FORBIDDEN, Some(WRITE_FORBIDDEN)) => {
            "the region accepts no writes: COSMOS_ENDPOINT must be the account's own address, not \
             that of one of its regions"
        }
        (StatusCode::FORBIDDEN, Some(PARTITION_FULL)) => "a partition is full",
        (StatusCode::FORBIDDEN, _) if with_key => {
            "Cosmos DB forbids it: COSMOS_KEY may be read-only, a firewall may block this \
             machine, or its clock may be wrong"
        }
        (StatusCode::FORBIDDEN, _) => {
            "Cosmos DB forbids it: the managed identity needs the role Cosmos DB Built-in Data \
             Contributor on the account, or a firewall blocks this machine"
        }
        (StatusCode::PAYLOAD_TOO_LARGE, _) => "the request is too large for Cosmos DB",
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            "Cosmos DB has no throughput left: the database or the container needs more request \
             units"
        }
        _ => "Cosmos DB answered with an error",
    };
    match sub_status {
        Some(sub_status) => format!("{cause} (status {}/{sub_status})", status.as_u16()),
        None => format!("{cause} (status {})", status.as_u16()),
    }
}
