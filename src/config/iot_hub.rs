//! The settings of the IoT hub.

use super::reference::Setting;
use super::settings::Settings;
use crate::azure::iot_hub::{HubCredential, HubHost, IotHubSettings};

const ENABLE: &str = "IOT_HUB_ENABLE";
const NAME: &str = "IOT_HUB_NAME";
const HOST_NAME: &str = "IOT_HUB_HOST_NAME";
const CONNECTION_STRING: &str = "IOT_HUB_CONNECTION_STRING";
const CONSUMER_GROUP: &str = "IOT_HUB_CONSUMER_GROUP";
const EVENTS_NAME: &str = "IOT_HUB_EVENTS_NAME";
const EVENTS_CONNECTION_STRING: &str = "IOT_HUB_EVENTS_CONNECTION_STRING";

/// The longest history of a device.
const MAX_KEEP: u32 = 100_000;

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        ENABLE,
        "`false` turns devices off: `devices` answers 503, and telemetry is dropped",
    )
    .value("true"),
    Setting::new(
        CONNECTION_STRING,
        "for commands: of a shared access policy with `service connect`, such as `service`",
    ),
    Setting::new(
        HOST_NAME,
        "for commands with a managed identity, which needs the role IoT Hub Data Contributor",
    ),
    Setting::new(
        NAME,
        "the hub's name alone, which means the host `<name>.azure-devices.net`",
    ),
    Setting::new(
        EVENTS_CONNECTION_STRING,
        "for telemetry: the hub's Event Hub-compatible endpoint. The Functions host reads it; in \
            a container there is no telemetry",
    ),
    Setting::new(EVENTS_NAME, "the hub's Event Hub-compatible name"),
    Setting::new(CONSUMER_GROUP, "a consumer group for this app alone"),
    Setting::new(
        "TELEMETRY_KEEP",
        "messages in the history of each device; another number starts the histories again",
    )
    .value("1000"),
];

/// Devices: telemetry, and the hub that takes commands for them.
#[derive(Debug, Clone)]
pub struct DevicesConfig {
    /// `IOT_HUB_ENABLE`: `false` turns off telemetry, the routes and the hub.
    pub enabled: bool,
    /// `IOT_HUB_CONNECTION_STRING`, or `IOT_HUB_HOST_NAME` or `IOT_HUB_NAME` with a managed
    /// identity; `None` if commands are not configured.
    pub hub: Option<IotHubSettings>,
    /// `TELEMETRY_KEEP`: how many messages of each device the history holds.
    pub keep: u32,
}

/// Reads what only the Functions host uses as well, so that a mistake there shows at start too.
pub(super) fn read(settings: &mut Settings<'_>) -> DevicesConfig {
    let is_explicit = settings.text(ENABLE).is_some();
    let enabled = settings.flag(ENABLE) || !is_explicit;
    let keep = settings.number("TELEMETRY_KEEP", 1000, 1..=MAX_KEEP);
    let hub = hub(settings);
    events(settings);
    let names_hub = [CONNECTION_STRING, HOST_NAME, NAME, EVENTS_CONNECTION_STRING]
        .into_iter()
        .any(|name| settings.text(name).is_some());
    if is_explicit && enabled && !names_hub {
        settings.reject(
            ENABLE,
            format!("is `true`, but no hub is named: set {CONNECTION_STRING}, or {HOST_NAME}"),
        );
    }
    DevicesConfig {
        enabled,
        hub: hub.filter(|_| enabled),
        keep,
    }
}

/// A connection string takes precedence; a host name beside it must name the same hub.
fn hub(settings: &mut Settings<'_>) -> Option<IotHubSettings> {
    let host = host(settings);
    if settings.text(CONNECTION_STRING).is_none() {
        let client_id = settings.text("AZURE_CLIENT_ID");
        return host.map(|(_, host)| IotHubSettings {
            host,
            credential: HubCredential::ManagedIdentity { client_id },
        });
    }
    let hub: IotHubSettings = settings.parsed(CONNECTION_STRING)?;
    if let Some((setting, host)) = host
        && host != hub.host
    {
        settings.reject(
            setting,
            format!("names another hub than {CONNECTION_STRING}"),
        );
    }
    Some(hub)
}

