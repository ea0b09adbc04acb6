#![doc = include_str!("../README.md")]

mod connection_string;
mod endpoint;
mod hub;

mod access_key;
mod client_protocol;
mod token;

pub mod filter;
pub mod upstream;

mod client;
mod error;

pub use access_key::{AccessKey, EmptyAccessKeyError};
pub use client::{
    Clock, CloseOptions, GroupMember, GroupMembers, HubClient, HubClientOptions,
    HubClientSetupError, LazyHttpClient, ListOptions, MemberPage, Payload, Permission, SendOptions,
};
pub use client_protocol::ClientProtocol;
pub use connection_string::{ConnectionString, ConnectionStringError};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{ArgumentError, Error};
pub use hub::{HubName, HubNameError};
pub use token::{ClientAccess, ClientTokenRequest, client_token, server_token};
