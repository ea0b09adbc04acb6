//! The last result of a read, so that callers who poll put no load on a service.

use std::future::Future;

use tokio::sync::Mutex;

/// A value, and the second in which it was read.
#[derive(Debug)]
pub(super) struct Stamped<T> {
    pub(super) at: i64,
    pub(super) value: T,
}

impl<T> Stamped<T> {
    /// The value, if it is younger than `ttl` seconds. A clock that was set back makes it old.
    pub(super) fn fresh(&self, now: i64, ttl: i64) -> Option<&T> {
        (0..ttl).contains(&(now - self.at)).then_some(&self.value)
    }
}

#[derive(Debug)]
pub(super) struct Cached<T>(Mutex<Option<Stamped<T>>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Cached<T> {
    /// Reads if the last result is `ttl` seconds old. Callers during a read wait for it and share
    /// its result.
    pub(super) async fn get(&self, now: i64, ttl: i64, read: impl Future<Output = T>) -> T {
        let mut last = self.0.lock().await;
        if let Some(value) = last.as_ref().and_then(|last| last.fresh(now, ttl)) {
            return value.clone();
        }
        let value = read.await;
        *last = Some(Stamped {
            at: now,
            value: value.clone(),
        });
        value
    }
}
