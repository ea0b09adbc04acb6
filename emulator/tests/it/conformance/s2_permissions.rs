//! 2: permissions of connections.

use serde_json::{Value, json};

use crate::support::{Client, JSON, TestEmulator, facts};

async fn client(emulator: &TestEmulator, role: &str) -> (Client, String) {
    let claims = json!({ "role": role, "webpubsub.group": "g" });
    let mut client = emulator.connect(Some(JSON), claims).await;
    let id = client.connected().await;
    (client, id)
}

fn send(ack: u64, group: &str) -> Value {
    json!({ "type": "sendToGroup", "group": group, "ackId": ack, "noEcho": true, "data": 1 })
}

const FORBIDDEN: Result<(), &str> = Err("Forbidden");

async fn asked(client: &mut Client, frame: Value) -> Result<(), &'static str> {
    match client.ask(frame).await {
        Ok(()) => Ok(()),
        Err(name) if name == "Forbidden" => FORBIDDEN,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_grant_takes_effect_at_once_for_its_group_only() {
    let emulator = TestEmulator::start().await;
    let (mut ann, id) = client(&emulator, "none").await;
    assert_eq!(asked(&mut ann, send(1, "g")).await, FORBIDDEN);

    let path = format!("permissions/sendToGroup/connections/{id}?targetName=g");
    emulator.status("PUT", &path).await;

    assert_eq!(asked(&mut ann, send(1, "g")).await, Ok(()));
    assert_eq!(asked(&mut ann, send(2, "G")).await, FORBIDDEN);
    assert_eq!(emulator.status("HEAD", &path).await, 200);
}

#[tokio::test]
async fn a_revoked_group_is_denied_despite_a_wide_role_until_it_is_granted() {
    let emulator = TestEmulator::start().await;
    let (mut ann, id) = client(&emulator, "webpubsub.sendToGroup").await;
    let path = format!("permissions/sendToGroup/connections/{id}?targetName=g");

    emulator.status("DELETE", &path).await;
    assert_eq!(emulator.status("HEAD", &path).await, 404);
    assert_eq!(asked(&mut ann, send(1, "g")).await, FORBIDDEN);
    assert_eq!(asked(&mut ann, send(2, "h")).await, Ok(()));

    emulator.status("PUT", &path).await;
    assert_eq!(asked(&mut ann, send(1, "g")).await, Ok(()));
}

#[tokio::test]
async fn revoking_does_not_leave_the_group() {
    let emulator = TestEmulator::start().await;
    let (mut ann, id) = client(&emulator, "webpubsub.joinLeaveGroup").await;

    let path = format!("permissions/joinLeaveGroup/connections/{id}?targetName=g");
    emulator.status("DELETE", &path).await;

    emulator.send_text("groups/g/:send", "still in").await;
    assert_eq!(ann.next().await["data"], "still in");
}

#[tokio::test]
async fn a_star_is_a_literal_name() {
    let emulator = TestEmulator::start().await;
    let (mut ann, id) = client(&emulator, "none").await;

    let path = format!("permissions/sendToGroup/connections/{id}?targetName=%2A");
    emulator.status("PUT", &path).await;

    assert_eq!(asked(&mut ann, send(1, "g")).await, FORBIDDEN);
    assert_eq!(asked(&mut ann, send(2, "*")).await, Ok(()));
}

#[tokio::test]
async fn at_most_a_thousand_groups_can_be_granted() {
    let emulator = TestEmulator::start().await;
    let roles: Vec<_> = (0..1000)
        .map(|n| format!("webpubsub.sendToGroup.{n}"))
        .collect();
    let mut ann = emulator.connect(Some(JSON), json!({ "role": roles })).await;
    let id = ann.connected().await;
    let path = |group: &str| format!("permissions/sendToGroup/connections/{id}?targetName={group}");

    let answered = emulator.rest("PUT", &path("more"), "", "").await;

    assert_eq!(answered.status, 409);
    assert_eq!(
        answered.headers["x-ms-error-code"],
        "Error.Permission.TooManyRules"
    );
    assert_eq!(emulator.status("DELETE", &path("7")).await, 204);
}

async fn answers(method: &str, path: &str, status: u16) {
    let emulator = TestEmulator::start().await;

    assert_eq!(
        emulator
            .status(method, &format!("permissions/{path}"))
            .await,
        status,
        "{path}"
    );
}

facts! { answers;
    a_grant_needs_a_connection: "PUT", "sendToGroup/connections/none?targetName=g", 404;
    a_revocation_needs_no_connection: "DELETE", "sendToGroup/connections/none?targetName=g", 204;
    an_unknown_connection_has_no_permission: "HEAD", "sendToGroup/connections/none?targetName=g", 404;
    a_grant_needs_a_group: "PUT", "sendToGroup/connections/none", 400;
    a_revocation_needs_a_group: "DELETE", "sendToGroup/connections/none?targetName=", 400;
    there_are_two_permissions: "HEAD", "joinLeaveGroup/connections/none?targetName=g", 404;
    there_is_no_third_permission: "PUT", "sendEvent/connections/none?targetName=g", 400;
}
