//! `rooms`: rooms that administrators set up and keep in order, and what is said in them.

pub mod files;
pub mod invites;
pub mod messages;
pub mod presence;
pub mod record;
pub mod sanctions;

mod access;
mod live;
mod path;

use crate::http::problem::ProblemBody;

pub use access::{AccessCheck, AccessQuery, Granted};
pub use path::{ConversationPath, RoomPath};

/// For the OpenAPI document: how any of these may be refused.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "describes what `Problem` writes")]
pub(crate) enum Refusals {
    /// `invalid_parameter`
    #[response(status = 400)]
    Malformed(ProblemBody),
    /// `unauthenticated`, `token_invalid`, `token_expired`, `unknown_user`
    #[response(status = 401)]
    Unidentified(ProblemBody),
    /// `forbidden`, or one of `negotiate`'s refusals
    #[response(status = 403)]
    NotAdmitted(ProblemBody),
    /// `not_found`
    #[response(status = 404)]
    NowhereFound(ProblemBody),
    /// `too_large`
    #[response(status = 413)]
    TooLarge(ProblemBody),
    /// `rate_limited`: too many wrong passwords
    #[response(status = 429)]
    RateLimited(ProblemBody),
    /// `server_misconfigured`, `internal`
    #[response(status = 500)]
    Misconfigured(ProblemBody),
    /// `unavailable`
    #[response(status = 503)]
    Unavailable(ProblemBody),
}
