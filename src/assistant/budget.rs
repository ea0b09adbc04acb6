//! How many tokens a day may cost. They are reserved before the model is asked, so that questions
//! that are answered at the same time cannot spend more than there is.

use std::sync::Arc;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::store::conflicts::Conflicts;
use crate::store::{Key, Partition, Record, Store, StoreError, Write, WriteError, daily};

/// Of the counters.
const KIND: &str = "tokens";

#[derive(Debug)]
pub(super) struct Budget {
    store: Arc<dyn Store>,
    clock: Clock,
    /// Of each chat and of each user.
    per_day: Option<u64>,
    /// Of all.
    total: Option<u64>,
}

/// Tokens that a question may use.
#[derive(Debug)]
pub(super) struct Reservation {
    day: Partition,
    keys: Vec<Key>,
    tokens: u64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum BudgetError {
    #[error("the tokens of this day are spent")]
    Spent,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the write failed")]
    Write(#[from] WriteError),
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Counter {
    tokens: u64,
}

/// What tokens are counted for. A text may hold any character, so it is hashed by its maker.
#[derive(Debug)]
pub(super) enum Subject {
    Chat(String),
    User(String),
}

impl Budget {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        per_day: Option<u64>,
        total: Option<u64>,
    ) -> Self {
        Self {
            store,
            clock,
            per_day,
            total,
        }
    }

    /// Takes `tokens` from each budget that is limited, or from none.
    pub(super) async fn reserve(
        &self,
        subjects: &[Subject],
        tokens: u64,
    ) -> Result<Reservation, BudgetError> {
        let now = self.clock.now();
        let day = daily::partition(KIND, now);
        let limits = self.limits(subjects);
        let mut conflicts = Conflicts::default();
        loop {
            let counters = self.read(&day, limits.iter().map(|(key, _)| key)).await?;
            let mut writes = Vec::new();
            for ((key, limit), (record, counter)) in limits.iter().zip(&counters) {
                let after = counter.tokens.saturating_add(tokens);
                if after > *limit {
                    return Err(BudgetError::Spent);
                }
                writes.push(write(key, record.as_ref(), after)?);
            }
            if writes.is_empty() {
                break;
            }
            match self.store.write(&day, writes).await {
                Ok(()) => {
                    if counters.iter().any(|(record, _)| record.is_none()) {
                        daily::forget_earlier(&*self.store, KIND, now).await;
                    }
                    break;
                }
                Err(error) => conflicts.retry_after(error).await?,
            }
        }
        Ok(Reservation {
            day,
            keys: limits.into_iter().map(|(key, _)| key).collect(),
            tokens,
        })
    }

    /// Puts the number of tokens that were used in the place of those reserved. A failure leaves
    /// the reservation, so it only makes the day shorter.
    pub(super) async fn settle(&self, reservation: Reservation, used: u64) {
        if used == reservation.tokens || reservation.keys.is_empty() {
            return;
        }
        if let Err(error) = self.try_settle(&reservation, used).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to count the tokens of an answer"
            );
        }
    }

    async fn try_settle(&self, reservation: &Reservation, used: u64) -> Result<(), BudgetError> {
        let Reservation { day, keys, tokens } = reservation;
        let mut conflicts = Conflicts::default();
        loop {
            let counters = self.read(day, keys).await?;
            let writes = keys.iter().zip(&counters).map(|(key, (record, counter))| {
                let after = counter.tokens.saturating_sub(*tokens).saturating_add(used);
                write(key, record.as_ref(), after)
            });
            match self
                .store
                .write(day, writes.collect::<Result<_, _>>()?)
                .await
            {
                Ok(()) => return Ok(()),
                Err(error) => conflicts.retry_after(error).await?,
            }
        }
    }

    fn limits(&self, subjects: &[Subject]) -> Vec<(Key, u64)> {
        let total = self.total.map(|limit| (Key::literal("total"), limit));
        let key = |subject: &Subject| match subject {
            Subject::Chat(id) => Key::new(format!("chat:{id}")),
            Subject::User(hash) => Key::new(format!("user:{hash}")),
        };
        let own = self
            .per_day
            .map(|limit| subjects.iter().map(move |s| (key(s), limit)));
        total.into_iter().chain(own.into_iter().flatten()).collect()
    }

    async fn read<'a>(
        &self,
        day: &Partition,
        keys: impl IntoIterator<Item = &'a Key>,
    ) -> Result<Vec<(Option<Record>, Counter)>, StoreError> {
        let reads = keys.into_iter().map(|key| async move {
            let record = self.store.get(day, key).await?;
            let counter = record.as_ref().map(Record::read).transpose()?;
            Ok((record, counter.unwrap_or_default()))
        });
        try_join_all(reads).await
    }
}

fn write(key: &Key, record: Option<&Record>, tokens: u64) -> Result<Write, StoreError> {
    let counter = Counter { tokens };
    match record {
        Some(record) => Write::replace(key.clone(), record.version.clone(), &counter),
        None => Write::insert(key.clone(), &counter),
    }
}
