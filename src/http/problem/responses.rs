//! Refusals for the OpenAPI document. An operation lists those that apply to it; where two of
//! them describe one status, the last one counts.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::{MEDIA_TYPE, SCHEMA};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident { $($status:literal: $codes:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let refusals = [$(($status, $codes)),+];
                let described = |(status, codes): (u16, &str)| (status.to_string(), problem(codes));
                refusals.into_iter().map(described).collect()
            }
        }
    )+};
}

refusals! {
    /// A call with parameters.
    InvalidParameter {
        400: "`invalid_parameter`",
    }
    /// A call that names targets.
    MissingTarget {
        400: "`missing_target`, `invalid_parameter`",
    }
    /// A call with a body.
    InvalidBody {
        400: "`invalid_parameter`",
        413: "`too_large`",
    }
    /// A call that identifies its caller.
    Unauthenticated {
        401: "`unauthenticated`, `token_invalid`, `token_expired`",
    }
    /// A question to the assistant.
    NotAnswered {
        403: "`forbidden`: sign in to ask the assistant",
        422: "`content_filtered`: the content filter stopped question or answer",
        429: "`rate_limited`, `budget_spent`; `Retry-After` holds the seconds to wait",
    }
    /// A call for publishers.
    NotPublisher {
        401: "`unauthenticated`, `token_invalid`, `token_expired`",
        403: "`forbidden`: only publishers may call this",
    }
    /// A call for administrators.
    NotAdministrator {
        401: "`unauthenticated`, `token_invalid`, `token_expired`",
        403: "`forbidden`: only administrators may call this",
    }
    /// A call for publishers and for users with the right `devices`.
    NotDeviceReader {
        401: "`unauthenticated`, `token_invalid`, `token_expired`",
        403: "`forbidden`: requires the role `devices` or `publisher`",
    }
    /// A command for a device.
    NoDeviceAnswer {
        404: "`device_offline`: the device is not connected; `not_found`: IoT Hub does not know it",
        504: "`device_timeout`: the device did not answer in time, and may still carry it out",
    }
    /// A request for access to rooms, chats or sessions.
    NotAdmitted {
        400: "`invalid_parameter`",
        401: "`unauthenticated`, `token_invalid`, `token_expired`, `unknown_user`",
        403: "`forbidden`, `not_a_participant`, `not_a_member`, `password_required`, \
              `wrong_password`, `invite_required`, `invite_spent`, `banned`",
        429: "`rate_limited`; `Retry-After` holds the seconds to wait",
    }
    /// A call for users who may take part in sessions.
    UnknownUser {
        401: "`unauthenticated`, `token_invalid`, `token_expired`, `unknown_user`",
    }
    /// A call about one session.
    NotParticipant {
        403: "`not_a_participant`; also if the session does not exist",
    }
    /// A call about something that may not exist.
    NotFound {
        404: "`not_found`",
    }
    /// A call that creates something which may exist already.
    AlreadyCreated {
        409: "`already_created`",
    }
    /// A call with an `Idempotency-Key`.
    KeyConflict {
        409: "`key_in_use`: the first call with this key has not ended; `already_created`: it \
              created a secret, which is shown only once",
        422: "`key_reused`: with another body",
    }
    /// An event of the Web PubSub service. Only a `connect` event is refused as a request for
    /// access is.
    NotOurEvent {
        400: "`invalid_parameter`: the request is not an event",
        401: "`unauthenticated`; for `connect` also `token_invalid`, `token_expired`, \
              `unknown_user`",
        403: "`forbidden`; for `connect` also `origin_not_allowed` and what `negotiate` refuses",
        413: "`too_large`",
    }
    /// The validation handshake of a Web PubSub service.
    NotOurService {
        403: "`forbidden`: the handler belongs to another service",
    }
    /// A call that fails on our side.
    Failed {
        500: "`server_misconfigured`; `internal`: the outcome is unknown",
        503: "`unavailable`: try again shortly",
    }
}

fn problem(codes: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(SCHEMA)));
    ResponseBuilder::new()
        .description(codes)
        .content(MEDIA_TYPE, content.build())
        .into()
}
