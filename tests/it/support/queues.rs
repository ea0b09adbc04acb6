//! The queues of a storage account, seen from behind.

use std::time::Duration;

use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::queue::Queue;
use switchboard::clock::Clock;
use tokio::time::timeout;

use super::Account;

/// Long enough for a busy machine; nothing is measured by it.
const TIMEOUT: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

impl Account {
    /// A queue of the account.
    pub(crate) fn queue(&self, name: &'static str) -> Queue {
        let (http, account) = (SharedHttpClient::new(), self.settings());
        let identities = ManagedIdentities::new(http.clone());
        Queue::new(&account, name, http, Clock::system(), &identities).unwrap()
    }

    /// Takes the next message of a queue, once it is visible.
    pub(crate) async fn takes(&self, name: &'static str) -> String {
        let queue = self.queue(name);
        let taking = async {
            loop {
                if let Some(message) = queue.take(1, HOUR).await.unwrap().pop() {
                    assert!(queue.delete(&message).await.unwrap());
                    return message.text.unwrap();
                }
            }
        };
        timeout(TIMEOUT, taking).await.expect("nothing is there")
    }
}
