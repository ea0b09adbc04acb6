//! What a deployment forgot to create, where the app may not create it.

use std::time::Duration;

use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::StorageAccount;
use switchboard::clock::Clock;
use switchboard::store::table::TableStore;
use switchboard::store::{StoreError, WriteError};
use url::Url;

use super::blob::container_of;
use super::queue::queue_of;
use crate::store::place::{Place, insert};
use crate::support::{Azurite, Fault, Proxy};

const HOUR: Duration = Duration::from_secs(60 * 60);
const NOT_FOUND: Fault = Fault::Answer(
    "HTTP/1.1 404 Not Found\r\nx-ms-error-code: ResourceNotFound\r\ncontent-length: 0\r\n\r\n",
);
/// As the service answers an identity whose role is too narrow.
const DENIED: Fault = Fault::Answer(
    "HTTP/1.1 403 Forbidden\r\nx-ms-error-code: AuthorizationPermissionMismatch\r\ncontent-length: 0\r\n\r\n",
);

fn assert_names(sentence: &str, part: &str) {
    for word in [part, "403", "infra/"] {
        assert!(sentence.contains(word), "{sentence}");
    }
}

/// Sends the calls of one service through a proxy.
async fn through_proxy(
    service: fn(&mut StorageAccount) -> &mut Option<Url>,
) -> (StorageAccount, Proxy) {
    let mut account = Azurite::shared().await.account().settings();
    let address = service(&mut account).as_mut().unwrap();
    let proxy = Proxy::to(&format!("127.0.0.1:{}", address.port().unwrap())).await;
    let (_, port) = proxy.address.rsplit_once(':').unwrap();
    address.set_port(port.parse().ok()).unwrap();
    (account, proxy)
}

fn tables_of(account: &StorageAccount) -> TableStore {
    let outgoing = SharedHttpClient::new();
    let identities = ManagedIdentities::new(outgoing.clone());
    TableStore::new(account, outgoing, Clock::system(), &identities).unwrap()
}

#[tokio::test]
async fn a_missing_table_is_named() {
    let (account, proxy) = through_proxy(|account| &mut account.tables).await;
    let store = tables_of(&account);
    let place = Place::new(&store);
    let error_of = async || match place.write(vec![insert("a", 1)]).await {
        Err(WriteError::NotDone(StoreError::Refused(why))) => why,
        other => panic!("{other:?}"),
    };

    for fault in [NOT_FOUND, NOT_FOUND, DENIED] {
        proxy.then(fault);
    }
    assert_names(&error_of().await, "table switchboardsettings");
    proxy.requests();

    // Creates the table of the schema, and reads it once more.
    assert_eq!(place.get("a").await, None);
    proxy.then(NOT_FOUND);
    proxy.then(DENIED);
    assert_names(&error_of().await, "table switchboardmessages");
}

#[tokio::test]
async fn tables_that_exist_are_used_without_creating_any() {
    let (account, proxy) = through_proxy(|account| &mut account.tables).await;
    let first = tables_of(&account);
    Place::new(&first).has("a").await;
    proxy.requests();

    // Its version is not recorded yet.
    proxy.then(NOT_FOUND);
    let second = tables_of(&account);
    Place::new(&second).has("b").await;

    let requests = proxy.requests();
    assert!(
        requests.iter().all(|request| !request.ends_with("/Tables")),
        "{requests:?}"
    );
}

#[tokio::test]
async fn a_missing_queue_is_named() {
    let (account, proxy) = through_proxy(|account| &mut account.queues).await;
    proxy.then(NOT_FOUND);
    proxy.then(DENIED);

    let error = queue_of(&account).put("hello", HOUR).await.unwrap_err();

    assert_names(&error.to_string(), "queue switchboard-broadcast");
}

#[tokio::test]
async fn a_missing_container_is_named() {
    let (account, proxy) = through_proxy(|account| &mut account.blobs).await;
    proxy.then(DENIED);
    proxy.then(NOT_FOUND);

    let error = container_of(&account)
        .upload_url("a", HOUR)
        .await
        .unwrap_err();

    assert_names(&error.to_string(), "blob container switchboard-files");
}

#[tokio::test]
async fn a_container_that_exists_is_used_without_creating_it() {
    let (account, proxy) = through_proxy(|account| &mut account.blobs).await;
    container_of(&account).upload_url("a", HOUR).await.unwrap();

    proxy.then(DENIED);

    container_of(&account).upload_url("b", HOUR).await.unwrap();
}
