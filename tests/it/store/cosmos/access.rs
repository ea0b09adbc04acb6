//! Keys and identities, and the errors for those that are refused.

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

/// An app without an identity.
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

/// Records the scopes that tokens were requested for.
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

/// The error of every call.
async fn error_of(store: &dyn Store) -> String {
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
async fn the_error_for_a_wrong_key_names_the_setting_and_hides_the_key() {
    let opened = Opened::new().await;
    let wrong = KEY.replace("c3dp", "c3dq");

    let store = store(&opened.endpoint, &wrong, DATABASE, Clock::system());

    let message = error_of(&store).await;
    assert!(message.contains("COSMOS_KEY"), "{message}");
    assert!(!message.contains(&wrong[..8]), "{message}");
    assert!(!format!("{store:?}").contains(&wrong[..8]), "{store:?}");
}

#[tokio::test]
async fn the_error_for_an_invalid_key_names_the_setting() {
    let opened = Opened::new().await;

    let store = store(&opened.endpoint, "<your key>", DATABASE, Clock::system());

    let message = error_of(&store).await;
    assert!(message.contains("COSMOS_KEY"), "{message}");
    assert!(!message.contains("<your key>"), "{message}");
}

#[tokio::test]
async fn the_error_for_a_wrong_clock_names_the_clock() {
    let opened = Opened::new().await;
    let slow = Clock::from_fn(|| Clock::system().now() - Duration::from_secs(20 * 60));

    let store = store(&opened.endpoint, KEY, DATABASE, slow);

    let message = error_of(&store).await;
    assert!(message.contains("clock"), "{message}");
}

#[tokio::test]
async fn an_identity_reads_and_writes_in_an_existing_container() {
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

/// A token can read and write in containers but cannot create them. In some accounts keys cannot
/// either.
#[tokio::test]
async fn the_error_for_a_missing_container_says_how_to_create_it() {
    let options = Options {
        key_creates_containers: false,
        ..with_identities()
    };
    let (double, endpoint, _) = start(options).await;
    let of_identity = store_of_identity(&endpoint, Arc::new(Identity::default()));
    let of_key = store(&endpoint, KEY, DATABASE, Clock::system());

    for store in [&of_identity, &of_key] {
        let write = Place::new(store).write(vec![insert("a", 1)]).await;
        let Err(WriteError::NotDone(StoreError::Refused(message))) = write else {
            panic!("{write:?}");
        };
        for word in ["messages", DATABASE, "managed identity", "/pk"] {
            assert!(message.contains(word), "{message}");
        }
    }

    double.has(DATABASE, "messages", "/pk");
    for store in [&of_identity, &of_key] {
        Place::new(store).has("a").await;
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
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
