//! 2, `:generateToken`: client tokens that the service issues.

use serde_json::{Value, json};

use crate::support::{Client, JSON, TestEmulator, facts};

async fn generate(query: &str, status: u16) {
    let emulator = TestEmulator::start().await;

    let path = format!(":generateToken?{query}");
    let answered = emulator.rest("POST", &path, "", "").await;

    assert_eq!(answered.status, status, "{query}");
    assert_eq!(answered.json()["token"].is_string(), status == 200);
}

facts! { generate;
    every_parameter_is_optional: "x=1", 200;
    one_minute_is_the_shortest_lifetime: "minutesToExpire=1", 200;
    zero_minutes_are_refused: "minutesToExpire=0", 400;
    a_lifetime_is_a_number: "minutesToExpire=long", 400;
    a_lifetime_is_an_integer: "minutesToExpire=1.5", 400;
    clients_of_the_default_type: "clientType=Default", 200;
    the_type_is_case_insensitive: "clientType=default", 200;
    clients_of_the_mqtt_type: "clientType=MQTT", 200;
    clients_of_the_socket_io_type: "clientType=socketio", 200;
    an_unknown_type_is_refused: "clientType=telnet", 400;
    an_invalid_group_is_refused: "group=%20", 400;
}

#[tokio::test]
async fn the_token_holds_the_requested_claims() {
    let emulator = TestEmulator::start().await;
    let path = ":generateToken?userId=ann&role=webpubsub.joinLeaveGroup&role=other&group=g&group=h";

    let answered = emulator.rest("POST", path, "", "").await;

    let token = answered.json()["token"].as_str().unwrap().to_owned();
    let claims = claims(&token);
    let audience = format!("{}/client/hubs/chat", emulator.endpoint());
    assert_eq!(claims["aud"], audience);
    assert_eq!(claims["sub"], "ann");
    assert_eq!(claims["role"], json!(["webpubsub.joinLeaveGroup", "other"]));
    assert_eq!(claims["webpubsub.group"], json!(["g", "h"]));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((life, &claims["nbf"]), (3600, &claims["iat"]));
}

/// The audience is the URL of the endpoint for this type of client.
async fn audience(client_type: &str, path: &str) {
    let emulator = TestEmulator::start().await;

    let call = format!(":generateToken?clientType={client_type}");
    let answered = emulator.rest("POST", &call, "", "").await;

    let claims = claims(answered.json()["token"].as_str().unwrap());
    assert_eq!(claims["aud"], format!("{}{path}", emulator.endpoint()));
}

facts! { audience;
    the_audience_of_a_default_client: "Default", "/client/hubs/chat";
    the_audience_of_an_mqtt_client: "mqtt", "/clients/mqtt/hubs/chat";
    the_audience_of_a_socket_io_client: "SocketIO", "/clients/socketio/hubs/chat";
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

#[tokio::test]
async fn the_token_connects_a_client() {
    let emulator = TestEmulator::start().await;
    let path = ":generateToken?userId=ann&group=g&role=webpubsub.joinLeaveGroup";
    let answered = emulator.rest("POST", path, "", "").await;
    let token = answered.json()["token"].as_str().unwrap().to_owned();

    let path = format!("/client/hubs/chat?access_token={token}");
    let mut ann = Client::connect(emulator.addr, path, Some(JSON.to_owned())).await;

    assert_eq!(ann.next().await["userId"], "ann");
    let join = json!({ "type": "joinGroup", "group": "h", "ackId": 1 });
    assert_eq!(ann.ask(join).await, Ok(()));
    assert_eq!(emulator.status("HEAD", "groups/g").await, 200);
}
