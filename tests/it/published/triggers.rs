//! The package's functions without a URL, which the host calls in JSON mode.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::clock::Clock;
use tokio::time::timeout;

use super::host::EVENT_HUB;
use super::{Mode, Published};
use crate::support::OpenAi;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// Long enough for a busy machine; nothing is measured by it.
const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_message_on_the_queue_reaches_its_user() {
    let mut published = Published::start(Mode::Forwarding, &[]).await;
    let mut alice = published.join_as("alice", "channel=notifications").await;
    let message = json!({
        "kind": "notification", "user_id": "alice", "notification": { "id": "n1", "title": "Hi" },
    });

    let queue = published.account.queue("switchboard-broadcast");
    queue.put(&message.to_string(), HOUR).await.unwrap();

    let heard = alice.receive_type("notification").await;
    assert_eq!(heard["notification"]["title"], "Hi");
}

#[tokio::test]
async fn a_question_is_answered() {
    let openai = OpenAi::start().await;
    openai
        .responds("Why", json!({ "content": "Because." }))
        .await;
    let mut published = Published::start(Mode::Proxying, &openai.settings()).await;
    let mut alice = published.join_as("alice", "channel=chats").await;
    let chat = json!({ "type": "CREATE_CHAT", "name": "a chat", "members": [] });
    let created = alice.request(chat).await;
    let id = created["chat"]["id"].as_str().unwrap();

    alice
        .request(json!({ "type": "ask", "chatId": id, "content": "Why?" }))
        .await;

    let answer = async {
        loop {
            let heard = alice.receive_type("MESSAGE").await;
            if heard["message"]["senderId"] == "assistant" {
                return heard;
            }
        }
    };
    let answer = timeout(TIMEOUT, answer).await.expect("no answer");
    assert_eq!(answer["message"]["content"], "Because.");
}

#[tokio::test]
async fn telemetry_of_a_device_is_stored() {
    let published = Published::start(Mode::Forwarding, &[]).await;
    let now = Clock::system().now();
    let event = json!({
        "body": { "temperature": 21.5 }, "partitionKey": "d1", "sequenceNumber": 7,
        "enqueuedTimeUtc": format!("{now:.3}"),
        "systemProperties": { "iothub-connection-device-id": "d1" },
    });

    let (path, events) = (format!("/admin/feed/{EVENT_HUB}"), json!([event]));
    let fed = published.back_end(Method::POST, &path, &events);
    assert_eq!(fed.await.status, 202);

    let history = async {
        loop {
            let path = "/api/devices/telemetry?device_id=d1";
            let page = published.back_end(Method::GET, path, &Value::Null).await;
            // Until something is stored the device does not exist.
            if page.status != 404 {
                return page.ok()["telemetry"].take();
            }
        }
    };
    let stored = timeout(TIMEOUT, history).await.expect("nothing is stored");
    assert_eq!(stored[0]["sequence"], 7);
}
