//! The Table storage backend.

mod faults;

use std::ops::Deref;

use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::clock::Clock;
use switchboard::store::table::TableStore;
use switchboard::store::{Key, MAX_BODY, Store, StoreError, Write, WriteError};

use super::place::{Place, assert_conflict_at, assert_refused, delete, insert, key, put, replace};
use crate::support::{Account, Azurite, Proxy, STORAGE_KEY};

super::store_contract!(open);

async fn open() -> Opened {
    Opened(store(&Azurite::shared().await.account()))
}

struct Opened(TableStore);

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

fn store(account: &Account) -> TableStore {
    let outgoing = SharedHttpClient::new();
    let identities = ManagedIdentities::new(outgoing.clone());
    TableStore::new(&account.settings(), outgoing, Clock::system(), &identities).unwrap()
}

/// A store whose requests are recorded, and its account's name.
async fn counted() -> (TableStore, Proxy, String) {
    let account = Azurite::shared().await.account();
    let proxy = Proxy::to(account.tables()).await;
    let name = account.name.clone();
    (store(&account.with_tables_at(&proxy.address)), proxy, name)
}

#[tokio::test]
async fn each_call_is_one_request() {
    let (store, proxy, account) = counted().await;
    let place = Place::new(&store);
    let version = place.has("a").await;
    proxy.requests();
    let partition = place.partition.name();
    let at =
        |row| format!("/{account}/switchboardmessages(PartitionKey='{partition}',RowKey='{row}')");

    place.write(vec![insert("b", 1)]).await.unwrap();
    assert_eq!(
        proxy.requests(),
        [format!("POST /{account}/switchboardmessages")]
    );

    place.write(vec![replace("a", &version, 2)]).await.unwrap();
    assert_eq!(proxy.requests(), [format!("PUT {}", at("a"))]);

    place.write(vec![put("c:d", 3)]).await.unwrap();
    assert_eq!(proxy.requests(), [format!("PUT {}", at("c%3Ad"))]);

    let version = place.version("b").await;
    assert_eq!(proxy.requests(), [format!("GET {}", at("b"))]);

    place.write(vec![delete("b", &version)]).await.unwrap();
    assert_eq!(proxy.requests(), [format!("DELETE {}", at("b"))]);

    place.write(vec![put("a", 4), put("b", 5)]).await.unwrap();
    assert_eq!(proxy.requests(), [format!("POST /{account}/$batch")]);

    assert_eq!(place.range("a", "z", 10).await, ["a", "b", "c:d"]);
    assert_eq!(proxy.requests().len(), 1);

    store.check().await.unwrap();
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn a_range_is_one_request_per_thousand_records() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    let names: Vec<_> = (0..1500).map(|n| format!("k{n:06}")).collect();
    place.has_all(&names).await;
    proxy.requests();

    assert_eq!(place.range("k", "l", 1400).await, names[..1400]);

    let asked = proxy.requests();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].contains("$top=1000&"), "{}", asked[0]);
    assert!(asked[1].contains("$top=400&"), "{}", asked[1]);
    assert!(asked[1].contains("&NextRowKey="), "{}", asked[1]);
}

#[tokio::test]
async fn the_first_write_creates_the_tables_and_records_the_version() {
    let (store, proxy, account) = counted().await;
    let place = Place::new(&store);

    place.has("a").await;

    let asked = proxy.requests();
    let paths: Vec<_> = asked
        .iter()
        .map(|line| line.replace(&format!("/{account}/"), ""))
        .map(|line| line.split('(').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "GET switchboardsettings",
            // A deployment may have created the tables, and may forbid that we do.
            "POST switchboardsettings",
            "POST Tables",
            "POST switchboardsettings",
            "POST switchboardmessages",
            "POST Tables",
            "POST switchboardmessages",
            "GET switchboardmessages",
        ]
    );
}

#[tokio::test]
async fn concurrent_instances_can_create_the_tables() {
    let account = Azurite::shared().await.account();
    let stores: Vec<_> = (0..8).map(|_| store(&account)).collect();
    let partition = Place::new(&stores[0]).partition;

    let writes = (0..)
        .zip(&stores)
        .map(|(n, store)| store.write(&partition, vec![insert(&format!("k{n}"), n)]));
    for written in futures_util::future::join_all(writes).await {
        written.unwrap();
    }

    let all = stores[7]
        .range(&partition, key("k").prefix_range(), 100)
        .await;
    assert_eq!(all.unwrap().len(), 8);
}

