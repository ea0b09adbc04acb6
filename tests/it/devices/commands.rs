//! Commands and the hub's health, against answers that IoT Hub documents.

use std::net::Ipv4Addr;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::iot_hub::{HubCredential, IotHub, IotHubSettings};
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::clock::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{event, feed, get};
use crate::support::{Answer, Fault, Proxy, World};

const OFFLINE: &str = r#"{"Message":"{\"errorCode\":404103,\"trackingId\":\"66b8d590-TimeStamp:03/14/2024 09:54:49\",\"message\":\"The operation failed because the requested device isn't online.\",\"info\":{\"timeout\":\"00:00:00\"},\"timestampUtc\":\"2024-03-14T09:54:49.6536567Z\"}","ExceptionMessage":""}"#;
const UNKNOWN: &str = r#"{"Message":"{\"errorCode\":404001,\"trackingId\":\"66b8d590\",\"message\":\"Device d1 not registered\",\"timestampUtc\":\"2024-03-14T09:54:49.6536567Z\"}","ExceptionMessage":""}"#;
const SLOW: &str = r#"{"Message":"{\"errorCode\":504101,\"trackingId\":\"40a7dd98\",\"message\":\"Timed out waiting for the response from device.\",\"info\":{},\"timestampUtc\":\"2019-12-03T15:00:09.0082523Z\"}","ExceptionMessage":""}"#;
const INVALID: &str = r#"{"Message":"{\"errorCode\":400004,\"trackingId\":\"ca235922\",\"message\":\"responseTimeoutInSeconds must be within [5; 300].\"}","ExceptionMessage":""}"#;
const UNAUTHORIZED: &str = r#"{"Message":"ErrorCode:IotHubUnauthorizedAccess;Unauthorized","ExceptionMessage":"Tracking ID:1"}"#;
const THROTTLED: &str =
    r#"{"Message":"ErrorCode:ThrottlingException;429001","ExceptionMessage":""}"#;

fn answer(head: &str, body: &str) -> Fault {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {head}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    Fault::Answer(text.leak())
}

struct Setting {
    world: World,
    hub: Proxy,
}

impl Setting {
    /// A hub that gives the answers of the test.
    async fn start() -> Self {
        let hub = Proxy::to("127.0.0.1:9").await;
        let connection = format!(
            "HostName={};SharedAccessKeyName=service;SharedAccessKey=aHVzaC1odXNo",
            hub.address
        );
        let listen = switchboard::config::Listen::Functions(0);
        let settings = [("IOT_HUB_CONNECTION_STRING", connection.as_str())];
        let world = World::started_by(listen, &settings).await;
        Self { world, hub }
    }

    async fn command(&self, body: Value) -> Answer {
        let path = "/api/devices/commands";
        self.world.app.back_end(Method::POST, path, &body).await
    }

    async fn reboot(&self) -> Answer {
        self.command(json!({ "device_id": "d:1", "method": "reboot", "timeoutSeconds": 5 }))
            .await
    }
}

#[tokio::test]
async fn a_command_is_answered_by_the_device() {
    let setting = Setting::start().await;
    let device = r#"{"status":202,"payload":{"n":9007199254740993,"t":1.50}}"#;
    setting.hub.then(answer("200 OK", device));

    let reply = setting.reboot().await;

    assert!(reply.body.contains("9007199254740993") && reply.body.contains("1.50"));
    assert_eq!(
        reply.ok(),
        json!({
            "deviceId": "d:1",
            "method": "reboot",
            "status": 202,
            "payload": { "n": 9_007_199_254_740_993_i64, "t": 1.5 },
        })
    );
    assert_eq!(
        setting.hub.requests(),
        ["POST /twins/d%3A1/methods?api-version=2021-04-12"]
    );
}

