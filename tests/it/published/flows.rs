//! The clients of other servers, against the published package.

use reqwest::Method;
use serde_json::json;

use super::{Mode, Published};
use crate::dev::clients::{assert_clients_meet_in_a_room, assert_every_kind_of_frame_is_answered};
use crate::existing_clients::{
    SESSION, assert_a_chat_client_works, assert_a_notification_page_works,
    assert_a_session_component_works, keycloak_claims, participants,
};

#[tokio::test]
async fn existing_clients_work_with_the_package_as_it_is() {
    assert_existing_clients_work(Mode::Forwarding).await;
}

#[tokio::test]
async fn existing_clients_work_with_the_package_in_proxying_mode() {
    assert_existing_clients_work(Mode::Proxying).await;
}

async fn assert_existing_clients_work(mode: Mode) {
    let mut published = Published::start(mode, &[]).await;

    assert_clients_meet_in_a_room(&published.base).await;
    assert_every_kind_of_frame_is_answered(&published.base).await;
    assert_a_chat_client_works(&published.base).await;
    let path = format!("/api/sessions/{SESSION}");
    let session = participants();
    let made = published.back_end(Method::PUT, &path, &session).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let john = published.token("john", &json!({})).await;
    let jane = published.token("jane", &json!({})).await;
    assert_a_session_component_works(&published.base, &john, &jane).await;
    let claims = keycloak_claims();
    let user = claims["sub"].as_str().unwrap();
    let token = published.token(user, &claims).await;
    let service = published.hub.endpoint();
    assert_a_notification_page_works(&published.base, &service, &token, async |path, body| {
        published.back_end(Method::POST, path, &body).await
    })
    .await;
}
