//! Where an account's services are, and which credential opens them.

use url::Url;

use crate::azure::account_key::AccountKey;

/// The account that `AzureWebJobsStorage` names. A connection string need not name every service.
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
        /// Names a user-assigned identity; `None` means the app's own.
        client_id: Option<String>,
    },
}

/// The services of an account that we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Blobs,
    Queues,
    Tables,
}

impl Service {
    pub(crate) const ALL: [Self; 3] = [Self::Blobs, Self::Queues, Self::Tables];

    /// The service's name in host names.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Blobs => "blob",
            Self::Queues => "queue",
            Self::Tables => "table",
        }
    }

    /// The role that permits everything we do.
    pub(super) fn role(self) -> &'static str {
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

    /// `endpoint` returns the address of each service, or `None` if the account lacks it.
    pub(super) fn with_endpoints<E>(
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

/// Whether the name can be part of a host name. Emulators allow more than Azure's 3 to 24
/// lower-case letters and digits.
pub(crate) fn is_account_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    matches!(name.len(), 1..=63) && name.bytes().all(legal)
}
