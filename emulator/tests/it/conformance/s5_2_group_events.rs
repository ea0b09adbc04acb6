//! 5.2: the events `joined` and `left`.

use emulator::{Config, EventHandler, HubConfig, SystemEvent};
use serde_json::json;

use crate::support::{Handler, TestEmulator};

#[tokio::test]
async fn joined_and_left_can_be_sent_too() {
    let handler = Handler::silent().await;
    let events = [SystemEvent::Joined, SystemEvent::Left];
    let hub = HubConfig::default().with_handler(
        EventHandler::all(&handler.template())
            .unwrap()
            .with_system_events(&events),
    );
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.ask(json!({ "type": "joinGroup", "group": "g", "ackId": 1 }))
        .await
        .unwrap();
    let joined = handler.next_named("joined").await;
    ann.close("bye").await;
    let left = handler.next_named("left").await;

    assert_eq!(joined.header("ce-type"), Some("azure.webpubsub.gp.joined"));
    assert_eq!(
        (joined.json(), left.json()),
        (json!({ "group": "g" }), json!({ "group": "g" }))
    );
}
