//! The image for containers: the published binary in a root with nothing else.

use std::os::unix::fs::MetadataExt;
use std::{fs, net::Ipv4Addr};

use emulator::{Config, Emulator, Tls};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::oneshot;

use super::lists::files_below;
use super::root::{Container, Image, Root, is_root};
use crate::health::assert_degraded;
use crate::support::{Answer, Authority, Azurite, Hub, KEY, TestApp, fresh_folder};

async fn call(container: &Container, method: Method, path: &str, body: &Value) -> Answer {
    let http = SharedHttpClient::new().client().unwrap();
    let call = http.request(method, format!("{}{path}", container.base));
    Answer::of(call.bearer_auth(TestApp::API_TOKEN).body(body.to_string())).await
}

/// The services that the handler calls, with HTTPS alone.
struct Services {
    /// A certificate of the emulator, and the authority that issued Azurite's.
    authorities: String,
    connection_string: String,
    storage: String,
    _azurite: Azurite,
    _stop: oneshot::Sender<()>,
}

impl Services {
    async fn start() -> Self {
        let authority = Authority::new();
        let folder = fresh_folder();
        let [certificate, key] = authority.issue("localhost", &folder);
        let arguments = ["--no-bridge", "--cert", &certificate, "--key", &key];
        let azurite = Azurite::own(&arguments).await;
        // Its certificate has a name, and no address.
        let storage = azurite.account().connection_string();
        let storage = storage.replace("127.0.0.1", "localhost");
        assert!(storage.contains("TableEndpoint=https://localhost"));
        let tls = Tls::self_signed(Ipv4Addr::LOCALHOST.into()).unwrap();
        let authorities = format!("{}{}", authority.certificate(), tls.certificate_pem());
        let hub = json!({ "WebPubSub": { "AccessKey": KEY, "Hubs": { "ViewerHub": {} } } });
        let config = Config::from_json(&hub.to_string()).unwrap().with_tls(tls);
        let listener = emulator::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(Emulator::new(config).run(listener, async {
            let _ = stopped.await;
        }));
        Self {
            authorities,
            connection_string: format!(
                "Endpoint=https://localhost:{port};AccessKey={KEY};Version=1.0;"
            ),
            storage,
            _azurite: azurite,
            _stop: stop,
        }
    }

    fn settings(&self) -> [(&str, &str); 4] {
        [
            (
                "AZURE_WEB_PUBSUB_CONNECTION_STRING",
                &self.connection_string,
            ),
            ("AzureWebJobsStorage", &self.storage),
            ("ALLOW_ANONYMOUS", "true"),
            ("API_TOKEN", TestApp::API_TOKEN),
        ]
    }
}

#[test]
fn the_image_runs_one_program_as_a_user_without_rights() {
    let image = Image::read();

    assert_eq!(image.entrypoint, ["/switchboard"]);
    assert_eq!(image.command, ["serve"]);
    assert_eq!(image.health_check, ["/switchboard", "health"]);
    assert_ne!(image.user, 0);
    assert_eq!(image.port, 8080);
}

#[tokio::test]
async fn the_binary_serves_and_calls_services_with_nothing_else_in_its_root() {
    let services = Services::start().await;
    let root = Root::with_authorities(&services.authorities).await;
    let settings = services.settings();
    let container = root.start(&settings).await;

    let healthy = root.check_health(&[], &settings).await;
    let negotiated = call(
        &container,
        Method::GET,
        "/api/negotiate?room_id=lobby",
        &Value::Null,
    );
    let negotiated = negotiated.await;
    let message = json!({ "content": "hello" });
    let path = "/api/rooms/lobby/messages";
    let posted = call(&container, Method::POST, path, &message).await;
    let short = call(&container, Method::GET, "/health", &Value::Null).await;

    assert!(healthy.status.success(), "{healthy:?}");
    let health: Value = serde_json::from_slice(&healthy.stdout).unwrap();
    for service in ["webPubSub", "store"] {
        assert_eq!(health["services"][service]["status"], "ok", "{health}");
    }
    let url = negotiated.ok()["url"].take();
    assert!(
        url.as_str().unwrap().starts_with("wss://localhost"),
        "{url}"
    );
    assert_eq!(posted.status, 201, "{}", posted.body);
    assert_eq!(short.ok()["status"], "ok");
    if is_root() {
        assert_eq!(container.user(), Image::read().user);
    }
    assert_eq!(container.stop().await, Some(0));
    // It left nothing behind.
    assert_eq!(files_below(&root.path("/data"), &[]), [] as [&str; 0]);
}

#[tokio::test]
async fn a_service_whose_certificate_is_not_trusted_is_not_called() {
    let services = Services::start().await;
    let root = Root::with_authorities(Authority::new().certificate()).await;
    let settings = services.settings();
    let container = root.start(&settings).await;

    let health = root.check_health(&[], &settings).await;
    let alive = root.check_health(&["--live"], &settings).await;

    assert_degraded(&health);
    assert!(alive.status.success(), "{alive:?}");
    assert_eq!(container.stop().await, Some(0));
}

#[tokio::test]
async fn authorities_in_another_file_are_named_by_ssl_cert_file() {
    let services = Services::start().await;
    let root = Root::with_authorities(Authority::new().certificate()).await;
    fs::write(root.path("/data/own.pem"), &services.authorities).unwrap();
    let own = [("SSL_CERT_FILE", "/data/own.pem")];
    let settings = [&services.settings()[..], &own].concat();
    let _container = root.start(&settings).await;

    let health = root.check_health(&[], &settings).await;

    assert!(health.status.success(), "{health:?}");
}

/// Without any authority no HTTPS call is possible. The rest works.
#[tokio::test]
async fn without_authorities_it_serves_all_the_same() {
    let hub = Hub::start().await;
    let root = Root::with_authorities("").await;
    let service = hub.connection_string();
    let settings = [
        ("AZURE_WEB_PUBSUB_CONNECTION_STRING", service.as_str()),
        ("ALLOW_ANONYMOUS", "true"),
        ("API_TOKEN", TestApp::API_TOKEN),
    ];
    let container = root.start(&settings).await;

    let path = "/api/negotiate?room_id=lobby";
    let negotiated = call(&container, Method::GET, path, &Value::Null).await;
    let alive = root.check_health(&["--live"], &settings).await;

    assert_eq!(negotiated.status, 200, "{}", negotiated.body);
    assert!(alive.status.success(), "{alive:?}");
    let health = root.check_health(&[], &settings).await;
    let error = String::from_utf8(health.stderr).unwrap();
    assert!(error.contains("webPubSub"), "{error}");
}

#[tokio::test]
async fn without_a_storage_account_data_is_in_the_volume_of_the_user() {
    let hub = Hub::start().await;
    let root = Root::with_authorities(Authority::new().certificate()).await;
    let service = hub.connection_string();
    let settings = [
        ("AZURE_WEB_PUBSUB_CONNECTION_STRING", service.as_str()),
        ("API_TOKEN", TestApp::API_TOKEN),
    ];
    let container = root.start(&settings).await;

    let message = json!({ "content": "hello" });
    let path = "/api/rooms/lobby/messages";
    let posted = call(&container, Method::POST, path, &message).await;

    assert_eq!(posted.status, 201, "{}", posted.body);
    let file = fs::metadata(root.path("/data/switchboard.db")).unwrap();
    assert_eq!(file.uid(), container.user());
}
