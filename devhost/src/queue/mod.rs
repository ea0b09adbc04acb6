//! A client for storage queues, in the accounts that the app's settings name.

mod account;
mod client;
mod error;
mod xml;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use account::Account;
pub(crate) use client::{Message, Queue};
pub(crate) use error::QueueError;

use crate::app::Settings;

/// The storage accounts in an app's settings, each opened on first use.
pub(crate) struct Queues {
    settings: Settings,
    base64: bool,
    open: Mutex<HashMap<String, Arc<Account>>>,
}

impl Queues {
    pub(crate) fn new(settings: Settings, base64: bool) -> Self {
        Self {
            settings,
            base64,
            open: Mutex::default(),
        }
    }

    /// Puts a message into a queue, and creates the queue if necessary. Does nothing if the app has
    /// no storage account.
    pub(crate) async fn put(
        &self,
        connection: &str,
        queue: &str,
        message: &[u8],
    ) -> Result<(), QueueError> {
        match self.queue(connection, queue)? {
            Some(queue) => queue.put(message).await,
            None => Ok(()),
        }
    }

    /// `None` if the setting of the connection is missing.
    pub(crate) fn queue(&self, connection: &str, name: &str) -> Result<Option<Queue>, QueueError> {
        let Some(text) = self.connection_string(connection) else {
            return Ok(None);
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let account = match open.get(connection) {
            Some(account) => Arc::clone(account),
            None => {
                let account = Arc::new(Account::parse(&text)?);
                open.insert(connection.to_owned(), Arc::clone(&account));
                account
            }
        };
        Ok(Some(Queue::new(account, name, self.base64)))
    }

    /// The setting of a connection may have the host's prefix.
    fn connection_string(&self, connection: &str) -> Option<String> {
        self.settings.non_empty(connection).or_else(|| {
            self.settings
                .non_empty(&format!("AzureWebJobs{connection}"))
        })
    }
}
