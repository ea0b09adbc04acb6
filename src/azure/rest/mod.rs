//! The REST client for Azure Storage, Cosmos DB and IoT Hub. Each API says how its requests are
//! authorized and what its answers mean; timeouts, retries and the limit on concurrent calls are
//! shared.

mod api;
mod call;
mod client;
mod deadline;
mod error;

pub(crate) use api::{AnswerClass, Api, MS_DATE};
pub(crate) use call::{Answer, Call, Retry};
pub(crate) use client::RestClient;
pub(crate) use deadline::Deadline;
pub(crate) use error::CallError;
pub use error::RestError;
