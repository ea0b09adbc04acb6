//! Clients for the Azure services that the handler calls, and their credentials.

pub mod account_key;
pub mod courier;
pub mod http_client;
pub mod iot_hub;
pub mod managed_identity;
pub mod openai;
pub mod rest;
pub mod storage_account;
pub mod web_pubsub;