#[tokio::test]
async fn each_error_of_the_hub_has_its_own_answer() {
    let setting = Setting::start().await;
    let named = "404 Not Found\r\niothub-errorcode: DeviceNotOnline";
    let cases = [
        ("404 Not Found", OFFLINE, 404, "device_offline"),
        (named, "", 404, "device_offline"),
        ("404 Not Found", UNKNOWN, 404, "not_found"),
        ("504 Gateway Timeout", SLOW, 504, "device_timeout"),
        ("504 Gateway Timeout", "", 504, "device_timeout"),
        ("400 Bad Request", INVALID, 400, "invalid_parameter"),
        ("401 Unauthorized", UNAUTHORIZED, 503, "unavailable"),
        ("403 Forbidden", "", 503, "unavailable"),
        ("404 Not Found", "", 503, "unavailable"),
        ("500 Internal Server Error", "", 500, "internal"),
        ("200 OK", "<html>", 500, "internal"),
        ("200 OK", r#"{"payload":1}"#, 500, "internal"),
    ];
    for (head, body, status, code) in cases {
        setting.hub.then(answer(head, body));

        let reply = setting.reboot().await;

        reply.assert_problem(status, code);
        assert!(!reply.body.contains("Tracking"), "{}", reply.body);
        // A method may not be repeatable.
        assert_eq!(setting.hub.requests().len(), 1, "{head}");
    }
}

#[tokio::test]
async fn a_busy_hub_is_asked_once_more() {
    let setting = Setting::start().await;
    setting.hub.then(answer("429 Too Many Requests", THROTTLED));
    setting.hub.then(answer("200 OK", r#"{"status":200}"#));

    let reply = setting.reboot().await.ok();

    assert_eq!(reply["payload"], Value::Null);
    assert_eq!(setting.hub.requests().len(), 2);
}

#[tokio::test]
async fn a_hub_whose_answer_is_lost_leaves_the_outcome_open() {
    let setting = Setting::start().await;
    // The server behind the proxy refuses connections, so the connection breaks.
    setting.hub.then(Fault::LostAnswer);

    setting.reboot().await.assert_problem(500, "internal");

    assert_eq!(setting.hub.requests().len(), 1);
}

#[tokio::test]
async fn one_device_shows_whether_it_is_connected_if_the_hub_says_so() {
    let setting = Setting::start().await;
    feed(&setting.world.app, &[event("d1", 1)]).await;
    let cases = [
        (
            "200 OK",
            r#"{"connectionState":"Connected"}"#,
            json!("Connected"),
        ),
        ("200 OK", "{}", Value::Null),
        ("404 Not Found", UNKNOWN, Value::Null),
        ("401 Unauthorized", UNAUTHORIZED, Value::Null),
    ];
    for (head, body, expected) in cases {
        setting.hub.then(answer(head, body));
        let device = get(&setting.world.app, "/api/devices?device_id=d1")
            .await
            .ok();
        assert_eq!(device["connectionState"], expected, "{head}");
        assert_eq!(device["last"]["sequence"], 1);
    }
    setting.hub.requests();

    get(&setting.world.app, "/api/devices").await.ok();

    assert!(setting.hub.requests().is_empty());
}

#[tokio::test]
async fn health_says_whether_the_hub_accepts_us_and_asks_it_seldom() {
    let setting = Setting::start().await;
    let health = async || {
        let answer = setting.world.app.get("/api/health").await;
        // Everything but devices works without the hub.
        answer.ok()["services"]["iotHub"].clone()
    };
    setting.hub.then(answer("404 Not Found", UNKNOWN));

    let (first, second) = (health().await, health().await);

    assert_eq!(
        (&first["status"], &second["status"]),
        (&json!("ok"), &json!("ok"))
    );
    assert!(first["latencyMs"].is_u64());
    let asked = setting.hub.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("GET /twins/"), "{asked:?}");
}

#[tokio::test]
async fn health_says_when_the_hub_refuses_us() {
    let setting = Setting::start().await;
    setting
        .hub
        .always(Some(answer("401 Unauthorized", UNAUTHORIZED)));

    let health = setting.world.app.get("/api/health").await.ok();

    assert_eq!(health["status"], "ok");
    assert_eq!(health["services"]["iotHub"]["status"], "degraded");
    assert!(!health.to_string().contains("hush"));
}

#[tokio::test]
async fn a_silent_hub_does_not_delay_health_for_long() {
    let setting = Setting::start().await;
    setting.hub.always(Some(Fault::Silence));

    let health = setting.world.app.get("/api/health").await.ok();

    assert_eq!(health["services"]["iotHub"]["status"], "degraded");
}

/// The platform's tokens, which name their scope.
#[derive(Debug)]
struct Tokens;

#[async_trait]
impl TokenCredential for Tokens {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = format!("token-for-{}", scopes.join("+"));
        Ok(AccessToken::new(token, OffsetDateTime::UNIX_EPOCH))
    }
}

#[tokio::test]
async fn a_hub_without_a_key_is_called_with_the_managed_identity() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = IotHubSettings {
        host: address.to_string().parse().unwrap(),
        credential: HubCredential::ManagedIdentity { client_id: None },
    };
    let identities = ManagedIdentities::from_fn(|_| Ok(Arc::new(Tokens)));
    let http = SharedHttpClient::new();
    let hub = IotHub::new(&settings, &http, &identities, &Clock::system()).unwrap();

    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut request).await.unwrap();
        }
        let body = r#"{"connectionState":"Disconnected"}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    };
    let (state, request) = tokio::join!(hub.connection_state("d1"), serving);

    assert_eq!(state.unwrap().as_deref(), Some("Disconnected"));
    let bearer = "authorization: Bearer token-for-https://iothubs.azure.net/.default";
    assert!(request.contains(bearer), "{request}");
}
