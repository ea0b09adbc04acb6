//! Reads the events that the service posts to a webhook: CloudEvents in HTTP binary mode.
//!
//! [`allowed_origins`] answers the service's `OPTIONS` request. For a `POST`,
//! [`EventContext::from_headers`] reads the headers, [`verify_signature`] checks that the
//! service sent it, and the body is a [`ConnectRequest`], [`Disconnected`], [`GroupEvent`] or
//! [`EventData`].
//!
//! The signature proves only that someone with the access key signed this connection id. It
//! covers neither the body nor the time, so a recorded signature stays valid.

pub mod header;

mod origin;
mod signature;

mod context;
mod kind;

mod connect;
mod data;
mod json;
mod notification;

pub use connect::{
    ClientCertificate, ConnectRequest, ConnectResponse, MqttConnect, MqttUserProperty,
};
pub use context::{EventContext, EventError};
pub use data::{EventData, EventDataError};
pub use kind::EventKind;
pub use notification::{Disconnected, GroupEvent};
pub use origin::allowed_origins;
pub use signature::verify_signature;
