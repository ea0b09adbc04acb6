//! Names of the headers that travel between the service and a web hook.

use http::HeaderName;

/// Says who wants to deliver events; the service's host name.
pub const WEBHOOK_REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
/// Answers it, one line per origin.
pub const WEBHOOK_ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");

/// The version of CloudEvents, `1.0`.
pub const CE_SPECVERSION: HeaderName = HeaderName::from_static("ce-specversion");
/// The version of Web PubSub's own headers, `1.0`.
pub const CE_AWPSVERSION: HeaderName = HeaderName::from_static("ce-awpsversion");
/// For instance `azure.webpubsub.user.message`.
pub const CE_TYPE: HeaderName = HeaderName::from_static("ce-type");
/// `/hubs/{hub}/client/{connection id}`.
pub const CE_SOURCE: HeaderName = HeaderName::from_static("ce-source");
/// Counts a connection's events.
pub const CE_ID: HeaderName = HeaderName::from_static("ce-id");
/// When it happened, in UTC.
pub const CE_TIME: HeaderName = HeaderName::from_static("ce-time");
/// `sha256=…`, once per access key.
pub const CE_SIGNATURE: HeaderName = HeaderName::from_static("ce-signature");
/// The connection.
pub const CE_CONNECTION_ID: HeaderName = HeaderName::from_static("ce-connectionid");
/// The hub.
pub const CE_HUB: HeaderName = HeaderName::from_static("ce-hub");
/// The event's bare name, for instance `connect` or `message`.
pub const CE_EVENT_NAME: HeaderName = HeaderName::from_static("ce-eventname");
/// The user, if the connection has one.
pub const CE_USER_ID: HeaderName = HeaderName::from_static("ce-userid");
/// The subprotocol, once it is settled.
pub const CE_SUBPROTOCOL: HeaderName = HeaderName::from_static("ce-subprotocol");
/// State that an earlier answer left with the connection. An answer to a blocking event
/// sets it by the same name.
pub const CE_CONNECTION_STATE: HeaderName = HeaderName::from_static("ce-connectionstate");
/// MQTT only: one physical connection of a session.
pub const CE_PHYSICAL_CONNECTION_ID: HeaderName =
    HeaderName::from_static("ce-physicalconnectionid");
/// MQTT only: the session.
pub const CE_SESSION_ID: HeaderName = HeaderName::from_static("ce-sessionid");

/// What a message's metadata headers begin with.
pub const METADATA_PREFIX: &str = "x-webpubsub-metadata-";
