//! Azure Web PubSub for Rust: connection strings, client tokens and upstream events.

mod connection_string;
mod endpoint;
mod hub;

mod access_key;
mod token;

pub mod upstream;

pub use access_key::{AccessKey, EmptyAccessKey};
pub use connection_string::{ConnectionString, InvalidConnectionString};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use hub::{HubName, InvalidHubName};
pub use token::{ClientAccess, ClientProtocol, ClientTokenRequest, client_token, server_token};
