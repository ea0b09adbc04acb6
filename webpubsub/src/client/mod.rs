//! The data-plane REST API of one hub.

mod http_client;
mod hub_client;
mod options;

mod access;
mod close;
mod exists;
mod groups;
mod members;
mod permission;
mod send;

mod attempt;
mod call;
mod retry;
mod route;

pub use close::CloseOptions;
pub use http_client::LazyHttpClient;
pub use hub_client::{HubClient, HubClientSetupError};
pub use members::{GroupMember, GroupMembers, ListOptions, MemberPage};
pub use options::{Clock, HubClientOptions};
pub use permission::Permission;
pub use send::{Payload, SendOptions};
