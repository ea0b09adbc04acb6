//! The stand-in Functions host with the package.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use devhost::HostEvent;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use super::package::dist;
use crate::support::{Account, Answer, Azurite, Hub, Issuer, Socket, TestApp, fresh_folder};

/// The event hub of the devices.
pub(super) const EVENT_HUB: &str = "shop";

/// How the host passes requests on, which host.json says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As the package says.
    Forwarding,
    Proxying,
}

/// The package, run by the stand-in host, between the emulator, Azurite and an identity provider.
pub(super) struct Published {
    pub(super) base: String,
    pub(super) hub: Hub,
    pub(super) account: Account,
    issuer: Issuer,
    http: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

impl Published {
    pub(super) async fn start(mode: Mode, settings: &[(&str, &str)]) -> Self {
        let folder = match mode {
            Mode::Forwarding => dist().await.join("package"),
            Mode::Proxying => proxying(&dist().await.join("package")),
        };
        // Some of Microsoft's clients miss answers that come at once.
        let hub = Hub::with_latency(Duration::from_millis(10)).await;
        let account = Azurite::shared().await.account();
        let mut issuer = Issuer::start().await;
        issuer.add_key("RS256", "a").await;
        let (service, storage) = (hub.connection_string(), account.connection_string());
        let own = [
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", service.as_str()),
            ("AzureWebJobsStorage", &storage),
            ("ALLOW_ANONYMOUS", "true"),
            ("API_TOKEN", TestApp::API_TOKEN),
            ("JWT_ISSUER", &issuer.url),
            ("JWT_AUDIENCE", "account"),
            ("JWT_ORGS_CLAIM", "organization"),
            ("JWT_EXPIRY_ON_SEND", "allow"),
            // The host does not run a trigger whose `%SETTING%` is missing.
            ("IOT_HUB_EVENTS_NAME", EVENT_HUB),
            ("IOT_HUB_CONSUMER_GROUP", "switchboard"),
        ];
        let settings = own.iter().chain(settings);
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (base, stop) = run(&folder, settings.collect()).await;
        hub.send_events_to(&base);
        Self {
            base,
            hub,
            account,
            issuer,
            http: SharedHttpClient::new().client().unwrap(),
            _stop: stop,
        }
    }

    /// A user's token.
    pub(super) async fn token(&mut self, user: &str, claims: &Value) -> String {
        let now = Clock::system().now().as_second();
        let mut all = json!({ "sub": user, "iat": now, "exp": now + 3600, "aud": "account" });
        let claims = claims.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(claims);
        self.issuer.sign("a", all).await
    }

    /// Calls with the API token, as a back end does.
    pub(super) async fn back_end(&self, method: Method, path: &str, body: &Value) -> Answer {
        let call = self.http.request(method, format!("{}{path}", self.base));
        let call = call.bearer_auth(TestApp::API_TOKEN);
        Answer::of(call.body(body.to_string())).await
    }

    /// A signed-in client that negotiates and connects.
    pub(super) async fn join_as(&mut self, user: &str, query: &str) -> Socket {
        let token = self.token(user, &json!({})).await;
        let url = format!("{}/api/negotiate?{query}", self.base);
        let negotiated = Answer::of(self.http.get(url).bearer_auth(token)).await.ok();
        let url = negotiated["url"].as_str().unwrap();
        Socket::dial(url).await.unwrap()
    }
}

/// Starts the host, and returns its address once the handler is ready.
async fn run(folder: &Path, settings: BTreeMap<String, String>) -> (String, oneshot::Sender<()>) {
    let options = devhost::Options {
        settings,
        ..devhost::Options::default()
    };
    let app = devhost::App::load(folder, options).unwrap();
    assert_eq!(app.warnings(), [] as [&str; 0]);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let ready = watch::Sender::new(false);
    let mut is_ready = ready.subscribe();
    let events = move |event| {
        if matches!(event, HostEvent::Ready { .. }) {
            ready.send_replace(true);
        }
    };
    tokio::spawn(devhost::run(app, listener, events, async {
        let _ = stopped.await;
    }));
    is_ready
        .wait_for(|ready| *ready)
        .await
        .expect("the handler does not start");
    (base, stop)
}

/// A copy of the package whose host.json has the newer mode.
fn proxying(package: &Path) -> PathBuf {
    let folder = fresh_folder().join("package");
    copy(package, &folder);
    let file = folder.join("host.json");
    let mut host: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let handler = host["customHandler"].as_object_mut().unwrap();
    assert_eq!(
        handler.remove("enableForwardingHttpRequest"),
        Some(true.into())
    );
    handler.insert("enableProxyingHttpRequest".to_owned(), true.into());
    fs::write(file, host.to_string()).unwrap();
    folder
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
