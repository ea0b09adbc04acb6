#![doc = include_str!("../README.md")]

mod connection_string;
mod endpoint;
mod hub;

mod access_key;
mod token;

pub mod filter;
pub mod upstream;

mod client;
mod error;

pub use access_key::{AccessKey, EmptyAccessKey};
pub use client::{
    Clock, CloseOptions, GroupMember, GroupMembers, HubClient, HubClientOptions, InvalidHubClient,
    LazyHttpClient, ListOptions, MemberPage, Payload, Permission, SendOptions,
};
pub use connection_string::{ConnectionString, InvalidConnectionString};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use error::{Error, InvalidArgument};
pub use hub::{HubName, InvalidHubName};
pub use token::{ClientAccess, ClientProtocol, ClientTokenRequest, client_token, server_token};
