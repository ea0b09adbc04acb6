//! The settings of the storage account that every Functions app has.

use url::Url;

use super::reference::Setting;
use super::settings::Settings;
use crate::azure::storage_account::{AccountCredential, Service, StorageAccount, is_account_name};

const CONNECTION_STRING: &str = "AzureWebJobsStorage";
const ACCOUNT_NAME: &str = "AzureWebJobsStorage__accountName";
const CREDENTIAL: &str = "AzureWebJobsStorage__credential";
const CLIENT_ID: &str = "AzureWebJobsStorage__clientId";

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        CONNECTION_STRING,
        "the connection string of the app's storage account, or `UseDevelopmentStorage=true`: \
            for queues and files, and for the store if it uses tables",
    )
    .essential(),
    Setting::new(
        ACCOUNT_NAME,
        "the account's name, to use a managed identity",
    ),
    Setting::new(CREDENTIAL, "`managedidentity`, or unset"),
    Setting::new(CLIENT_ID, "of a user-assigned managed identity")
        .derived("`AZURE_CLIENT_ID`, unless `AzureWebJobsStorage__credential` is set"),
    Setting::new(
        "AzureWebJobsStorage__blobServiceUri",
        "an address instead of the name",
    ),
    Setting::new(
        "AzureWebJobsStorage__queueServiceUri",
        "an address instead of the name",
    ),
    Setting::new(
        "AzureWebJobsStorage__tableServiceUri",
        "an address instead of the name",
    ),
];

/// Reads `AzureWebJobsStorage` as a connection string or in its identity form. The string takes
/// precedence, as it does for the Functions host.
pub(super) fn read(settings: &mut Settings<'_>) -> Option<StorageAccount> {
    match settings.text(CONNECTION_STRING) {
        Some(_) => settings.parsed(CONNECTION_STRING),
        None => identity_form(settings),
    }
}

fn identity_form(settings: &mut Settings<'_>) -> Option<StorageAccount> {
    let named = settings.text(ACCOUNT_NAME);
    let explicit = Service::ALL.map(|service| settings.secure_address(address_setting(service)));
    let first = explicit.iter().flatten().next();
    let name = match (&named, first) {
        (Some(name), _) => Some(name.clone()).filter(|name| is_account_name(name)),
        (None, Some(address)) => name_in(address),
        (None, None) => return None,
    };
    let Some(name) = name else {
        settings.reject(ACCOUNT_NAME, "must be the account's name alone");
        return None;
    };
    let default = |service| named.is_some().then(|| default_address(&name, service));
    let [blobs, queues, tables] = Service::ALL.map(default);
    let [own_blobs, own_queues, own_tables] = explicit;
    Some(StorageAccount {
        credential: credential(settings)?,
        blobs: own_blobs.or(blobs.flatten()),
        queues: own_queues.or(queues.flatten()),
        tables: own_tables.or(tables.flatten()),
        name,
    })
}

fn default_address(name: &str, service: Service) -> Option<Url> {
    let host = format!("{name}.{}.core.windows.net", service.label());
    Url::parse(&format!("https://{host}")).ok()
}

/// The account's name in `https://<name>.blob.core.windows.net`, or in an emulator's
/// `https://<address>/<name>`.
fn name_in(address: &Url) -> Option<String> {
    let first = match address.domain().and_then(|host| host.split_once('.')) {
        Some((first, _)) => Some(first),
        None => address.path_segments()?.next(),
    };
    first
        .filter(|name| is_account_name(name))
        .map(str::to_owned)
}

/// Without `__credential`, the host's libraries search for an identity and use `AZURE_CLIENT_ID`;
/// with it they do not.
fn credential(settings: &mut Settings<'_>) -> Option<AccountCredential> {
    let kind = settings.text(CREDENTIAL);
    let client_id = match kind.as_deref() {
        None => settings
            .text(CLIENT_ID)
            .or_else(|| settings.text("AZURE_CLIENT_ID")),
        Some(kind) if kind.eq_ignore_ascii_case("managedidentity") => settings.text(CLIENT_ID),
        Some(_) => {
            settings.reject(CREDENTIAL, "must be `managedidentity`, or unset");
            return None;
        }
    };
    Some(AccountCredential::ManagedIdentity { client_id })
}

