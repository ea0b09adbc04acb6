//! `POST /dev/token`: it signs in anyone, so it must answer nobody but the page.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Dev;
use crate::support::dev::{app_folder, command};

use super::site::{start, start_in};

pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut fields = lines.filter_map(|line| line.split_once(": "));
        let found = fields.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Sends exactly these headers, as no HTTP library would.
pub(super) async fn request(
    dev: &Dev,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let address = dev.base.replace("http://localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!(
        "Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Sends the request of the page itself, with some headers replaced, added or, with an empty value,
/// left out.
async fn post(dev: &Dev, changes: &[(&str, &str)], body: &Value) -> Answer {
    let host = dev.base.strip_prefix("http://").unwrap();
    let mut headers = vec![
        ("Host", host),
        ("Origin", dev.base.as_str()),
        ("Content-Type", "application/json"),
    ];
    headers.retain(|(name, _)| !changes.iter().any(|(other, _)| name == other));
    headers.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    request(dev, "POST", "/dev/token", &headers, &body.to_string()).await
}

fn alice() -> Value {
    json!({ "user": "alice" })
}

#[tokio::test]
async fn the_page_signs_in_anyone_with_rights_and_organisations() {
    let dev = start("token").await;
    let wanted = json!({
        "user": "alice", "name": "Alice", "roles": ["publisher"], "orgs": ["acme"],
    });

    let answer = post(&dev, &[], &wanted).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let negotiated = dev
        .negotiate(&format!("org_id=acme&channel=notifications&token={token}"))
        .await;
    assert_eq!(negotiated["userId"], "alice");
    let (status, users) = dev.get("/api/users?user_id=nobody").await;
    assert_eq!(status, 401, "{users}");
    let host = dev.base.strip_prefix("http://").unwrap();
    let bearer = format!("Bearer {token}");
    let publisher = [("Host", host), ("Authorization", bearer.as_str())];
    let users = request(&dev, "GET", "/api/users?user_id=nobody", &publisher, "").await;
    assert_eq!(users.status, 404, "{}", users.body);
}

#[tokio::test]
async fn a_page_whose_name_resolves_to_this_machine_is_refused() {
    let dev = start("rebinding").await;
    let port = dev.base.rsplit(':').next().unwrap();
    for host in [
        format!("evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("127.0.0.1.nip.example:{port}"),
        "localhost".to_owned(),
        "localhost:1".to_owned(),
        "0.0.0.0".to_owned(),
    ] {
        let origin = format!("http://{host}");

        let answer = post(&dev, &[("Host", &host), ("Origin", &origin)], &alice()).await;

        assert_eq!(answer.status, 403, "{host}: {}", answer.body);
    }
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let dev = start("origins").await;
    let port = dev.base.rsplit(':').next().unwrap();
    for origin in [
        "",
        "null",
        "https://evil.example",
        "http://localhost",
        "http://localhost:3000",
        &format!("https://localhost:{port}"),
        &format!("http://127.0.0.1:{port}"),
        &format!("http://localhost:{port}.evil.example"),
        &format!("http://localhost:{port}/"),
    ] {
        let answer = post(&dev, &[("Origin", origin)], &alice()).await;

        assert_eq!(answer.status, 403, "{origin}: {}", answer.body);
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    }
    let twice = [
        ("Origin", dev.base.as_str()),
        ("Origin", "http://evil.example"),
    ];
    assert_eq!(post(&dev, &twice, &alice()).await.status, 403);
    let site = [("Sec-Fetch-Site", "same-site")];
    assert_eq!(post(&dev, &site, &alice()).await.status, 403);
}

#[tokio::test]
async fn the_page_may_be_opened_by_address_too() {
    let dev = start("by-address").await;
    let port = dev.base.rsplit(':').next().unwrap();
    for host in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        let origin = format!("http://{host}");

        let answer = post(&dev, &[("Host", &host), ("Origin", &origin)], &alice()).await;

        assert_eq!(answer.status, 200, "{host}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_a_proxy_or_a_tunnel_passes_on_is_refused() {
    let dev = start("proxies").await;
    for (name, value) in [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Forwarded-Proto", "https"),
        ("x-forwarded-anything", "1"),
        ("Forwarded", "for=203.0.113.9"),
        ("Via", "1.1 tunnel"),
        ("X-Real-IP", "203.0.113.9"),
        ("CF-Connecting-IP", "203.0.113.9"),
        ("X-Original-Host", "evil.example"),
    ] {
        let answer = post(&dev, &[(name, value)], &alice()).await;

        assert_eq!(answer.status, 403, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_form_cannot_ask_and_a_preflight_is_not_answered() {
    let dev = start("forms").await;
    for media_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "text/plain; application/json",
    ] {
        let answer = post(&dev, &[("Content-Type", media_type)], &alice()).await;

        assert_eq!(answer.status, 415, "{media_type}: {}", answer.body);
    }
    let host = dev.base.strip_prefix("http://").unwrap();
    let preflight = [
        ("Host", host),
        ("Origin", "http://evil.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    let answer = request(&dev, "OPTIONS", "/dev/token", &preflight, "").await;
    assert_eq!(answer.status, 403);
    assert!(!answer.head.to_lowercase().contains("access-control-"));
}

/// `Host.CORS` of `local.settings.json` concerns the functions alone.
#[tokio::test]
async fn a_cors_setting_of_the_app_opens_nothing() {
    let folder = app_folder("page-cors");
    let cors = json!({ "Values": {}, "Host": { "CORS": "*" } });
    std::fs::write(folder.join("local.settings.json"), cors.to_string()).unwrap();
    let dev = start_in(folder).await;

    let foreign = post(&dev, &[("Origin", "http://evil.example")], &alice()).await;
    assert_eq!(foreign.status, 403);
    let own = post(&dev, &[], &alice()).await;
    assert_eq!(own.status, 200);
    for answer in [foreign, own] {
        assert!(!answer.head.to_lowercase().contains("access-control-"));
    }
}

#[tokio::test]
async fn bad_input_is_refused() {
    let dev = start("bad-input").await;
    for body in [
        json!({}),
        json!([]),
        json!({ "user": "" }),
        json!({ "user": "  " }),
        json!({ "user": 1 }),
        json!({ "user": "a\nb" }),
        json!({ "user": "x".repeat(129) }),
        json!({ "user": "alice", "admin": true }),
        json!({ "user": "alice", "roles": "admin" }),
        json!({ "user": "alice", "roles": [""] }),
        json!({ "user": "alice", "orgs": vec!["o"; 21] }),
    ] {
        let answer = post(&dev, &[], &body).await;

        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert_eq!(answer.json()["code"], "invalid_parameter");
    }
    let large = json!({ "user": "x".repeat(70_000) });
    assert_eq!(post(&dev, &[], &large).await.status, 413);
    let host = dev.base.strip_prefix("http://").unwrap();
    let own = [("Host", host), ("Origin", dev.base.as_str())];
    let got = request(&dev, "GET", "/dev/token", &own, "").await;
    assert_eq!((got.status, got.header("Allow")), (405, Some("POST")));
}

/// A deployment's own secret must not sign for everyone who reaches this machine.
#[tokio::test]
async fn it_does_not_exist_where_users_sign_in_elsewhere() {
    for (name, setting, value) in [
        (
            "own-secret",
            "JWT_SECRET",
            "a secret of the deployment, 32 bytes",
        ),
        ("own-keys", "JWT_JWKS_URL", "https://login.example/keys"),
        ("own-issuer", "JWT_ISSUER", "https://login.example"),
    ] {
        let folder = app_folder(&format!("page-{name}"));
        let settings = json!({ "Values": { (setting): value } });
        std::fs::write(folder.join("local.settings.json"), settings.to_string()).unwrap();
        let dev = start_in(folder).await;

        let answer = post(&dev, &[], &alice()).await;

        assert!(
            !answer.body.contains("token\":"),
            "{setting}: {}",
            answer.body
        );
        assert_eq!(answer.status, 405, "{setting}: only files are served there");
        let host = dev.base.strip_prefix("http://").unwrap();
        let config = request(&dev, "GET", "/config.json", &[("Host", host)], "").await;
        assert_eq!(config.json()["signIn"], Value::Null, "{setting}");
    }
}

#[tokio::test]
async fn it_does_not_exist_with_a_service_that_others_share() {
    let folder = app_folder("page-shared-service");
    let service = "Endpoint=https://name.webpubsub.azure.com;\
                   AccessKey=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH;Version=1.0;";
    let settings = json!({ "Values": { "AZURE_WEB_PUBSUB_CONNECTION_STRING": service } });
    std::fs::write(folder.join("local.settings.json"), settings.to_string()).unwrap();
    let dev = start_in(folder).await;

    let answer = post(&dev, &[], &alice()).await;

    assert_eq!(answer.status, 405, "{}", answer.body);
    let policy = answer.header("Content-Security-Policy").unwrap();
    assert!(
        policy.contains("wss://name.webpubsub.azure.com"),
        "{policy}"
    );
}

#[tokio::test]
async fn opening_the_browser_and_leaving_the_page_out_exclude_each_other() {
    let folder = app_folder("page-flags");

    let output = command(&folder, &["--no-web", "--open"])
        .output()
        .await
        .unwrap();

    assert!(!output.status.success());
}
