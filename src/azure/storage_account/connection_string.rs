//! Parses the portal's connection strings
//! (`DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=…`) and the
//! emulators' short form.

use std::collections::HashMap;
use std::str::FromStr;

use url::Url;

use super::account::{AccountCredential, Service, StorageAccount, is_account_name};

/// The account of every emulator. Microsoft's documentation prints its key.
const EMULATOR_NAME: &str = "devstoreaccount1";
const EMULATOR_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const EMULATOR_HOST: &str = "http://127.0.0.1";

/// Why a text is not a connection string. No message repeats the text, which holds the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConnectionString {
    #[error("its part {index} has no `=`")]
    NoEqualsSign { index: usize },
    #[error("it has more than one {0}")]
    Repeated(&'static str),
    #[error("it has no {0}")]
    Missing(&'static str),
    #[error("its {0} is not usable")]
    Unusable(&'static str),
    #[error(
        "it holds a SharedAccessSignature, which cannot sign our requests: use the string with the AccountKey, or AzureWebJobsStorage__accountName with a managed identity"
    )]
    SharedAccessSignature,
}

/// The parts that we read; others are ignored.
const KNOWN: [&str; 10] = [
    "UseDevelopmentStorage",
    "DevelopmentStorageProxyUri",
    "DefaultEndpointsProtocol",
    "AccountName",
    "AccountKey",
    "EndpointSuffix",
    "SharedAccessSignature",
    "BlobEndpoint",
    "QueueEndpoint",
    "TableEndpoint",
];

impl FromStr for StorageAccount {
    type Err = InvalidConnectionString;

    fn from_str(text: &str) -> Result<Self, InvalidConnectionString> {
        let parts = Parts::read(text)?;
        match parts.get("UseDevelopmentStorage") {
            None => parts.account(),
            Some(value) if value.eq_ignore_ascii_case("true") => parts.emulator(),
            Some(_) => Err(InvalidConnectionString::Unusable("UseDevelopmentStorage")),
        }
    }
}

struct Parts<'a>(HashMap<&'static str, &'a str>);

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Result<Self, InvalidConnectionString> {
        let mut parts = HashMap::new();
        let filled = text.split(';').map(str::trim).enumerate();
        for (index, part) in filled.filter(|(_, part)| !part.is_empty()) {
            // Only the first `=` separates: a key ends in `=`.
            let (name, value) = part
                .split_once('=')
                .ok_or(InvalidConnectionString::NoEqualsSign { index: index + 1 })?;
            let name = name.trim();
            let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name));
            let value = value.trim();
            if let Some(known) = known
                && !value.is_empty()
                && parts.insert(*known, value).is_some()
            {
                return Err(InvalidConnectionString::Repeated(known));
            }
        }
        Ok(Self(parts))
    }

    fn get(&self, name: &'static str) -> Option<&'a str> {
        self.0.get(name).copied()
    }

    fn required(&self, name: &'static str) -> Result<&'a str, InvalidConnectionString> {
        self.get(name).ok_or(InvalidConnectionString::Missing(name))
    }

    fn address(&self, name: &'static str) -> Result<Option<Url>, InvalidConnectionString> {
        let unusable = || InvalidConnectionString::Unusable(name);
        let address = self
            .get(name)
            .map(|text| service_address(text).ok_or_else(unusable));
        address.transpose()
    }

    fn account(&self) -> Result<StorageAccount, InvalidConnectionString> {
        if self.get("SharedAccessSignature").is_some() {
            return Err(InvalidConnectionString::SharedAccessSignature);
        }
        let name = self.required("AccountName")?;
        if !is_account_name(name) {
            return Err(InvalidConnectionString::Unusable("AccountName"));
        }
        let key = self.required("AccountKey")?.parse();
        let key = key.map_err(|_| InvalidConnectionString::Unusable("AccountKey"))?;
        let protocol = self.get("DefaultEndpointsProtocol").unwrap_or("https");
        if !["https", "http"].contains(&protocol) {
            return Err(InvalidConnectionString::Unusable(
                "DefaultEndpointsProtocol",
            ));
        }
        let explicit = |service| self.address(endpoint_name(service));
        let any_explicit = Service::ALL
            .iter()
            .any(|service| self.get(endpoint_name(*service)).is_some());
        let suffix = self.get("EndpointSuffix").unwrap_or("core.windows.net");
        let default = |service: Service| {
            let address = format!("{protocol}://{name}.{}.{suffix}", service.label());
            let address = service_address(&address);
            let unusable = InvalidConnectionString::Unusable("EndpointSuffix");
            address.map(Some).ok_or(unusable)
        };
        let credential = AccountCredential::Key(key);
        // A string that names one endpoint names all: the account lacks the other services.
        if any_explicit {
            StorageAccount::with_endpoints(name.to_owned(), credential, explicit)
        } else {
            StorageAccount::with_endpoints(name.to_owned(), credential, default)
        }
    }

    fn emulator(&self) -> Result<StorageAccount, InvalidConnectionString> {
        const PROXY: &str = "DevelopmentStorageProxyUri";
        let host = self.get(PROXY).unwrap_or(EMULATOR_HOST);
        let key = EMULATOR_KEY.parse();
        let key = key.map_err(|_| InvalidConnectionString::Unusable("AccountKey"))?;
        let endpoint = |service| {
            let port = match service {
                Service::Blobs => 10000,
                Service::Queues => 10001,
                Service::Tables => 10002,
            };
            let host = host.trim_end_matches('/');
            let address = service_address(&format!("{host}:{port}/{EMULATOR_NAME}"));
            let unusable = InvalidConnectionString::Unusable(PROXY);
            address.map(Some).ok_or(unusable)
        };
        let credential = AccountCredential::Key(key);
        StorageAccount::with_endpoints(EMULATOR_NAME.to_owned(), credential, endpoint)
    }
}

fn endpoint_name(service: Service) -> &'static str {
    match service {
        Service::Blobs => "BlobEndpoint",
        Service::Queues => "QueueEndpoint",
        Service::Tables => "TableEndpoint",
    }
}

