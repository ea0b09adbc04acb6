//! Queue triggers and outputs, with Azurite; Microsoft's client puts and reads the messages.

use devhost::{Fate, HostEvent};
use serde_json::{Value, json};

use crate::azurite::{Azurite, KEY};
use crate::support::{Folder, Running};

async fn run(azurite: &Azurite, queues: Value) -> Running {
    let mut queues = queues;
    queues["maxPollingInterval"] = "00:00:00.1".into();
    let folder = Folder::with_handler(json!({ "extensions": { "queues": queues } }));
    folder.function(
            "queue_fn",
            json!([
                { "type": "queueTrigger", "direction": "in", "name": "msg", "queueName": "Inbox", "connection": "Storage" },
                { "type": "queue", "direction": "out", "name": "out", "queueName": "out", "connection": "Storage" },
            ]),
        );
    folder
        .run_with_settings(&[("Storage", &azurite.connection)])
        .await
}

async fn fate(host: &mut Running) -> Fate {
    host.next(|event| match event {
        HostEvent::Message { fate, .. } => Some(fate),
        _ => None,
    })
    .await
}

const TEXT: &str = "hello, wörld & <you>";

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_message_triggers_its_function_and_is_deleted() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", &base64(TEXT)).await;

    let mut host = run(&azurite, json!({})).await;

    assert_eq!(fate(&mut host).await, Fate::Deleted);
    assert_eq!(azurite.messages("inbox").await, [""; 0]);
}

#[tokio::test]
async fn an_output_creates_its_queue() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", "copy me").await;

    let mut host = run(&azurite, json!({ "messageEncoding": "none" })).await;

    assert_eq!(fate(&mut host).await, Fate::Deleted);
    assert_eq!(
        azurite.messages("out").await,
        ["{\n  \"copied\": \"copy me\"\n}"]
    );
}

#[tokio::test]
async fn a_message_that_fails_too_often_moves_to_the_poison_queue() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", &base64("fail")).await;

    let mut host = run(&azurite, json!({ "maxDequeueCount": 3 })).await;

    for expected in [Fate::Returned, Fate::Returned, Fate::Poisoned] {
        assert_eq!(fate(&mut host).await, expected);
    }
    assert_eq!(azurite.messages("inbox").await, [""; 0]);
    assert_eq!(azurite.messages("inbox-poison").await, [base64("fail")]);
}

#[tokio::test]
async fn a_message_in_plain_text_is_poison_if_base64_is_expected() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", "{\"plain\": true}").await;

    let mut host = run(&azurite, json!({})).await;

    assert_eq!(fate(&mut host).await, Fate::Poisoned);
    assert_eq!(
        azurite.messages("inbox-poison").await,
        ["{\"plain\": true}"]
    );
}

#[tokio::test]
async fn an_unreachable_service_is_reported() {
    let folder = Folder::with_handler(json!({}));
    folder.function("q", json!([{ "type": "queueTrigger", "name": "msg", "queueName": "inbox", "connection": "Storage" }]));
    let unreachable = format!("AccountName=a;AccountKey={KEY};QueueEndpoint=http://127.0.0.1:1/a");

    let mut host = folder.run_with_settings(&[("Storage", &unreachable)]).await;

    let notice = host.next(|event| match event {
        HostEvent::Notice(notice) => Some(notice),
        _ => None,
    });
    assert!(
        notice
            .await
            .starts_with("queue inbox: cannot reach the queue service")
    );
}
