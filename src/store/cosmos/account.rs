//! The consistency of the account's reads.
//!
//! The store promises that a range includes every write that was acknowledged before, whoever
//! wrote it. A read can only weaken the account's default consistency, so the default decides how
//! we read. `docs/decisions/0007-cosmos-doubles.md` explains how the promise is kept.

use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};
use serde::Deserialize;

use super::call;
use super::client::Client;
use super::resource::Resource;
use crate::azure::rest::{Deadline, Retry};
use crate::store::types::StoreError;

/// What the account's default consistency means for our reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consistency {
    /// Every read sees all writes. Also bounded staleness, which is strong in the region that
    /// accepts the writes.
    Strong,
    /// One replica answers, and it may lag behind the writes of others. A batch runs where the
    /// writes are, and a query with the batch's session token waits for that state.
    Session,
}

#[derive(Debug, Default)]
pub(super) struct Account {
    consistency: Mutex<Option<Consistency>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountProperties {
    user_consistency_policy: ConsistencyPolicy,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConsistencyPolicy {
    default_consistency_level: String,
}

impl Account {
    /// The known consistency. The first call fetches it.
    pub(super) async fn consistency(
        &self,
        client: &Client,
        deadline: Deadline,
    ) -> Result<Consistency, StoreError> {
        let known = *self.known();
        match known {
            Some(consistency) => Ok(consistency),
            None => self.fetch(client, deadline).await,
        }
    }

    /// Asks the account, whose default may have been changed.
    pub(super) async fn fetch(
        &self,
        client: &Client,
        deadline: Deadline,
    ) -> Result<Consistency, StoreError> {
        let call = call::new(Method::GET, &Resource::account(), Retry::Idempotent);
        let answer = client.call(&call, deadline).await?;
        if answer.status != StatusCode::OK {
            return Err(client.refusal(&answer).into());
        }
        let account: AccountProperties = answer.json()?;
        let consistency = parse(&account.user_consistency_policy.default_consistency_level);
        *self.known() = consistency.as_ref().ok().copied();
        consistency
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<Consistency>> {
        self.consistency
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(level: &str) -> Result<Consistency, StoreError> {
    match level {
        "Strong" | "BoundedStaleness" => Ok(Consistency::Strong),
        "Session" => Ok(Consistency::Session),
        weaker => Err(StoreError::Refused(format!(
            "the account's default consistency is {weaker}, under which messages could be \
             missed: set it to Session or stronger"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consistency_weaker_than_session_is_refused() {
        assert_eq!(parse("Strong").unwrap(), Consistency::Strong);
        assert_eq!(parse("BoundedStaleness").unwrap(), Consistency::Strong);
        assert_eq!(parse("Session").unwrap(), Consistency::Session);
        for weaker in ["ConsistentPrefix", "Eventual", "none we know"] {
            let error = parse(weaker).unwrap_err().to_string();
            assert!(error.contains(weaker), "{error}");
        }
    }
}
