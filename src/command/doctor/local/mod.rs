//! What is wrong with the settings, and with the services that they name.

mod identity;
mod services;
mod settings;
mod storage;
mod store;
mod web_pubsub;

use super::checks::Checks;
use super::deployed::{self, Site};
use super::faults;
use super::finding::{Finding, explain};
use super::settings::SettingsSource;
use crate::app::App;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use identity::User;

/// What the checks use.
struct Local {
    app: App,
    http: SharedHttpClient,
    identities: ManagedIdentities,
    ids: Ids,
}

/// The settings first: with mistakes in them, services cannot be asked. The app at `site` belongs
/// to these settings.
pub(super) async fn check(source: &SettingsSource, site: Option<Site>) -> Vec<Finding> {
    let (mut found, config) = settings::check(source);
    let local = config.map(Local::new).transpose();
    let local = local.unwrap_or_else(|finding| {
        found.push(finding);
        None
    });
    if let Some(local) = &local {
        found.extend(local.check().await);
    }
    if let Some(site) = &site {
        let app = local.as_ref().map(|local| &local.app);
        found.extend(deployed::check(site, app).await);
    }
    found
}

impl Local {
    fn new(config: Config) -> Result<Self, Finding> {
        let (http, ids) = (SharedHttpClient::new(), Ids::random());
        let app = App::new(config, Clock::system(), &ids).map_err(|error| {
            let what = explain(&error);
            Finding::error("settings", &faults::SETTING_INVALID, what)
        })?;
        Ok(Self {
            app,
            identities: ManagedIdentities::new(http.clone()),
            http,
            ids,
        })
    }

    async fn check(&self) -> Vec<Finding> {
        // Without its token every service that needs the identity would fail, one after the other.
        let (mut found, without) = identity::check(self).await;
        let mut checks = Checks::default();
        let can = |user| !without.contains(&user);
        checks.add_if(can(User::WebPubSub), "web pubsub", web_pubsub::check(self));
        checks.add_if(can(User::Store), "store", store::check(self));
        checks.add_if(can(User::Storage), "storage", storage::check(self));
        checks.add("sign-in", services::issuer(self));
        checks.add_if(can(User::Assistant), "assistant", services::assistant(self));
        checks.add_if(can(User::IotHub), "iot hub", services::iot_hub(self));
        checks.add("traces", services::collector(self));
        found.extend(checks.run().await);
        found
    }
}
