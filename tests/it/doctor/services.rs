//! Faults of the services that the settings name.

use std::time::Duration;

use serde_json::json;

use super::{Report, report};
use crate::serve::{Process, free_port};
use crate::support::{Azurite, Dev, Fault, Hub, Issuer, OpenAi, Proxy, TraceCollector};

const SERVICE: &str = "AZURE_WEB_PUBSUB_CONNECTION_STRING";
const STORAGE: &str = "AzureWebJobsStorage";

/// Of the service nothing is needed here.
const AWAY: &str = "Endpoint=http://localhost:9;AccessKey=0123456789;Version=1.0;";

async fn with(settings: &[(&str, &str)]) -> Report {
    let base = [(SERVICE, AWAY), ("ALLOW_ANONYMOUS", "true")];
    report(&[], &[&base, settings].concat()).await
}

/// The emulator, and a handler that it calls.
struct Deployment {
    hub: Hub,
    base: String,
    _handler: Process,
}

impl Deployment {
    async fn start() -> Self {
        let hub = Hub::start().await;
        let port = free_port();
        let service = hub.connection_string();
        let settings = [
            ("PORT", &*port),
            (SERVICE, &*service),
            ("STORE", "sqlite:/dev/null/x"),
        ];
        Self {
            _handler: Process::start(&[], &settings).await,
            base: format!("http://127.0.0.1:{port}"),
            hub,
        }
    }

