//! The Azure services that the handler calls, and how it proves itself to them.

pub mod courier;
pub mod http_client;
pub mod managed_identity;
pub mod storage_account;
pub mod web_pubsub;
