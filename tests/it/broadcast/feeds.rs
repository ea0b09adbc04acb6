//! Notifications and events that back ends put there.

use serde_json::{Value, json};

use super::{Kind, Place, Road};

#[tokio::test]
async fn the_functions_host_has_feeds_delivered() {
    assert_feeds_are_delivered(Kind::FunctionsHost).await;
}

#[tokio::test]
async fn a_container_delivers_feeds() {
    assert_feeds_are_delivered(Kind::Container).await;
}

async fn assert_feeds_are_delivered(kind: Kind) {
    let road = Road::start(kind, Place::Sqlite).await;
    let member = json!({ "organizations": ["acme"] });
    let mut alice = road
        .join_as("alice", member.clone(), "channel=notifications&org_id=acme")
        .await;
    let mut bob = road.join_as("bob", member, "org_id=acme").await;

    let notification = json!({
        "id": "n1", "title": "Zażółć \u{2028} 🦀", "body": "<&>\"'\\", "count": 12,
        // The host gives these names to properties of its own.
        "DequeueCount": 99, "Id": "x", "sys": { "MethodName": "x" },
    });
    road.put(&json!({
        "kind": "notification", "user_id": "alice", "notification": notification,
        "DequeueCount": 99, "sys": "x",
    }))
    .await;
    let heard = alice.receive_type("notification").await;
    let mut seen = heard["notification"].clone();
    assert!(seen.as_object_mut().unwrap().remove("timestamp").is_some());
    assert_eq!(seen, notification);

    let data = json!([1, "two", null, { "three": 3.5 }]);
    road.put(
        &json!({ "kind": "event", "org_id": "acme", "event_type": "it.happened", "data": data }),
    )
    .await;

    for listener in [&mut alice, &mut bob] {
        let event = listener.receive_type("event").await;
        assert_eq!(
            (&event["event_type"], &event["data"]),
            (&json!("it.happened"), &data)
        );
    }
    let inbox = road.get_as("alice", "/api/notifications").await;
    assert_eq!(ids(&inbox), ["n1"]);
    let other = road.get_as("bob", "/api/notifications").await;
    assert_eq!(ids(&other), [""; 0]);
}

/// The ids of an inbox's page.
pub(super) fn ids(inbox: &Value) -> Vec<&str> {
    let notifications = inbox["notifications"].as_array().unwrap();
    notifications
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect()
}