    async fn examine(&self, settings: &[(&str, &str)]) -> Report {
        let service = self.hub.connection_string();
        with(&[&[(SERVICE, &*service)], settings].concat()).await
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer() {
    let deployment = Deployment::start().await;

    let fix = with(&[])
        .await
        .shows("service-unreachable", "localhost:9 does not answer");

    assert!(fix.contains("switchboard dev"), "{fix}");
    deployment.examine(&[]).await.lacks("service-unreachable");
}

#[tokio::test]
async fn a_key_of_another_service() {
    let hub = Hub::start().await;
    let wrong = format!(
        "Endpoint={};AccessKey=another-key-0123456789;Version=1.0;",
        hub.endpoint()
    );
    let found = with(&[(SERVICE, &wrong)]).await;

    let fix = found.shows("access-refused", "401");

    assert!(fix.contains("az webpubsub key show"), "{fix}");
    assert!(!found.printed.contains("another-key"), "{}", found.printed);
    let right = hub.connection_string();
    let found = with(&[(SERVICE, &right)]).await;
    found.lacks("access-refused");
    found.is_ok("web pubsub");
}

/// S0: "Hub Not Found". The service accepts clients of any hub, and sends its events nowhere.
#[tokio::test]
async fn a_hub_that_sends_its_events_nowhere() {
    let deployment = Deployment::start().await;

    let found = deployment.examine(&[]).await;

    let fix = found.shows("events-not-delivered", "connected to hub ViewerHub");
    assert!(fix.contains("az webpubsub hub create"), "{fix}");
    assert!(fix.contains("--hub-name ViewerHub"), "{fix}");
    assert!(fix.contains("`emulator.json`"), "{fix}");
    // As the fix does: handlers for both addresses.
    deployment.hub.send_events_to(&deployment.base);
    let found = deployment.examine(&[]).await;
    found.lacks("events-not-delivered");
    found.is_ok("client");
}

#[tokio::test]
async fn an_app_with_another_secret() {
    let deployment = Deployment::start().await;
    deployment.hub.send_events_to(&deployment.base);
    let secret = "a-secret-of-32-bytes-that-the-app-has-not";

    let found = deployment.examine(&[("STATE_SECRET", secret)]).await;

    let fix = found.shows("client-refused", "status 401");
    assert!(fix.contains("`STATE_SECRET`, give both the same"), "{fix}");
    assert!(!found.printed.contains(secret));
    deployment.examine(&[]).await.is_ok("client");
}

#[tokio::test]
async fn an_identity_without_tokens() {
    let mut platform = Issuer::start().await;
    platform.add_key("RS256", "a").await;
    let endpoint = format!("{}/msi/token", platform.url);
    let refusing = Proxy::to("127.0.0.1:9").await;
    refusing.always(Some(Fault::Answer(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    )));
    let run = async |identity: &str| {
        with(&[
            (SERVICE, ""),
            ("AZURE_WEB_PUBSUB_ENDPOINT", "https://localhost:9"),
            ("STATE_SECRET", "the-secret-of-this-deployment-of-32-bytes"),
            ("WEBHOOK_ISSUER", "https://localhost:9/v2.0"),
            ("WEBHOOK_AUDIENCE", "api://app"),
            ("WEBHOOK_CALLER", "e0000000-0000-4000-8000-000000000002"),
            ("IDENTITY_ENDPOINT", identity),
            ("IDENTITY_HEADER", "the-identity-header"),
        ])
        .await
    };

    let found = run(&format!("http://{}/msi/token", refusing.address)).await;

    let fix = found.shows("no-identity", "the app's own identity gets no token");
    assert!(fix.contains("az functionapp identity assign"), "{fix}");
    // One cause, one line.
    found.lacks("service-unreachable");
    run(&endpoint).await.is_ok("identity");
}

#[tokio::test]
async fn a_store_that_refuses() {
    let account = Azurite::shared().await.account();
    let run = async |storage: &str| with(&[(STORAGE, storage), ("STORE", "tables")]).await;
    let wrong = account.connection_string_with("d3Jvbmcta2V5LXdyb25nLWtleQ==");

    let found = run(&wrong).await;

    let fix = found.shows("store-failed", "does not accept the AccountKey");
    assert!(
        fix.contains(&format!(
            "az storage account keys list --account-name {}",
            account.name
        )),
        "{fix}"
    );
    found.shows("storage-failed", "does not accept the AccountKey");
    assert!(!found.printed.contains("d3Jvbmct"));
    let found = run(&account.connection_string()).await;
    found.is_ok("store");
    found.is_ok("storage");
}

#[tokio::test]
async fn a_file_that_cannot_be_a_store() {
    let fix = with(&[("STORE", "sqlite:/dev/null/x.db")])
        .await
        .shows("store-failed", "SQLite file");

    assert!(fix.contains("the path and rights of the file"), "{fix}");
    with(&[]).await.is_ok("store");
}

/// S0: "Storage Emulator Issues". The tables were dropped too; the store makes them again.
#[tokio::test]
async fn an_azurite_that_does_not_run() {
    let azurite = Azurite::own(&[]).await;
    let storage = azurite.account().connection_string();
    let run = async || with(&[(STORAGE, &storage)]).await;
    run().await.is_ok("store");
    let stopped = azurite.kill().await;

    let found = run().await;

    let fix = found.shows("storage-failed", "cannot be reached");
    assert!(
        fix.contains("`azurite --silent`") && fix.contains("10000 to 10002"),
        "{fix}"
    );
    found.shows("store-failed", "cannot be reached");
    let _azurite = stopped.restart().await;
    let found = run().await;
    found.is_ok("storage");
    found.is_ok("store");
}

#[tokio::test]
async fn no_storage_account() {
    let account = Azurite::shared().await.account();

    let fix = with(&[])
        .await
        .shows("storage-missing", "AzureWebJobsStorage is not set");

    assert!(fix.contains("UseDevelopmentStorage=true"), "{fix}");
    with(&[(STORAGE, &account.connection_string())])
        .await
        .lacks("storage-missing");
}

#[tokio::test]
async fn messages_that_failed_for_good() {
    let account = Azurite::shared().await.account();
    let storage = account.connection_string();
    let poison = "switchboard-broadcast-poison";
    let hour = Duration::from_secs(3600);
    account.queue(poison).put("{}", hour).await.unwrap();

    let fix = with(&[(STORAGE, &storage)])
        .await
        .shows("poison-messages", poison);

    assert!(
        fix.contains(&format!("az storage message clear --queue-name {poison}")),
        "{fix}"
    );
    account.takes(poison).await;
    with(&[(STORAGE, &storage)]).await.is_ok("queues");
}

#[tokio::test]
async fn an_identity_provider_that_is_away() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
    let url = issuer.url.clone();
    issuer.stop().await;

    let fix = with(&[("JWT_ISSUER", &url), ("JWT_AUDIENCE", "app")]).await;
    let fix = fix.shows("issuer-failed", "does not answer");

    assert!(
        fix.contains(&format!("curl {url}/.well-known/openid-configuration")),
        "{fix}"
    );
    issuer.restart().await;
    with(&[("JWT_ISSUER", &url), ("JWT_AUDIENCE", "app")])
        .await
        .is_ok("sign-in");
}

#[tokio::test]
async fn a_model_that_is_not_there() {
    let account = Azurite::shared().await.account();
    let storage = account.connection_string();
    let openai = OpenAi::start().await;
    let settings = openai.settings();
    let storage = [(STORAGE, storage.as_str())];
    let sound = [&settings[..], &storage].concat();
    let away = [("AZURE_OPENAI_ENDPOINT", "http://localhost:9")];

    let fix = with(&[&sound[..], &away].concat())
        .await
        .shows("assistant-failed", "cannot be reached");
    assert!(fix.contains("AZURE_OPENAI_KEY"), "{fix}");

    // Nothing was said of the deployment yet, so it does not exist.
    let fix = with(&sound)
        .await
        .shows("deployment-missing", &openai.deployment);
    assert!(fix.contains("deployment list"), "{fix}");

    openai.responds("ok", json!({ "content": "ok" })).await;
    let fix = with(&settings)
        .await
        .shows("assistant-without-queue", "no account with queues");
    assert!(fix.contains("`AzureWebJobsStorage`"), "{fix}");

    with(&sound).await.is_ok("assistant");
}

#[tokio::test]
async fn a_hub_that_refuses_our_policy() {
    const REFUSES: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    /// The answer to a question about a device that does not exist.
    const KNOWS_US: &str = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\
        Content-Length: 67\r\n\r\n\
        {\"Message\":\"ErrorCode:DeviceNotFound;x\",\"ExceptionMessage\":\"\"}     ";
    let hub = Proxy::to("127.0.0.1:9").await;
    hub.always(Some(Fault::Answer(REFUSES)));
    let string = format!(
        "HostName={};SharedAccessKeyName=service;SharedAccessKey=aHVzaC1odXNo",
        hub.address
    );
    let settings = [("IOT_HUB_CONNECTION_STRING", string.as_str())];

    let found = with(&settings).await;

    let fix = found.shows(
        "iot-hub-failed",
        "does not accept the key of the policy service",
    );
    assert!(fix.contains("az iot hub connection-string show"), "{fix}");
    assert!(!found.printed.contains("aHVzaC1odXNo"));
    hub.always(Some(Fault::Answer(KNOWS_US)));
    with(&settings).await.is_ok("iot hub");
}

/// The same against a hub that works: that of `dev`.
#[tokio::test]
async fn the_simulated_hub_is_sound() {
    let arguments = [
        "--port",
        "0",
        "--emulator-port",
        "0",
        "--no-web",
        "--devices",
        "1",
    ];
    let dev = Dev::start("doctor-devices", &arguments).await;

    let found = report(&["--url", &dev.base], &[]).await;

    found.is_healthy();
}

#[tokio::test]
async fn a_collector_that_takes_nothing() {
    let collector = TraceCollector::start().await;
    let away = TraceCollector::away();
    let endpoint = |collector: &TraceCollector| collector.endpoint.clone();

    let fix = with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&away))]).await;
    let fix = fix.shows("collector-failed", "does not answer");

    assert!(fix.contains("without `/v1/traces`"), "{fix}");
    let found = with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint(&collector))]).await;
    found.is_ok("traces");
}