fn address_setting(service: Service) -> &'static str {
    match service {
        Service::Blobs => "AzureWebJobsStorage__blobServiceUri",
        Service::Queues => "AzureWebJobsStorage__queueServiceUri",
        Service::Tables => "AzureWebJobsStorage__tableServiceUri",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::settings::ConfigErrors;
    use super::super::store::StoreConfig;
    use super::*;

    fn read_from(pairs: &[(&str, &str)]) -> Result<Option<StorageAccount>, ConfigErrors> {
        let map: HashMap<_, _> = pairs.iter().copied().collect();
        let source = |name: &str| map.get(name).map(|value| (*value).to_owned());
        let mut settings = Settings::new(&source);
        let account = read(&mut settings);
        settings.finish(Some(account))
    }

    fn addresses(account: &StorageAccount) -> [Option<&str>; 3] {
        Service::ALL.map(|service| account.endpoint(service).map(Url::as_str))
    }

    fn client_id(account: &StorageAccount) -> Option<&str> {
        match &account.credential {
            AccountCredential::Key(_) => panic!("a key"),
            AccountCredential::ManagedIdentity { client_id } => client_id.as_deref(),
        }
    }

    #[test]
    fn without_settings_there_is_no_account_and_no_error() {
        assert!(read_from(&[]).unwrap().is_none());
    }

    #[test]
    fn an_account_name_is_enough_for_a_managed_identity() {
        let account = read_from(&[(ACCOUNT_NAME, "shop")]).unwrap().unwrap();

        assert_eq!(
            addresses(&account),
            [
                Some("https://shop.blob.core.windows.net/"),
                Some("https://shop.queue.core.windows.net/"),
                Some("https://shop.table.core.windows.net/"),
            ]
        );
        assert_eq!(client_id(&account), None);
    }

    #[test]
    fn addresses_name_the_account_and_its_only_services() {
        let account = read_from(&[
            (
                "AzureWebJobsStorage__blobServiceUri",
                "https://shop.blob.core.windows.net",
            ),
            (
                "AzureWebJobsStorage__queueServiceUri",
                "https://shop.queue.core.windows.net",
            ),
        ])
        .unwrap()
        .unwrap();

        assert_eq!(account.name, "shop");
        assert_eq!(account.tables, None);
        let emulated = "https://127.0.0.1:10002/devstoreaccount1";
        let account = read_from(&[("AzureWebJobsStorage__tableServiceUri", emulated)]);
        assert_eq!(account.unwrap().unwrap().name, "devstoreaccount1");
    }

    #[test]
    fn the_identity_is_chosen_by_the_hosts_rule() {
        let with = |more: &[(&str, &str)]| {
            let settings = [&[(ACCOUNT_NAME, "shop"), ("AZURE_CLIENT_ID", "apps")], more].concat();
            read_from(&settings).unwrap().unwrap()
        };

        assert_eq!(client_id(&with(&[])), Some("apps"));
        assert_eq!(client_id(&with(&[(CLIENT_ID, "own")])), Some("own"));
        let explicit = (CREDENTIAL, "managedidentity");
        assert_eq!(client_id(&with(&[explicit])), None);
        assert_eq!(
            client_id(&with(&[explicit, (CLIENT_ID, "own")])),
            Some("own")
        );
    }

    #[test]
    fn a_connection_string_takes_precedence() {
        let account = read_from(&[
            (CONNECTION_STRING, "UseDevelopmentStorage=true"),
            (ACCOUNT_NAME, "shop"),
        ]);

        assert_eq!(account.unwrap().unwrap().name, "devstoreaccount1");
    }

    #[test]
    fn an_account_with_tables_is_the_store() {
        let stores_in_tables = |pairs: &[(&str, &str)]| {
            let account = read_from(pairs).unwrap();
            let mut nothing_else = Settings::new(&|_| None);
            let store = super::super::store::read(&mut nothing_else, account.as_ref());
            matches!(store, Some(StoreConfig::Tables(_)))
        };
        let string = |text| stores_in_tables(&[(CONNECTION_STRING, text)]);

        assert!(string("UseDevelopmentStorage=true"));
        assert!(string("AccountName=shop;AccountKey=c2VjcmV0"));
        let tables = "AccountName=a;AccountKey=c2VjcmV0;TableEndpoint=http://127.0.0.1:1/a";
        assert!(string(tables));
        assert!(stores_in_tables(&[(ACCOUNT_NAME, "shop")]));
        assert!(!string(&tables.replace("TableEndpoint", "BlobEndpoint")));
        assert!(!stores_in_tables(&[]));
    }

    #[test]
    fn errors_name_their_setting_and_hide_its_value() {
        let cases = [
            (CONNECTION_STRING, "AccountName=shop;AccountKey=hush-hush"),
            (CONNECTION_STRING, "hush-hush"),
            (
                CONNECTION_STRING,
                "BlobEndpoint=https://hush;SharedAccessSignature=sig=hush",
            ),
            (ACCOUNT_NAME, "https://hush.example.com"),
            (
                "AzureWebJobsStorage__tableServiceUri",
                "http://hush.example.com",
            ),
        ];
        for (setting, value) in cases {
            let errors = read_from(&[(setting, value)]).unwrap_err();

            assert_eq!(errors.0[0].setting, setting);
            assert!(!errors.to_string().contains("hush"), "{errors}");
        }
        let errors = read_from(&[(ACCOUNT_NAME, "shop"), (CREDENTIAL, "hush")]).unwrap_err();
        assert_eq!(errors.0[0].setting, CREDENTIAL);
        assert!(!errors.to_string().contains("hush"), "{errors}");
    }
}
