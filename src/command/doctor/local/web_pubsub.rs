//! The Web PubSub service: it answers, accepts our credential, lets a client in, and delivers the
//! client's events to the app.

use http::StatusCode;
use url::Url;
use webpubsub::Error;

use super::Local;
use crate::access::binding::{AuthLevel, Binding};
use crate::command::doctor::client;
use crate::command::doctor::faults;
use crate::command::doctor::finding::{Finding, explain};
use crate::command::doctor::probe::{Probe, Request};
use crate::command::doctor::skew;
use crate::conversation::room::Role;
use crate::functions::negotiate;
use crate::ids::target::{Channel, Target};
use crate::ids::user_id::UserId;

const CHECK: &str = "web pubsub";
/// The user id of our client, and a connection id that no connection has.
const NAME: &str = "switchboard-doctor";

pub(super) async fn check(local: &Local) -> Vec<Finding> {
    let hub = &local.app.hub;
    let endpoint = hub.endpoint();
    let service = endpoint.host().split('.').next().unwrap_or_default();
    let fill = |finding: Finding| {
        finding
            .fill("service", service)
            .fill("hub", hub.hub().as_str())
    };
    let mut found = Vec::new();
    if let Err(error) = hub.health().await {
        let what = format!(
            "{} does not answer: {}",
            endpoint.authority(),
            explain(&error)
        );
        return vec![fill(Finding::error(
            CHECK,
            &faults::SERVICE_UNREACHABLE,
            what,
        ))];
    }
    found.extend(clock(local).await);
    if let Err(error) = hub.connection_exists(NAME).await {
        found.push(fill(refused(endpoint.authority(), &error)));
        return found;
    }
    let what = format!("{} accepts our credential", endpoint.authority());
    found.push(Finding::ok(CHECK, what));
    found.push(fill(try_client(local).await));
    found
}

async fn clock(local: &Local) -> Option<Finding> {
    let endpoint = local.app.hub.endpoint();
    let probe = Probe::new(Url::parse(endpoint.as_str()).ok()?, local.http.clone());
    let reply = probe.call(Request::get("/api/health")).await.ok()?;
    skew::check(endpoint.host(), &reply.headers, local.app.clock.now())
}

fn refused(service: &str, error: &Error) -> Finding {
    let denied = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
    let is_denied = error
        .status()
        .is_some_and(|status| denied.contains(&status));
    if is_denied || matches!(error, Error::Credential(_)) {
        let what = format!(
            "{service} does not accept our credential: {}",
            explain(error)
        );
        return Finding::error(CHECK, &faults::ACCESS_REFUSED, what);
    }
    let what = format!("{service} fails: {}", explain(error));
    Finding::error(CHECK, &faults::SERVICE_UNREACHABLE, what)
}

/// Connects with the address that `negotiate` would make, so that the event reaches the app and
/// is admitted there only if the app has the same secrets.
async fn try_client(local: &Local) -> Finding {
    let app = &local.app;
    let Ok(user) = UserId::parse(NAME) else {
        return Finding::skipped(CHECK, "the client has no id");
    };
    let binding = Binding {
        user,
        name: None,
        level: AuthLevel::Vouched,
        role: Role::Reader,
        targets: vec![Target::Channel(Channel::Audio)],
        passes: Default::default(),
        address: None,
    };
    let hub = app.hub.hub();
    match negotiate::url_for(app, binding).await {
        Ok(url) => client::connect(&local.http, &url, hub.as_str()).await,
        Err(_) => {
            let what = "the service issues no token for a client";
            Finding::error(CHECK, &faults::ACCESS_REFUSED, what)
        }
    }
}
