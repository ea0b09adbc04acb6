//! The storage account's queues and blobs.

mod blob;
mod queue;
