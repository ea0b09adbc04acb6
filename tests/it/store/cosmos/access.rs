//! Who may use the account, and what is said to who may not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::time::OffsetDateTime;
use switchboard::clock::Clock;
use switchboard::store::{Store, StoreError, WriteError};

use super::{DATABASE, Opened, start, store, store_of_identity};
use crate::store::cosmos_double::{KEY, Options};
use crate::store::place::{Place, assert_refused, insert, key};

/// The platform knows no identity of this app.
#[derive(Debug)]
pub(super) struct NoIdentity;

#[async_trait]
impl TokenCredential for NoIdentity {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Err(azure_core::Error::new(ErrorKind::Credential, "no identity"))
    }
}

/// Remembers for what its token was asked.
#[derive(Debug, Default)]
struct Identity(Mutex<Vec<String>>);

const TOKEN: &str = "header.claims+/=.signature";

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned());
        self.0.lock().unwrap().extend(scopes);
        Ok(AccessToken::new(TOKEN, OffsetDateTime::UNIX_EPOCH))
    }
}

fn with_identities() -> Options {
    Options {
        token: Some(TOKEN),
        ..Options::default()
    }
}

/// What every call is told.
async fn sentence(store: &dyn Store) -> String {
    let place = Place::new(store);
    assert_refused(place.write(vec![insert("a", 1)]).await);
    assert_refused(place.write(vec![insert("a", 1), insert("b", 1)]).await);
    let read = store.get(&place.partition, &key("a")).await.unwrap_err();
    let range = store.range(&place.partition, key("a")..key("z"), 9).await;
    let check = store.check().await.unwrap_err();
    for error in [&read, &range.unwrap_err(), &check] {
        assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        assert_eq!(error.to_string(), read.to_string());
    }
    read.to_string()
}

#[tokio::test]
async fn a_wrong_key_is_named_by_its_setting_and_not_shown() {
    let opened = Opened::new().await;
    let wrong = KEY.replace("c3dp", "c3dq");

    let store = store(&opened.endpoint, &wrong, DATABASE, Clock::system());

    let sentence = sentence(&store).await;
    assert!(sentence.contains("COSMOS_KEY"), "{sentence}");
    assert!(!sentence.contains(&wrong[..8]), "{sentence}");
    assert!(!format!("{store:?}").contains(&wrong[..8]), "{store:?}");
}

#[tokio::test]
async fn what_is_no_key_at_all_is_told() {
    let opened = Opened::new().await;

    let store = store(&opened.endpoint, "<your key>", DATABASE, Clock::system());

    let sentence = sentence(&store).await;
    assert!(sentence.contains("COSMOS_KEY"), "{sentence}");
    assert!(!sentence.contains("<your key>"), "{sentence}");
}

#[tokio::test]
async fn a_wrong_clock_is_told() {
    let opened = Opened::new().await;
    let slow = Clock::from_fn(|| Clock::system().now() - Duration::from_secs(20 * 60));

    let store = store(&opened.endpoint, KEY, DATABASE, slow);

    let sentence = sentence(&store).await;
    assert!(sentence.contains("clock"), "{sentence}");
}

#[tokio::test]
async fn an_identity_reads_and_writes_what_is_there() {
    let (double, endpoint, _) = start(with_identities()).await;
    double.has(DATABASE, "messages", "/pk");
    let identity = Arc::new(Identity::default());
    let store = store_of_identity(&endpoint, identity.clone());

    let place = Place::new(&store);
    place
        .write(vec![insert("a", 1), insert("b", 2)])
        .await
        .unwrap();

    assert_eq!(place.range("a", "z", 10).await, ["a", "b"]);
    store.check().await.unwrap();
    let scopes = identity.0.lock().unwrap().clone();
    assert!(
        scopes
            .iter()
            .all(|scope| *scope == format!("{endpoint}/.default"))
    );
}

/// A token opens what is in containers, and makes none. Some accounts keep keys from it too.
#[tokio::test]
async fn who_may_not_make_containers_is_told_to_have_them_made() {
    let options = Options {
        key_makes_containers: false,
        ..with_identities()
    };
    let (double, endpoint, _) = start(options).await;
    let of_identity = store_of_identity(&endpoint, Arc::new(Identity::default()));
    let of_key = store(&endpoint, KEY, DATABASE, Clock::system());

    for store in [&of_identity, &of_key] {
        let write = Place::new(store).write(vec![insert("a", 1)]).await;
        let Err(WriteError::NotDone(StoreError::Refused(sentence))) = write else {
            panic!("{write:?}");
        };
        for word in ["messages", DATABASE, "managed identity", "/pk"] {
            assert!(sentence.contains(word), "{sentence}");
        }
    }

    double.has(DATABASE, "messages", "/pk");
    for store in [&of_identity, &of_key] {
        Place::new(store).has("a").await;
    }
}

#[tokio::test]
async fn without_a_token_nothing_goes_out() {
    let (double, endpoint, _) = start(with_identities()).await;
    let store = store_of_identity(&endpoint, Arc::new(NoIdentity));
    let place = Place::new(&store);

    let write = place.write(vec![insert("a", 1)]).await;
    let read = store.get(&place.partition, &key("a")).await;

    assert!(matches!(
        write,
        Err(WriteError::NotDone(StoreError::Unreachable(_)))
    ));
    assert!(matches!(read, Err(StoreError::Unreachable(_))));
    assert_eq!(double.calls_about_documents(), 0);
}
