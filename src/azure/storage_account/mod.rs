//! An Azure storage account: where its services are and how to prove ourselves to them.

mod account_key;
mod answer;
pub mod blob;
mod call;
mod client;
mod connection_string;
mod deadline;
mod error;
pub mod queue;
mod sas;
mod shared_key;
mod xml;

use url::Url;

pub use account_key::{AccountKey, InvalidAccountKey};
pub(crate) use answer::{Answer, error_code};
pub(crate) use call::{Call, Repeat, encoded};
pub(crate) use client::ServiceClient;
pub use connection_string::InvalidConnectionString;
pub(crate) use deadline::Deadline;
pub(crate) use error::CallError;
pub use error::{SetupError, StorageError};

/// What `AzureWebJobsStorage` names. A connection string need not name every service.
#[derive(Debug, Clone)]
pub struct StorageAccount {
    pub name: String,
    pub credential: AccountCredential,
    pub blobs: Option<Url>,
    pub queues: Option<Url>,
    pub tables: Option<Url>,
}

#[derive(Debug, Clone)]
pub enum AccountCredential {
    Key(AccountKey),
    ManagedIdentity {
        /// Of a user-assigned identity; without it the app's own is used.
        client_id: Option<String>,
    },
}

/// What an account offers, as far as we use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Blobs,
    Queues,
    Tables,
}

impl Service {
    pub(crate) const ALL: [Self; 3] = [Self::Blobs, Self::Queues, Self::Tables];

    /// As it stands in host names.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Blobs => "blob",
            Self::Queues => "queue",
            Self::Tables => "table",
        }
    }

    /// What lets an identity do all that we do.
    fn role(self) -> &'static str {
        match self {
            Self::Blobs => "Storage Blob Data Contributor",
            Self::Queues => "Storage Queue Data Contributor",
            Self::Tables => "Storage Table Data Contributor",
        }
    }
}

impl StorageAccount {
    pub fn endpoint(&self, service: Service) -> Option<&Url> {
        match service {
            Service::Blobs => self.blobs.as_ref(),
            Service::Queues => self.queues.as_ref(),
            Service::Tables => self.tables.as_ref(),
        }
    }

    /// `endpoint` says where each service is, if the account has it at all.
    pub(crate) fn with_endpoints<E>(
        name: String,
        credential: AccountCredential,
        mut endpoint: impl FnMut(Service) -> Result<Option<Url>, E>,
    ) -> Result<Self, E> {
        let [blobs, queues, tables] = Service::ALL.map(&mut endpoint);
        Ok(Self {
            name,
            credential,
            blobs: blobs?,
            queues: queues?,
            tables: tables?,
        })
    }
}

/// What may stand as an account's name in a host name. Emulators know more than Azure's 3 to 24
/// lower-case letters and digits.
pub(crate) fn is_account_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    matches!(name.len(), 1..=63) && name.bytes().all(legal)
}
