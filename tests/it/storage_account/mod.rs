//! The storage account's queues and blobs.

mod blob;
#[cfg(feature = "dev")]
mod dev;
mod identity;
mod queue;
