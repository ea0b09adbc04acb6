//! IoT Hub over its REST API: direct methods, and whether a device is connected.

mod api;
mod error_code;
mod host;
mod hub;
mod sas;
mod settings;

pub use host::{HubHost, InvalidHubHost};
pub use hub::{IotHub, MethodAnswer, MethodCall, MethodError};
pub use settings::{HubCredential, InvalidHubConnectionString, IotHubSettings};
