//! Event hub triggers, fed by hand.

use devhost::HostEvent;
use serde_json::{Value, json};

use crate::raw_handler::RawHandler;
use crate::support::Folder;

fn app(cardinality: &str) -> Folder {
    let folder = Folder::with_handler(json!({}));
    let trigger = json!({
        "type": "eventHubTrigger", "direction": "in", "name": "events", "eventHubName": "hub",
        "connection": "HUB", "cardinality": cardinality, "dataType": "string",
    });
    let retry =
        json!({ "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00.020" });
    let function = json!({ "bindings": [trigger], "retry": retry });
    folder.write("on_events/function.json", &function.to_string());
    folder
}

fn batch(partition: &str, text: &str) -> Value {
    json!({ "partition": partition, "events": [text] })
}

/// Feeds batches to a handler that fails each of them, and returns which one each call held.
async fn calls(folder: &Folder, batches: &[Value], texts: &[&str]) -> Vec<String> {
    let handler = RawHandler::start(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    let mut host = folder.run_with(handler.options()).await;
    host.ready().await;
    for batch in batches {
        assert_eq!(host.post("/admin/feed/hub", batch).await.status, 202);
    }
    for _ in batches {
        host.next(|event| match event {
            HostEvent::Fired { .. } => Some(()),
            _ => None,
        })
        .await;
    }
    let of = |request: &String| {
        let found = texts.iter().find(|text| request.contains(**text));
        found.map(|text| (*text).to_owned())
    };
    handler.requests().iter().filter_map(of).collect()
}

#[tokio::test]
async fn the_batches_of_a_partition_run_in_order() {
    let batches = [batch("0", "first"), batch("0", "second")];

    let calls = calls(&app("many"), &batches, &["first", "second"]).await;

    let expected = ["first", "first", "first", "second", "second", "second"];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn a_partition_does_not_wait_for_another() {
    let batches = [batch("0", "first"), batch("1", "second")];

    let calls = calls(&app("many"), &batches, &["first", "second"]).await;

    // Both begin before one of them has failed for good.
    let last_beginning = calls.iter().position(|call| call == "second").unwrap();
    assert!(last_beginning < 3, "{calls:?}");
    assert_eq!(calls.len(), 6);
}
