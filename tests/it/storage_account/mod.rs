//! The clients for queues and blobs of a storage account.

mod blob;
#[cfg(feature = "dev")]
mod dev;
mod identity;
mod missing;
mod queue;
