//! How fresh the account's reads are.
//!
//! The store promises that a range sees every write that was acknowledged before, whoever wrote.
//! A read can only ask for less than the account's default consistency, so it matters which that
//! is. `docs/decisions/0007-cosmos-doubles.md` tells how the promise is kept.

use std::sync::{Mutex, PoisonError};

use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::call::Call;
use super::client::Client;
use super::patience::Patience;
use super::resource::Resource;
use crate::store::StoreError;

/// What the account's default consistency means for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Strong, or bounded staleness, which is strong in the region that takes the writes.
    AreFresh,
    /// Session: one replica answers, and it may not have seen what others wrote a moment ago. A
    /// batch is executed where the writes are, and its session token makes a query wait for it.
    NeedASession,
}

#[derive(Debug, Default)]
pub(super) struct Account {
    reads: Mutex<Option<Reads>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountFound {
    user_consistency_policy: ConsistencyPolicy,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConsistencyPolicy {
    default_consistency_level: String,
}

impl Account {
    /// Asks the account the first time.
    pub(super) async fn reads(
        &self,
        client: &Client,
        patience: Patience,
    ) -> Result<Reads, StoreError> {
        let known = *self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some(reads) => Ok(reads),
            None => self.look(client, patience).await,
        }
    }

    /// Asks the account, which may have been changed.
    pub(super) async fn look(
        &self,
        client: &Client,
        patience: Patience,
    ) -> Result<Reads, StoreError> {
        let call = Call::new(Method::GET, Resource::account());
        let answer = client.read(&call, patience).await?;
        if answer.status != StatusCode::OK {
            return Err(client.refusal(&answer));
        }
        let found: AccountFound = answer.json()?;
        let reads = reads_of(&found.user_consistency_policy.default_consistency_level);
        *self.reads.lock().unwrap_or_else(PoisonError::into_inner) = reads.as_ref().ok().copied();
        reads
    }
}

fn reads_of(level: &str) -> Result<Reads, StoreError> {
    match level {
        "Strong" | "BoundedStaleness" => Ok(Reads::AreFresh),
        "Session" => Ok(Reads::NeedASession),
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
    fn what_is_weaker_than_session_is_refused() {
        assert_eq!(reads_of("Strong").unwrap(), Reads::AreFresh);
        assert_eq!(reads_of("BoundedStaleness").unwrap(), Reads::AreFresh);
        assert_eq!(reads_of("Session").unwrap(), Reads::NeedASession);
        for weaker in ["ConsistentPrefix", "Eventual", "none we know"] {
            let sentence = reads_of(weaker).unwrap_err().to_string();
            assert!(sentence.contains(weaker), "{sentence}");
        }
    }
}
