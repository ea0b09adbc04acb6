//! Recordings of audio streams, and their transcripts.
//!
//! The chunks of a recording are appended to a blob as they come; the connection's state carries
//! what is known of it. At its end a task goes to the queue of the assistant. The worker that takes
//! it reads the blob, has it transcribed, sends the text to the connection and deletes the blob. A
//! blob that a killed process leaves behind is deleted by the storage account's lifecycle rule, a day
//! after its last change.

mod allowance;
mod error;
mod keep;
mod recording;
mod transcript;

use std::sync::Arc;

use crate::azure::courier::Courier;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::openai::AzureOpenAi;
use crate::azure::storage_account::blob::BlobContainer;
use crate::azure::storage_account::{SetupError, StorageAccount};
use crate::clock::{Clock, Ids};
use crate::conversation::outbox::Outbox;
use crate::store::Store;
use allowance::Allowance;

pub use error::{RecordingError, TranscribeError};
pub use recording::{Format, Recording};
pub use transcript::AudioTranscript;

const CONTAINER: &str = "switchboard-recordings";

/// Keeps recordings and transcribes them, where there is blob storage, a queue and a deployment.
#[derive(Debug)]
pub struct Recordings {
    service: Option<Arc<AzureOpenAi>>,
    container: Option<BlobContainer>,
    allowance: Allowance,
    courier: Courier,
    outbox: Outbox,
    clock: Clock,
    ids: Ids,
}

/// The parts of the app that recordings use.
#[derive(Debug)]
pub struct Parts {
    /// `None` if nothing transcribes.
    pub service: Option<Arc<AzureOpenAi>>,
    pub store: Arc<dyn Store>,
    pub courier: Courier,
    pub outbox: Outbox,
    pub clock: Clock,
    pub ids: Ids,
}

impl Recordings {
    /// Makes no call. `account` is `None` where the settings name no blob storage.
    pub fn new(
        parts: Parts,
        account: Option<&StorageAccount>,
        http: &SharedHttpClient,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let Parts {
            service,
            store,
            courier,
            outbox,
            clock,
            ids,
        } = parts;
        let container = account.map(|account| {
            BlobContainer::new(account, CONTAINER, http.clone(), clock.clone(), identities)
        });
        Ok(Self {
            service,
            container: container.transpose()?,
            allowance: Allowance::new(store),
            courier,
            outbox,
            clock,
            ids,
        })
    }

    /// Whether a recording can be kept and transcribed.
    pub fn is_available(&self) -> bool {
        self.service.is_some() && self.container.is_some() && self.outbox.tasks().is_some()
    }
}