#[tokio::test]
async fn a_deleted_table_is_empty_and_then_created_again() {
    let account = Azurite::shared().await.account();
    let store = store(&account);
    let place = Place::new(&store);
    let version = place.has("a").await;

    account
        .run_script("tables.mjs", &["drop", "switchboardmessages"])
        .await;

    assert_eq!(place.get("a").await, None);
    assert!(place.range("a", "z", 10).await.is_empty());
    assert_conflict_at(0, place.write(vec![replace("a", &version, 2)]).await);
    place
        .write(vec![insert("b", 1), put("c", 2)])
        .await
        .unwrap();
    assert_eq!(place.range("a", "z", 10).await, ["b", "c"]);
}

#[tokio::test]
async fn tables_of_a_newer_version_are_not_touched() {
    let account = Azurite::shared().await.account();
    let newer = json!({ "partitionKey": "~schema", "rowKey": "version", "Version": 2 });
    let put = ["put", "switchboardsettings", &newer.to_string()];
    account.run_script("tables.mjs", &put).await;
    let store = store(&account);
    let place = Place::new(&store);

    assert_refused(place.write(vec![insert("a", 1)]).await);

    let refused = store.get(&place.partition, &key("a")).await.unwrap_err();
    assert!(refused.to_string().contains("newer"), "{refused}");
    assert!(store.check().await.is_err());
}

#[tokio::test]
async fn records_can_be_read_with_other_tools() {
    let account = Azurite::shared().await.account();
    let store = store(&account);
    let place = Place::new(&store);
    let body = format!("\"{}€\"", "x".repeat(40_000));
    let write = Write::Put {
        key: key("a:b"),
        body: body.clone(),
    };
    place.write(vec![write, put("c", 1)]).await.unwrap();

    let partition = place.partition.name();
    let seen = account
        .run_script(
            "tables.mjs",
            &["read", "switchboardmessages", partition, "a:b"],
        )
        .await;

    let seen: Value = serde_json::from_str(&seen).unwrap();
    let pieces = ["Body0", "Body1"].map(|name| seen[name].as_str().unwrap());
    assert_eq!(pieces.concat(), body);
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_refused() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    place.has("a").await;
    proxy.requests();
    let body = format!("\"{}\"", "x".repeat(MAX_BODY - 2));
    let large = |n| Write::Put {
        key: Key::new(format!("k{n}")),
        body: body.clone(),
    };

    place.write((0..10).map(large).collect()).await.unwrap();
    assert_refused(place.write((0..11).map(large).collect()).await);

    assert_eq!(proxy.requests().len(), 1);
    assert_eq!(place.range("k", "l", 100).await.len(), 10);
}

#[tokio::test]
async fn any_character_survives_a_batch() {
    let account = Azurite::shared().await.account();
    let store = store(&account);
    let place = Place::new(&store);
    let text = "one\u{2028}two\u{2029}three\r\n--changeset_switchboard\r\n{}HTTP/1.1 500 🦀 %41";
    let value = json!({ "text": text.repeat(2_000) });
    let one = Write::put(key("a"), &value).unwrap();
    let other = Write::insert(key("b"), &value).unwrap();

    place.write(vec![one, other, put("c", 1)]).await.unwrap();

    assert_eq!(place.value("a").await.as_ref(), Some(&value));
    assert_eq!(place.value("b").await.as_ref(), Some(&value));
}

#[tokio::test]
async fn the_error_for_a_wrong_key_names_the_setting() {
    let account = Azurite::shared().await.account();
    let wrong = STORAGE_KEY.replace("Eby8", "Ebx8");
    let outgoing = SharedHttpClient::new();
    let identities = ManagedIdentities::new(outgoing.clone());
    let settings = account.connection_string_with(&wrong).parse().unwrap();
    let store = TableStore::new(&settings, outgoing, Clock::system(), &identities).unwrap();
    let place = Place::new(&store);

    let read = store.get(&place.partition, &key("a")).await.unwrap_err();
    let written = place.write(vec![insert("a", 1)]).await.unwrap_err();

    let StoreError::Refused(why) = &read else {
        panic!("{read:?}");
    };
    assert!(why.contains("AccountKey in AzureWebJobsStorage"), "{why}");
    assert!(matches!(
        written,
        WriteError::NotDone(StoreError::Refused(_))
    ));
    let shown = format!("{read:?} {written:?} {store:?} {settings:?}");
    assert!(!shown.contains("Ebx8"), "{shown}");
}
