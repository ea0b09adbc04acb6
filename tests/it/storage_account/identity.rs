//! An account without a key, opened with tokens of a managed identity.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::blob::BlobContainer;
use switchboard::azure::storage_account::queue::Queue;
use switchboard::azure::storage_account::{AccountCredential, StorageAccount};
use switchboard::clock::Clock;
use switchboard::store::table::TableStore;
use switchboard::store::{Store, StoreError};
use tokio::sync::OnceCell;

use super::blob::{assert_downloads_are_attachments, assert_files_come_and_go};
use crate::store::place::{Place, insert, put};
use crate::support::{Account, Authority, Azurite, fresh_folder};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Azurite accepts tokens only over HTTPS.
async fn azurite() -> &'static Azurite {
    static SHARED: OnceCell<Azurite> = OnceCell::const_new();
    SHARED.get_or_init(azurite_with_certificate).await
}

async fn azurite_with_certificate() -> Azurite {
    let authority = Authority::new();
    let [certificate, key] = authority.issue("localhost", &fresh_folder());
    Azurite::own(&["--oauth", "basic", "--cert", &certificate, "--key", &key]).await
}

/// Issues tokens, and counts them.
#[derive(Debug)]
struct Platform {
    audience: &'static str,
    issued: AtomicUsize,
}

#[async_trait]
impl TokenCredential for Platform {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://storage.azure.com/.default"]);
        self.issued.fetch_add(1, Ordering::Relaxed);
        let now = Clock::system().seconds();
        let claims = json!({
            "aud": self.audience,
            "iss": "https://sts.windows.net/00000000-0000-4000-8000-000000000001/",
            "iat": now - 60, "nbf": now - 60, "exp": now + 3600,
            "oid": "00000000-0000-4000-8000-000000000002",
            "tid": "00000000-0000-4000-8000-000000000001",
        });
        // Azurite does not check the signature.
        let key = EncodingKey::from_secret(b"nobody");
        let token = jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap();
        Ok(AccessToken::new(token, OffsetDateTime::now_utc() + HOUR))
    }
}

struct Deployment {
    account: StorageAccount,
    platform: Arc<Platform>,
    identities: ManagedIdentities,
}

impl Deployment {
    fn of(account: &Account, audience: &'static str) -> Self {
        let platform = Arc::new(Platform {
            audience,
            issued: AtomicUsize::new(0),
        });
        let credential = Arc::clone(&platform);
        Self {
            account: StorageAccount {
                credential: AccountCredential::ManagedIdentity { client_id: None },
                ..account.settings()
            },
            platform,
            identities: ManagedIdentities::from_fn(move |_| Ok(Arc::clone(&credential) as _)),
        }
    }

    fn tables(&self) -> TableStore {
        let outgoing = SharedHttpClient::new();
        TableStore::new(&self.account, outgoing, Clock::system(), &self.identities).unwrap()
    }

    fn queue(&self) -> Queue {
        let (outgoing, clock) = (SharedHttpClient::new(), Clock::system());
        Queue::new(&self.account, "jobs", outgoing, clock, &self.identities).unwrap()
    }

    fn container(&self) -> BlobContainer {
        let (outgoing, clock) = (SharedHttpClient::new(), Clock::system());
        BlobContainer::new(&self.account, "files", outgoing, clock, &self.identities).unwrap()
    }
}

#[tokio::test]
async fn an_identity_opens_tables_queues_and_blobs() {
    let azurite = azurite().await;
    let deployment = Deployment::of(&azurite.account(), "https://storage.azure.com");

    let store = deployment.tables();
    let place = Place::new(&store);
    place
        .write(vec![insert("a", 1), put("b", 2)])
        .await
        .unwrap();
    assert_eq!(place.range("a", "z", 10).await, ["a", "b"]);

    let queue = deployment.queue();
    queue.put("hello", HOUR).await.unwrap();
    let taken = queue.take(1, HOUR).await.unwrap();
    assert_eq!(taken[0].text.as_deref(), Some("hello"));
    assert!(queue.delete(&taken[0]).await.unwrap());

    assert_files_come_and_go(&deployment.container()).await;
    assert_downloads_are_attachments(&deployment.container()).await;
}

#[tokio::test]
async fn a_delegation_key_signs_many_addresses() {
    let azurite = azurite().await;
    let deployment = Deployment::of(&azurite.account(), "https://storage.azure.com");
    let container = deployment.container();
    container.upload_url("a", HOUR).await.unwrap();
    let issued = deployment.platform.issued.load(Ordering::Relaxed);

    for name in ["b", "c", "d"] {
        container.upload_url(name, HOUR).await.unwrap();
        container
            .download_url(name, name, "text/plain", HOUR)
            .await
            .unwrap();
    }

    assert_eq!(deployment.platform.issued.load(Ordering::Relaxed), issued);
}

#[tokio::test]
async fn the_error_for_a_rejected_identity_names_its_role() {
    let azurite = azurite().await;
    let deployment = Deployment::of(&azurite.account(), "https://elsewhere.example.com");

    let refused = deployment.tables().check().await.unwrap_err();

    let StoreError::Refused(why) = refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("Storage Table Data Contributor"), "{why}");
}
