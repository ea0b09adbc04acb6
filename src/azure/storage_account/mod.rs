//! An Azure storage account: its blobs and queues, and the signed calls that they and the table
//! store use.

mod account;
mod answer;
mod api;
pub mod blob;
mod check;
mod connection_string;
mod error;
mod missing;
mod percent_encode;
pub mod queue;
mod sas;
mod shared_key;
pub mod work_queue;
mod xml;

pub(crate) use account::is_account_name;
pub use account::{AccountCredential, Service, StorageAccount};
pub(crate) use answer::error_code;
pub(crate) use api::{ServiceClient, StorageApi};
pub use check::{CheckError, check};
pub use connection_string::InvalidConnectionString;
pub use error::SetupError;
pub(crate) use missing::{Part, creation_error};
pub(crate) use percent_encode::percent_encode;