/// The host, and the setting that names it.
fn host(settings: &mut Settings<'_>) -> Option<(&'static str, HubHost)> {
    let name = settings.text(NAME).and_then(|name| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !name.bytes().all(legal) {
            settings.reject(
                NAME,
                "must be the hub's name alone: letters, digits and `-`",
            );
            return None;
        }
        let host = format!("{name}.azure-devices.net").parse().ok()?;
        Some((NAME, host))
    });
    match settings.text(HOST_NAME) {
        // The host may be in another cloud than the name alone would say.
        Some(_) => Some((HOST_NAME, settings.parsed(HOST_NAME)?)),
        None => name,
    }
}

fn events(settings: &mut Settings<'_>) {
    let Some(connection) = settings.text(EVENTS_CONNECTION_STRING) else {
        return;
    };
    if !connection.to_ascii_lowercase().contains("endpoint=sb://") {
        settings.reject(
            EVENTS_CONNECTION_STRING,
            "must be the Event Hub-compatible endpoint of the hub, which begins with `Endpoint=sb://`",
        );
    }
    let has_path = connection.to_ascii_lowercase().contains("entitypath=");
    if settings.text(EVENTS_NAME).is_none() && !has_path {
        settings.reject(
            EVENTS_NAME,
            format!("is missing: the Event Hub-compatible name, for {EVENTS_CONNECTION_STRING}"),
        );
    }
    if settings.text(CONSUMER_GROUP).is_none() {
        settings.reject(
            CONSUMER_GROUP,
            "is missing: a consumer group for this app alone, or `$Default`",
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::settings::ConfigErrors;
    use super::*;

    const KEYED: &str = "HostName=shop.azure-devices.net;SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0LWtleQ==";
    const EVENTS: &str = "Endpoint=sb://ihsuprod.servicebus.windows.net/;SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0LWtleQ==";

    fn read_from(pairs: &[(&str, &str)]) -> Result<DevicesConfig, ConfigErrors> {
        let map: HashMap<_, _> = pairs.iter().copied().collect();
        let source = |name: &str| map.get(name).map(|value| (*value).to_owned());
        let mut settings = Settings::new(&source);
        let devices = read(&mut settings);
        settings.finish(Some(devices))
    }

    fn rejected(pairs: &[(&str, &str)]) -> Vec<&'static str> {
        let errors = read_from(pairs).unwrap_err();
        assert!(!errors.to_string().contains("c2VjcmV0"), "{errors}");
        errors.0.iter().map(|error| error.setting).collect()
    }

    #[test]
    fn without_settings_there_is_no_hub_and_no_error() {
        let devices = read_from(&[]).unwrap();

        assert!(devices.enabled && devices.hub.is_none());
        assert_eq!(devices.keep, 1000);
    }

    #[test]
    fn a_host_name_alone_means_a_managed_identity() {
        for (name, value) in [(HOST_NAME, "Shop.azure-devices.net"), (NAME, "Shop")] {
            let hub = read_from(&[(ENABLE, "true"), (name, value)]).unwrap().hub;

            let hub = hub.unwrap();
            assert_eq!(hub.host.to_string(), "shop.azure-devices.net");
            assert!(matches!(
                hub.credential,
                HubCredential::ManagedIdentity { .. }
            ));
        }
    }

    #[test]
    fn a_hub_that_is_turned_off_is_still_checked() {
        let off = read_from(&[(ENABLE, "false"), (CONNECTION_STRING, KEYED)]).unwrap();
        assert!(!off.enabled && off.hub.is_none());

        let mistaken = [(ENABLE, "false"), (CONNECTION_STRING, "c2VjcmV0")];
        assert_eq!(rejected(&mistaken), [CONNECTION_STRING]);
    }

    #[test]
    fn every_mistake_names_its_variable() {
        assert_eq!(rejected(&[(ENABLE, "true")]), [ENABLE]);
        assert_eq!(
            rejected(&[(ENABLE, "yes"), ("TELEMETRY_KEEP", "0"), (NAME, "a.b")]),
            [ENABLE, "TELEMETRY_KEEP", NAME]
        );
        let other = [
            (CONNECTION_STRING, KEYED),
            (HOST_NAME, "other.azure-devices.net"),
        ];
        assert_eq!(rejected(&other), [HOST_NAME]);
        assert_eq!(rejected(&[(HOST_NAME, "https://x")]), [HOST_NAME]);
        assert_eq!(
            rejected(&[(EVENTS_CONNECTION_STRING, KEYED)]),
            [EVENTS_CONNECTION_STRING, EVENTS_NAME, CONSUMER_GROUP]
        );
        let complete = [
            (EVENTS_CONNECTION_STRING, EVENTS),
            (EVENTS_NAME, "shop"),
            (CONSUMER_GROUP, "backend"),
        ];
        assert!(read_from(&complete).is_ok());
    }
}
