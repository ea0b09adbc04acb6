//! The names of the headers that the service and a webhook exchange.

use http::HeaderName;

/// The host name of the service that wants to deliver events.
pub const WEBHOOK_REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
/// The response to [`WEBHOOK_REQUEST_ORIGIN`]: one line for each allowed origin.
pub const WEBHOOK_ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");

/// The CloudEvents version, `1.0`.
pub const CE_SPECVERSION: HeaderName = HeaderName::from_static("ce-specversion");
/// The version of Web PubSub's extension headers, `1.0`.
pub const CE_AWPSVERSION: HeaderName = HeaderName::from_static("ce-awpsversion");
/// The event's type, for instance `azure.webpubsub.user.message`.
pub const CE_TYPE: HeaderName = HeaderName::from_static("ce-type");
/// The event's source, `/hubs/{hub}/client/{connection id}`.
pub const CE_SOURCE: HeaderName = HeaderName::from_static("ce-source");
/// The event's number within its connection.
pub const CE_ID: HeaderName = HeaderName::from_static("ce-id");
/// When the event happened, in UTC.
pub const CE_TIME: HeaderName = HeaderName::from_static("ce-time");
/// The signatures of the connection id, `sha256=…` for each access key.
pub const CE_SIGNATURE: HeaderName = HeaderName::from_static("ce-signature");
/// The connection id.
pub const CE_CONNECTION_ID: HeaderName = HeaderName::from_static("ce-connectionid");
/// The hub.
pub const CE_HUB: HeaderName = HeaderName::from_static("ce-hub");
/// The event's name without a prefix, for instance `connect` or `message`.
pub const CE_EVENT_NAME: HeaderName = HeaderName::from_static("ce-eventname");
/// The user id, if the connection has one.
pub const CE_USER_ID: HeaderName = HeaderName::from_static("ce-userid");
/// The subprotocol, once it is negotiated.
pub const CE_SUBPROTOCOL: HeaderName = HeaderName::from_static("ce-subprotocol");
/// The state that an earlier response stored with the connection. The response to a blocking
/// event sets it with this header.
pub const CE_CONNECTION_STATE: HeaderName = HeaderName::from_static("ce-connectionstate");
/// MQTT only: the id of one physical connection of a session.
pub const CE_PHYSICAL_CONNECTION_ID: HeaderName =
    HeaderName::from_static("ce-physicalconnectionid");
/// MQTT only: the session id.
pub const CE_SESSION_ID: HeaderName = HeaderName::from_static("ce-sessionid");

/// The prefix of a message's metadata headers.
pub const METADATA_PREFIX: &str = "x-webpubsub-metadata-";
