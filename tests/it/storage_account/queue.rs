//! Queues: putting, taking, hiding and deleting messages.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::StorageAccount;
use switchboard::azure::storage_account::queue::{MAX_MESSAGE_SIZE, Queue};
use switchboard::clock::Clock;

use crate::support::Azurite;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MINUTE: Duration = Duration::from_secs(60);
const NAME: &str = "switchboard-broadcast";

pub(crate) fn queue_of(account: &StorageAccount) -> Queue {
    let outgoing = SharedHttpClient::new();
    let identities = ManagedIdentities::new(outgoing.clone());
    Queue::new(account, NAME, outgoing, Clock::system(), &identities).unwrap()
}

async fn queue() -> Queue {
    queue_of(&Azurite::shared().await.account().settings())
}

#[tokio::test]
async fn a_missing_queue_is_empty() {
    assert!(queue().await.take(1, MINUTE).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_first_message_creates_the_queue() {
    let queue = queue().await;

    queue.put("first", DAY).await.unwrap();
    queue.put("second \u{2028} €🦀 <&>", DAY).await.unwrap();

    let taken = queue.take(10, MINUTE).await.unwrap();
    let texts: Vec<_> = taken
        .iter()
        .map(|message| message.text.as_deref())
        .collect();
    assert_eq!(texts, [Some("first"), Some("second \u{2028} €🦀 <&>")]);
    assert_eq!(taken[0].dequeue_count, 1);
}

#[tokio::test]
async fn a_take_is_limited() {
    let queue = queue().await;
    for text in ["a", "b", "c"] {
        queue.put(text, DAY).await.unwrap();
    }

    assert_eq!(queue.take(2, MINUTE).await.unwrap().len(), 2);
    assert_eq!(queue.take(100, MINUTE).await.unwrap().len(), 1);
}

/// The life of a message. Runs on every service that we support.
pub(crate) async fn assert_messages_come_and_go(queue: &Queue) {
    assert!(queue.take(1, MINUTE).await.unwrap().is_empty());
    queue.put("a \u{2028} €🦀 <&>", DAY).await.unwrap();
    let mut first = queue.take(1, MINUTE).await.unwrap().remove(0);
    assert_eq!(first.text.as_deref(), Some("a \u{2028} €🦀 <&>"));
    assert_eq!(first.dequeue_count, 1);
    assert!(queue.take(1, MINUTE).await.unwrap().is_empty());

    assert!(queue.hide(&mut first, MINUTE).await.unwrap());
    assert!(queue.take(1, MINUTE).await.unwrap().is_empty());

    assert!(queue.hide(&mut first, Duration::ZERO).await.unwrap());
    let mut second = queue.take(1, MINUTE).await.unwrap().remove(0);
    assert_eq!(second.text, first.text);
    assert_eq!(second.dequeue_count, 2);

    // Another consumer has taken it.
    assert!(!queue.delete(&first).await.unwrap());
    assert!(!queue.hide(&mut first, MINUTE).await.unwrap());

    assert!(queue.delete(&second).await.unwrap());
    assert!(!queue.delete(&second).await.unwrap());
    assert!(!queue.hide(&mut second, MINUTE).await.unwrap());
}

#[tokio::test]
async fn a_taken_message_is_hidden_until_it_is_returned_or_deleted() {
    assert_messages_come_and_go(&queue().await).await;
}

#[tokio::test]
async fn a_deleted_message_does_not_return() {
    let queue = queue().await;
    queue.put("a", DAY).await.unwrap();
    let message = queue
        .take(1, Duration::from_secs(1))
        .await
        .unwrap()
        .remove(0);

    assert!(queue.delete(&message).await.unwrap());

    queue.put("b", DAY).await.unwrap();
    let left = queue.take(10, MINUTE).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].text.as_deref(), Some("b"));
}

#[tokio::test]
async fn the_largest_message_is_accepted_and_a_larger_one_refused() {
    let queue = queue().await;

    queue.put(&"x".repeat(MAX_MESSAGE_SIZE), DAY).await.unwrap();
    let refused = queue.put(&"x".repeat(MAX_MESSAGE_SIZE + 1), DAY).await;

    assert!(refused.unwrap_err().to_string().contains("too large"));
    let taken = queue.take(10, MINUTE).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].text.as_ref().unwrap().len(), MAX_MESSAGE_SIZE);
}

#[tokio::test]
async fn messages_have_the_form_that_the_functions_host_expects() {
    let account = Azurite::shared().await.account();
    let queue = queue_of(&account.settings());

    queue.put("{\"kind\":\"event\"}", DAY).await.unwrap();

    let seen = account.run_script("queue.mjs", &["peek", NAME]).await;
    let seen: Vec<String> = serde_json::from_str(&seen).unwrap();
    assert_eq!(STANDARD.decode(&seen[0]).unwrap(), b"{\"kind\":\"event\"}");
}

#[tokio::test]
async fn a_message_of_another_program_may_have_no_text() {
    let account = Azurite::shared().await.account();
    let queue = queue_of(&account.settings());
    account
        .run_script("queue.mjs", &["put", NAME, "not base64 <&>"])
        .await;
    account
        .run_script("queue.mjs", &["put", NAME, "eyJhIjoxfQ=="])
        .await;

    let taken = queue.take(10, MINUTE).await.unwrap();

    assert_eq!(taken[0].text, None);
    assert_eq!(taken[1].text.as_deref(), Some("{\"a\":1}"));
}
