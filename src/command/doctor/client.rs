//! A client of the hub: it connects, and expects the app's answer to a `ping`.

use super::faults;
use super::finding::Finding;
use super::socket::{Dialled, dial};
use crate::azure::http_client::SharedHttpClient;

const CHECK: &str = "client";

/// `url` is an address as `negotiate` gives it.
pub(super) async fn connect(http: &SharedHttpClient, url: &str, hub: &str) -> Finding {
    match dial(http, url, r#"{"type":"ping"}"#, r#""pong""#).await {
        Dialled::Answered => {
            let what = format!("connected to hub {hub}, and `ping` was answered");
            Finding::ok(CHECK, what)
        }
        Dialled::Silent => {
            let what = format!("connected to hub {hub}, but nobody answered `ping`");
            Finding::error(CHECK, &faults::EVENTS_NOT_DELIVERED, what)
        }
        Dialled::Refused(status) => {
            let what = format!("hub {hub} refused a client with status {}", status.as_u16());
            Finding::error(CHECK, &faults::CLIENT_REFUSED, what)
        }
        Dialled::Unreachable(why) => {
            let what = format!("a client cannot connect to hub {hub}: {why}");
            Finding::error(CHECK, &faults::SERVICE_UNREACHABLE, what)
        }
    }
}
