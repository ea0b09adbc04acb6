//! What the service posts to a web hook: CloudEvents in HTTP's binary mode.
//!
//! A request passes through in this order: [`allowed_origins`] answers the service's
//! `OPTIONS`; [`verify_signature`] tells whether a `POST` is the service's;
//! [`EventContext::from_headers`] says what happened, and the body is a [`ConnectRequest`],
//! [`Disconnected`], [`GroupEvent`] or [`EventData`].
//!
//! Mind what the signature proves: that the sender knows the access key and means this
//! connection id. It covers neither the body nor the time, so a recorded one stays good.

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
