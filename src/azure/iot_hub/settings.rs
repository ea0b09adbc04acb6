//! Where a hub is, and which credential opens it: as the portal's connection strings name them
//! (`HostName=…;SharedAccessKeyName=…;SharedAccessKey=…`).

use std::str::FromStr;

use super::host::HubHost;
use crate::azure::account_key::AccountKey;

/// A hub and our credential for it.
#[derive(Debug, Clone)]
pub struct IotHubSettings {
    pub host: HubHost,
    pub credential: HubCredential,
}

#[derive(Debug, Clone)]
pub enum HubCredential {
    /// A shared access policy.
    Key { policy: String, key: AccountKey },
    ManagedIdentity {
        /// Names a user-assigned identity; `None` means the app's own.
        client_id: Option<String>,
    },
}

/// Why a text is not a hub's connection string. No message repeats the text, which holds the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHubConnectionString {
    #[error("its part {index} has no `=`")]
    NoEqualsSign { index: usize },
    #[error("it has no {0}")]
    Missing(&'static str),
    #[error("its {0} is not usable")]
    Unusable(&'static str),
    #[error("it belongs to a device: use the string of a shared access policy, such as `service`")]
    Device,
    #[error("it belongs to an event hub: that one is IOT_HUB_EVENTS_CONNECTION_STRING")]
    EventHub,
}

const HOST: &str = "HostName";
const POLICY: &str = "SharedAccessKeyName";
const KEY: &str = "SharedAccessKey";

impl FromStr for IotHubSettings {
    type Err = InvalidHubConnectionString;

    fn from_str(text: &str) -> Result<Self, InvalidHubConnectionString> {
        use InvalidHubConnectionString::{Device, EventHub, Missing, NoEqualsSign, Unusable};
        let mut parts = Vec::new();
        for (index, part) in text.split(';').enumerate() {
            if part.trim().is_empty() {
                continue;
            }
            let (name, value) = part
                .split_once('=')
                .ok_or(NoEqualsSign { index: index + 1 })?;
            parts.push((name.trim(), value.trim()));
        }
        let get = |name: &str| {
            let mut values = parts.iter();
            let found = values.find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| *value)
        };
        if get("DeviceId").is_some() {
            return Err(Device);
        }
        if get("Endpoint").is_some() {
            return Err(EventHub);
        }
        let host = get(HOST).ok_or(Missing(HOST))?;
        let policy = get(POLICY).ok_or(Missing(POLICY))?;
        let key = get(KEY).ok_or(Missing(KEY))?;
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if policy.is_empty() || !policy.bytes().all(legal) {
            return Err(Unusable(POLICY));
        }
        Ok(Self {
            host: host.parse().map_err(|_| Unusable(HOST))?,
            credential: HubCredential::Key {
                policy: policy.to_owned(),
                key: key.parse().map_err(|_| Unusable(KEY))?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> InvalidHubConnectionString {
        text.parse::<IotHubSettings>().unwrap_err()
    }

    #[test]
    fn a_policys_connection_string_names_host_policy_and_key() {
        let text = "HostName=shop.azure-devices.net;SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0LWtleQ==";

        let settings: IotHubSettings = text.parse().unwrap();

        assert_eq!(settings.host.to_string(), "shop.azure-devices.net");
        let HubCredential::Key { policy, .. } = &settings.credential else {
            panic!("{settings:?}");
        };
        assert_eq!(policy, "service");
        assert!(!format!("{settings:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn strings_of_other_kinds_are_recognised_and_no_error_repeats_them() {
        use InvalidHubConnectionString as Error;
        let cases = [
            ("hush-hush", Error::NoEqualsSign { index: 1 }),
            ("HostName=h;SharedAccessKey=hush", Error::Missing(POLICY)),
            (
                "HostName=h;SharedAccessKeyName=p;SharedAccessKey=hush!",
                Error::Unusable(KEY),
            ),
            (
                "HostName=h/hush;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0",
                Error::Unusable(HOST),
            ),
            (
                "HostName=h;DeviceId=hush;SharedAccessKey=c2VjcmV0",
                Error::Device,
            ),
            (
                "Endpoint=sb://hush/;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0",
                Error::EventHub,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(error(text), expected);
            assert!(!expected.to_string().contains("hush"));
        }
    }
}
