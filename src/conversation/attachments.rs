//! Files in blob storage. Clients upload and download them directly, through signed URLs that are
//! valid for a short time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::storage_account::blob::BlobContainer;
use crate::azure::storage_account::{SetupError, StorageAccount};
use crate::clock::Clock;
use crate::conversation::attachment::Attachment;
use crate::conversation::file::{self, FileRecord};
use crate::conversation::keys::DedupKey;
use crate::conversation::uploads;
use crate::conversation::{Conversation, ConversationError};
use crate::ids::user_id::UserId;
use crate::store::Store;

const CONTAINER: &str = "switchboard-files";
/// How long a signed URL is valid.
const URL_LIFETIME: Duration = Duration::from_secs(15 * 60);

const NO_SUCH_FILE: ConversationError =
    ConversationError::NotFound("there is no such file of yours here");

/// The uploads of all conversations. Without blob storage every call fails. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Attachments {
    store: Arc<dyn Store>,
    container: Option<Arc<BlobContainer>>,
    clock: Clock,
}

/// A signed URL.
#[derive(Debug)]
pub struct SignedUrl {
    pub url: Url,
    pub expires_at: Timestamp,
}

impl Attachments {
    /// Makes no call. `account` is `None` where the settings name no blob storage.
    pub fn new(
        account: Option<&StorageAccount>,
        store: Arc<dyn Store>,
        http: &SharedHttpClient,
        identities: &ManagedIdentities,
        clock: &Clock,
    ) -> Result<Self, SetupError> {
        let container = account.map(|account| {
            BlobContainer::new(account, CONTAINER, http.clone(), clock.clone(), identities)
        });
        Ok(Self {
            store,
            container: container.transpose()?.map(Arc::new),
            clock: clock.clone(),
        })
    }

    /// Fails early where nothing can be uploaded.
    pub fn check_available(&self) -> Result<(), ConversationError> {
        self.container().map(|_| ())
    }

    fn container(&self) -> Result<&BlobContainer, ConversationError> {
        let container = self.container.as_deref();
        container.ok_or(ConversationError::Unavailable(
            "there is no blob storage here",
        ))
    }

    /// The file that `sender` uploaded to this conversation, if the upload is complete. It is kept
    /// if the message of this dedup key is stored.
    pub(super) async fn attach(
        &self,
        conversation: &Conversation,
        sender: &UserId,
        id: Option<Uuid>,
        dedup_key: &DedupKey,
    ) -> Result<Option<Attachment>, ConversationError> {
        let Some(id) = id else {
            return Ok(None);
        };
        let container = self.container()?;
        let found = file::find(&*self.store, conversation, id).await?;
        let record = found.filter(|record| record.is_by(sender));
        let record = record.ok_or(NO_SUCH_FILE)?;
        let uploaded = container.properties(&record.path(conversation, id)).await;
        let uploaded = uploaded.map_err(ConversationError::Blobs)?;
        let attachment = record.clone().attach(id, uploaded.map(|blob| blob.size))?;
        let (store, now) = (&*self.store, self.clock.now());
        if uploads::claim(store, conversation, id, &record, dedup_key, now).await? {
            Ok(Some(attachment))
        } else {
            Err(NO_SUCH_FILE)
        }
    }

    /// Deletes the content of a file. Without blob storage there is nothing to delete.
    pub(super) async fn delete(&self, path: &str) -> Result<(), ConversationError> {
        match &self.container {
            Some(container) => container.delete(path).await,
            None => Ok(()),
        }
        .map_err(ConversationError::Blobs)
    }

    pub async fn for_upload(
        &self,
        conversation: &Conversation,
        id: Uuid,
        record: &FileRecord,
    ) -> Result<SignedUrl, ConversationError> {
        let expires_at = self.clock.now() + URL_LIFETIME;
        let path = record.path(conversation, id);
        let url = self.container()?.upload_url(&path, URL_LIFETIME).await;
        let url = url.map_err(ConversationError::Blobs)?;
        Ok(SignedUrl { url, expires_at })
    }

    pub async fn for_download(
        &self,
        conversation: &Conversation,
        id: Uuid,
        record: &FileRecord,
    ) -> Result<SignedUrl, ConversationError> {
        let expires_at = self.clock.now() + URL_LIFETIME;
        let path = record.path(conversation, id);
        let url = self
            .container()?
            .download_url(&path, &record.name, &record.content_type, URL_LIFETIME)
            .await
            .map_err(ConversationError::Blobs)?;
        Ok(SignedUrl { url, expires_at })
    }
}
