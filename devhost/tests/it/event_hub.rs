//! Event hub triggers, fed by hand.

use std::time::Duration;

use devhost::HostEvent;
use serde_json::json;
use tokio::time::timeout;

use crate::raw_handler::RawHandler;
use crate::support::{Folder, Running, TIMEOUT};

const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// An app whose batches are tried three times, with this pause.
fn app(pause: &str) -> Folder {
    let folder = Folder::with_handler(json!({}));
    let trigger = json!({
        "type": "eventHubTrigger", "direction": "in", "name": "events", "eventHubName": "hub",
        "connection": "HUB", "cardinality": "many", "dataType": "string",
    });
    let retry = json!({ "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": pause });
    let function = json!({ "bindings": [trigger], "retry": retry });
    folder.write("on_events/function.json", &function.to_string());
    folder
}

async fn feed(host: &Running, partition: &str, text: &str) {
    let batch = json!({ "partition": partition, "events": [text] });
    assert_eq!(host.post("/admin/feed/hub", &batch).await.status, 202);
}

/// Which batch each call of the handler held.
fn calls(handler: &RawHandler) -> Vec<&'static str> {
    let of = |request: &String| {
        let mut texts = ["first", "second"].into_iter();
        texts.find(|text| request.contains(text))
    };
    handler.requests().iter().filter_map(of).collect()
}

#[tokio::test]
async fn a_batch_waits_until_the_one_before_it_in_its_partition_is_over() {
    let handler = RawHandler::start(BROKEN).await;
    let mut host = app("00:00:00.010").run_with(handler.options()).await;
    host.ready().await;

    feed(&host, "0", "first").await;
    feed(&host, "0", "second").await;
    for _ in 0..2 {
        host.next(|event| matches!(event, HostEvent::Fired { .. }).then_some(()))
            .await;
    }

    let expected = ["first", "first", "first", "second", "second", "second"];
    assert_eq!(calls(&handler), expected);
}

#[tokio::test]
async fn a_partition_does_not_wait_for_another() {
    let handler = RawHandler::start(BROKEN).await;
    let mut host = app("01:00:00").run_with(handler.options()).await;
    host.ready().await;

    feed(&host, "0", "first").await;
    feed(&host, "1", "second").await;

    let both = async {
        while calls(&handler).len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TIMEOUT, both)
        .await
        .expect("one waits for the other");
}
