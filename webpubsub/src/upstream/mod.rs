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
mod notice;

pub use connect::{
    ClientCertificate, ConnectRequest, ConnectResponse, MqttConnect, MqttUserProperty,
};
pub use context::{EventContext, InvalidEvent};
pub use data::{EventData, InvalidEventData};
pub use kind::EventKind;
pub use notice::{Disconnected, GroupEvent};
pub use origin::allowed_origins;
pub use signature::verify_signature;

/// Reads a body that must be a JSON object. serde alone would take `[]` for a struct whose
/// members all have defaults, and so let a body of another shape pass as an empty one.
fn json_object<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|&byte| byte != b'{') {
        return Err(serde::de::Error::custom("the body is not a JSON object"));
    }
    serde_json::from_slice(body)
}
