//! `rooms/{id}/files`: where to put a file and where to get it. The content goes straight to blob
//! storage and comes straight from there.

use std::sync::Arc;

use axum::Json;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{AccessCheck, AccessQuery, ConversationPath, Granted, Refusals};
use crate::app::App;
use crate::clock::rfc3339;
use crate::conversation::ConversationState;
use crate::conversation::attachments::SignedUrl;
use crate::conversation::file::{self, NewFile};
use crate::conversation::room::Role;
use crate::http::extract::query_parameter;
use crate::http::idempotency::{Created, IdempotencyHeader, KeyedCall};
use crate::http::problem::{Problem, ProblemBody};
use crate::ids::user_id::UserId;

/// Who a back end speaks as when it names nobody.
const PUBLISHER: &str = "publisher";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileToUpload {
    /// 1 to 255 characters, without `/`, `\` and control characters.
    #[schema(example = "holiday.jpg")]
    name: String,
    #[schema(example = "image/jpeg")]
    content_type: String,
    /// In bytes, 1 to 104857600 (100 MiB).
    size: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// For `file` in the message that brings it along.
    #[schema(value_type = String)]
    file_id: Uuid,
    /// Where to `PUT` the content, once, with the header `x-ms-blob-type: BlockBlob`.
    upload_url: String,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    expires_at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Download {
    /// Gives the file as an attachment, with the name and type that it was said to have.
    download_url: String,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    expires_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query")]
pub struct WhichFile {
    /// Its `fileId`.
    file: String,
}

/// `POST /api/rooms/{id}/files`
#[utoipa::path(
    post, path = "/api/rooms/{id}/files", summary = "Where to upload a file", tag = "rooms",
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        AccessQuery, IdempotencyHeader,
    ),
    request_body = FileToUpload,
    responses(
        (status = 201, description = "Where to put it", body = Upload),
        (status = 409, description = "`key_in_use`: the first call with this key has not ended", body = ProblemBody),
        (status = 422, description = "`key_reused`: with another body", body = ProblemBody),
        Refusals,
    )
)]
pub async fn upload(
    app: Arc<App>,
    check: AccessCheck,
    ConversationPath(conversation): ConversationPath,
    call: KeyedCall,
) -> Result<Response, Problem> {
    let granted = check.decide(&app, &conversation, Role::Writer).await?;
    let state = ConversationState::read(&*app.store, &conversation).await?;
    granted.author(&conversation).can_post(&state)?;
    let sender = match granted {
        Granted::Administrator(user) => user.map_or_else(|| UserId::parse(PUBLISHER), Ok),
        Granted::Admitted(binding) => Ok(binding.user),
    };
    let sender = sender.map_err(|error| Problem::invalid_parameter(error.to_string()))?;
    let FileToUpload {
        name,
        content_type,
        size,
    } = call.read()?;
    let wanted = NewFile::new(&name, &content_type, size)?;
    app.attachments.check_available()?;
    let (route, now) = (format!("files of {conversation}"), app.clock.now());
    let created = app
        .idempotency
        .once(&call, sender.as_str(), &route, async |id| {
            let store = &*app.store;
            let record =
                file::declare(store, &conversation, &state, id, wanted, &sender, now).await?;
            let SignedUrl { url, expires_at } = app
                .attachments
                .for_upload(&conversation, id, &record)
                .await?;
            let answer = Upload {
                file_id: id,
                upload_url: url.into(),
                expires_at: rfc3339(expires_at),
            };
            Created::new(StatusCode::CREATED, &answer)
        });
    created.await
}

/// `GET /api/rooms/{id}/files`
#[utoipa::path(
    get, path = "/api/rooms/{id}/files", summary = "Where to download a file", tag = "rooms",
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        WhichFile, AccessQuery,
    ),
    responses((status = 200, description = "Where to get it", body = Download), Refusals)
)]
pub async fn download(
    app: Arc<App>,
    check: AccessCheck,
    ConversationPath(conversation): ConversationPath,
    RawQuery(query): RawQuery,
) -> Result<Json<Download>, Problem> {
    let granted = check.decide(&app, &conversation, Role::Reader).await?;
    let state = ConversationState::read(&*app.store, &conversation).await?;
    granted.author(&conversation).can_read(&state)?;
    let named = query_parameter(query.as_deref(), "file")
        .ok_or(Problem::invalid_parameter("`file` says which file"))?;
    let no_such = || Problem::not_found("there is no such file here");
    let id = Uuid::try_parse(&named).map_err(|_| no_such())?;
    app.attachments.check_available()?;
    let found = file::find(&*app.store, &conversation, id).await?;
    let record = found
        .filter(|file| file.is_of(&state))
        .ok_or_else(no_such)?;
    let SignedUrl { url, expires_at } = app
        .attachments
        .for_download(&conversation, id, &record)
        .await?;
    Ok(Json(Download {
        download_url: url.into(),
        expires_at: rfc3339(expires_at),
    }))
}

/// Whoever holds an address may use it.
impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({})", self.file_id)
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Download(…)")
    }
}
