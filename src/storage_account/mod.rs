//! An Azure storage account: where its services are and how to prove ourselves to them.

use secrecy::SecretString;
use url::Url;

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
    /// Base64, as the portal shows it.
    Key(SecretString),
    ManagedIdentity {
        /// Of a user-assigned identity; without it the app's own is used.
        client_id: Option<String>,
    },
}
