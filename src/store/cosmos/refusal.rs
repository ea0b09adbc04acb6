//! Answers in words that say what to do. No word of the service's own goes along: it repeats
//! what was signed.

use reqwest::StatusCode;

use super::answer::Answer;

/// The region that was asked takes no writes.
const WRITE_FORBIDDEN: u32 = 3;
/// The partition holds as much as one may.
const PARTITION_FULL: u32 = 1014;

pub(super) fn sentence(answer: &Answer, with_key: bool) -> String {
    let (status, sub_status) = (answer.status, answer.sub_status());
    let known = match (status, sub_status) {
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
            "the region takes no writes: COSMOS_ENDPOINT must be the account's own address, not \
             that of one of its regions"
        }
        (StatusCode::FORBIDDEN, Some(PARTITION_FULL)) => "a partition is full",
        (StatusCode::FORBIDDEN, _) if with_key => {
            "Cosmos DB forbids it: COSMOS_KEY may be a read-only one, a firewall may be in the \
             way, or this machine's clock may be wrong"
        }
        (StatusCode::FORBIDDEN, _) => {
            "Cosmos DB forbids it: the managed identity needs the role Cosmos DB Built-in Data \
             Contributor on the account, or a firewall is in the way"
        }
        (StatusCode::PAYLOAD_TOO_LARGE, _) => "that is more than Cosmos DB takes at once",
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            "Cosmos DB has no throughput left: the database or the container needs more request \
             units"
        }
        _ => "Cosmos DB did not do it",
    };
    match sub_status {
        Some(sub_status) => format!("{known} (status {}/{sub_status})", status.as_u16()),
        None => format!("{known} (status {})", status.as_u16()),
    }
}