/// Rejects a query: it may hold a signature.
fn service_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
    (["https", "http"].contains(&url.scheme()) && url.has_host() && plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> [Option<String>; 3] {
        let account: StorageAccount = text.parse().unwrap();
        Service::ALL.map(|service| account.endpoint(service).map(Url::to_string))
    }

    fn some(texts: [&str; 3]) -> [Option<String>; 3] {
        texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    #[test]
    fn the_portals_form_names_every_service() {
        let portals = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net";

        assert_eq!(
            addresses(portals),
            some([
                "https://shop.blob.core.windows.net/",
                "https://shop.queue.core.windows.net/",
                "https://shop.table.core.windows.net/",
            ])
        );
    }

    #[test]
    fn defaults_are_those_of_public_azure() {
        assert_eq!(
            addresses(" accountname = shop ; ACCOUNTKEY=c2VjcmV0 ;"),
            addresses("DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2VjcmV0")
        );
    }

    #[test]
    fn another_cloud_has_another_suffix() {
        let china = "AccountName=shop;AccountKey=c2VjcmV0;EndpointSuffix=core.chinacloudapi.cn";

        let [_, _, tables] = addresses(china);

        assert_eq!(tables.unwrap(), "https://shop.table.core.chinacloudapi.cn/");
    }

    #[test]
    fn explicit_endpoints_are_the_only_ones() {
        let two = "AccountName=dev;AccountKey=c2VjcmV0;\
                   BlobEndpoint=http://127.0.0.1:41000/dev;QueueEndpoint=http://127.0.0.1:41001/dev;";

        assert_eq!(
            addresses(two),
            some([
                "http://127.0.0.1:41000/dev",
                "http://127.0.0.1:41001/dev",
                ""
            ])
        );
    }

    #[test]
    fn development_storage_is_the_emulators_account() {
        let expected = some([
            "http://127.0.0.1:10000/devstoreaccount1",
            "http://127.0.0.1:10001/devstoreaccount1",
            "http://127.0.0.1:10002/devstoreaccount1",
        ]);

        assert_eq!(addresses("UseDevelopmentStorage=true"), expected);
        assert_eq!(addresses("usedevelopmentstorage=True;"), expected);
    }

    #[test]
    fn development_storage_may_be_on_another_host() {
        let [_, _, tables] =
            addresses("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite/");

        assert_eq!(tables.unwrap(), "http://azurite:10002/devstoreaccount1");
    }

    #[test]
    fn errors_name_the_part_and_hide_its_value() {
        let cases = [
            ("hush-hush", "its part 1 has no `=`"),
            ("AccountKey=hush", "it has no AccountName"),
            ("AccountName=shop", "it has no AccountKey"),
            ("AccountName=shop;AccountKey=", "it has no AccountKey"),
            (
                "AccountName=hush/hush;AccountKey=c2VjcmV0",
                "its AccountName is not usable",
            ),
            (
                "AccountName=shop;AccountKey=hush-hush!",
                "its AccountKey is not usable",
            ),
            (
                "AccountName=shop;AccountKey=c2VjcmV0;AccountKey=c2VjcmV0",
                "it has more than one AccountKey",
            ),
            (
                "AccountName=shop;AccountKey=c2VjcmV0;DefaultEndpointsProtocol=hush",
                "its DefaultEndpointsProtocol is not usable",
            ),
            (
                "AccountName=shop;AccountKey=c2VjcmV0;EndpointSuffix=hush hush",
                "its EndpointSuffix is not usable",
            ),
            (
                "AccountName=shop;AccountKey=c2VjcmV0;TableEndpoint=https://x/?sig=hush",
                "its TableEndpoint is not usable",
            ),
            (
                "AccountName=shop;AccountKey=c2VjcmV0;BlobEndpoint=ftp://hush",
                "its BlobEndpoint is not usable",
            ),
            (
                "UseDevelopmentStorage=hush",
                "its UseDevelopmentStorage is not usable",
            ),
            (
                "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=hush",
                "its DevelopmentStorageProxyUri is not usable",
            ),
        ];

        for (text, problem) in cases {
            let error = text.parse::<StorageAccount>().unwrap_err().to_string();

            assert_eq!(error, problem, "{text}");
        }
    }

    #[test]
    fn a_shared_access_signature_is_rejected_by_name() {
        let sas = "BlobEndpoint=https://shop.blob.core.windows.net/;SharedAccessSignature=sv=2021&sig=hush";

        let error = sas.parse::<StorageAccount>().unwrap_err().to_string();

        assert!(error.contains("SharedAccessSignature"), "{error}");
        assert!(error.contains("AccountKey"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}
