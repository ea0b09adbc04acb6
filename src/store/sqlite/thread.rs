//! A thread for blocking calls, which it makes one after the other.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::failure;
use crate::store::types::StoreError;

/// The length of the queue. Further callers wait for room until they time out.
const MAX_WAITING: usize = 256;

/// Started by the first call. Ends when dropped, after the calls that are already in its queue.
pub(super) struct Thread<C> {
    name: &'static str,
    run: Arc<dyn Fn(mpsc::Receiver<C>) + Send + Sync>,
    calls: Mutex<Option<mpsc::Sender<C>>>,
}

impl<C: Send + 'static> Thread<C> {
    pub(super) fn new(
        name: &'static str,
        run: impl Fn(mpsc::Receiver<C>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            run: Arc::new(run),
            calls: Mutex::default(),
        }
    }

    pub(super) async fn send(&self, call: C) -> Result<(), StoreError> {
        let calls = self.calls()?;
        calls.send(call).await.map_err(|_| failure::thread_ended())
    }

    /// Starts the thread, also again if it has panicked.
    fn calls(&self) -> Result<mpsc::Sender<C>, StoreError> {
        let mut running = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calls) = &*running
            && !calls.is_closed()
        {
            return Ok(calls.clone());
        }
        let (calls, receiver) = mpsc::channel(MAX_WAITING);
        let run = self.run.clone();
        std::thread::Builder::new()
            .name(self.name.to_owned())
            .spawn(move || run(receiver))
            .map_err(|error| StoreError::Unreachable(error.into()))?;
        Ok(running.insert(calls).clone())
    }
}

impl<C> fmt::Debug for Thread<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
