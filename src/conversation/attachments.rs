//! Blob storage as messages use it: clients put files there and get them from there themselves,
//! through addresses that are good for a while.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use crate::app::App;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::rest::RestError;
use crate::azure::storage_account::blob::BlobContainer;
use crate::azure::storage_account::{SetupError, StorageAccount};
use crate::clock::Clock;
use crate::conversation::file::{self, Attached, FileRecord};
use crate::conversation::{Conversation, ConversationError};
use crate::ids::user_id::UserId;

const CONTAINER: &str = "switchboard-files";
/// How long an address is good for.
const LIVES: Duration = Duration::from_secs(15 * 60);

#[derive(Debug)]
pub struct Attachments {
    container: BlobContainer,
    clock: Clock,
}

/// An address, and until when it is good.
#[derive(Debug)]
pub struct Address {
    pub url: Url,
    pub expires_at: Timestamp,
}

impl Attachments {
    /// No call goes out.
    pub fn new(
        account: &StorageAccount,
        outgoing: &SharedHttpClient,
        identities: &ManagedIdentities,
        clock: &Clock,
    ) -> Result<Self, SetupError> {
        let (outgoing, clock) = (outgoing.clone(), clock.clone());
        Ok(Self {
            container: BlobContainer::new(account, CONTAINER, outgoing, clock.clone(), identities)?,
            clock,
        })
    }

    pub async fn for_upload(
        &self,
        place: &Conversation,
        id: Uuid,
        record: &FileRecord,
    ) -> Result<Address, ConversationError> {
        let expires_at = self.clock.now() + LIVES;
        let path = record.path(place, id);
        let url = self.container.upload_url(&path, LIVES).await;
        let url = url.map_err(failed)?;
        Ok(Address { url, expires_at })
    }

    pub async fn for_download(
        &self,
        place: &Conversation,
        id: Uuid,
        record: &FileRecord,
    ) -> Result<Address, ConversationError> {
        let expires_at = self.clock.now() + LIVES;
        let path = record.path(place, id);
        let url = self
            .container
            .download_url(&path, &record.name, &record.content_type, LIVES)
            .await
            .map_err(failed)?;
        Ok(Address { url, expires_at })
    }
}

/// Where there is no blob storage, nobody can upload.
pub fn of(app: &App) -> Result<&Attachments, ConversationError> {
    let attachments = app.attachments.as_ref();
    attachments.ok_or(ConversationError::Unavailable(
        "there is no blob storage here",
    ))
}

/// A file that `sender` uploaded for this conversation, if all of it is there.
pub async fn attach(
    app: &App,
    place: &Conversation,
    sender: &UserId,
    id: Option<Uuid>,
) -> Result<Option<Attached>, ConversationError> {
    let Some(id) = id else {
        return Ok(None);
    };
    let container = &of(app)?.container;
    let found = file::find(&*app.store, place, id).await?;
    let record = found.filter(|record| record.is_by(sender));
    let record = record.ok_or(ConversationError::NotFound(
        "there is no such file of yours here",
    ))?;
    let uploaded = container.properties(&record.path(place, id)).await;
    let uploaded = uploaded.map_err(failed)?.map(|blob| blob.size);
    record.attach(id, uploaded).map(Some)
}

fn failed(error: RestError) -> ConversationError {
    tracing::error!(
        error = &error as &dyn std::error::Error,
        "blob storage failed"
    );
    ConversationError::Unavailable(
        "blob storage does not answer; nothing was stored, try again shortly",
    )
}
