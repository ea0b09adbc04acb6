//! `rooms/{id}/invites`: codes that admit users to a room.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::path::RoomPath;
use crate::access::caller::rights::Administrator;
use crate::access::seal::Purpose;
use crate::app::App;
use crate::clock::rfc3339;
use crate::conversation::room::Role;
use crate::conversation::room::invite::{self, Terms};
use crate::http::idempotency::{Created, IdempotencyHeader, KeyedCall};
use crate::http::problem::Problem;
use crate::http::problem::responses::{
    Failed, InvalidBody, KeyConflict, NotAdministrator, NotFound,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InviteBody {
    /// The role of those who use it.
    role: Role,
    /// 1 to 31536000 (one year); without it the invite does not expire.
    expires_in_seconds: Option<u32>,
    /// 1 to 100000; 1 by default.
    uses: Option<u32>,
}

/// An invite. The code is shown only once: the store holds its hash.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// The code, for `invite` in the body of a POST to `negotiate`.
    invite: String,
    role: Role,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    expires_at: Option<String>,
    uses: u32,
}

/// Hides the code, which is a credential.
impl std::fmt::Debug for Invite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invite(…)")
    }
}

/// `POST /api/rooms/{id}/invites`
#[utoipa::path(
    post, path = "/api/rooms/{id}/invites", operation_id = "createInvite", tag = "rooms",
    summary = "Create an invite to a room", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room"), IdempotencyHeader), request_body = InviteBody,
    responses(
        (status = 201, description = "The invite", body = Invite),
        InvalidBody, NotAdministrator, NotFound, KeyConflict, Failed,
    )
)]
pub async fn create(
    app: Arc<App>,
    administrator: Administrator,
    RoomPath(room): RoomPath,
    call: KeyedCall,
) -> Result<Response, Problem> {
    let body: InviteBody = call.read()?;
    let terms = Terms {
        role: body.role,
        expires_in_seconds: body.expires_in_seconds,
        uses: body.uses.unwrap_or(1),
    };
    let route = format!("invites to {room}");
    app.idempotency
        .once(&call, administrator.name(), &route, async |id| {
            let code = app.sealer.code(Purpose::Invite, room.as_str(), id);
            let now = app.clock.now();
            let stored = invite::create(&*app.store, &code, &room, &terms, now).await?;
            let answer = Invite {
                invite: code.expose_secret().to_owned(),
                role: stored.role,
                expires_at: stored.expires_at.map(rfc3339),
                uses: stored.uses_left,
            };
            Created::with_secret(StatusCode::CREATED, &answer)
        })
        .await
}
