//! `rooms/{id}/files`: signed URLs for files. Clients upload to and download from blob storage
//! directly.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::access::{AccessCheck, AccessQuery, Granted};
use super::path::ConversationPath;
use crate::app::App;
use crate::clock::rfc3339;
use crate::conversation::ConversationState;
use crate::conversation::attachments::SignedUrl;
use crate::conversation::file::{self, NewFile};
use crate::conversation::room::Role;
use crate::conversation::uploads;
use crate::http::extract::Query;
use crate::http::idempotency::{Created, IdempotencyHeader, KeyedCall};
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidBody, KeyConflict, NotAdmitted, NotFound};
use crate::ids::user_id::UserId;

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
    /// For `file` in the message that the file belongs to.
    #[schema(value_type = String)]
    file_id: Uuid,
    /// The URL to `PUT` the content to, once, with the header `x-ms-blob-type: BlockBlob`.
    upload_url: String,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    expires_at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Download {
    /// Serves the file as an attachment, with its declared name and type.
    download_url: String,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    expires_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// The `fileId`.
    #[param(required = true)]
    file: Option<String>,
}

/// `POST /api/rooms/{id}/files`
#[utoipa::path(
    post, path = "/api/rooms/{id}/files", operation_id = "createFile", tag = "rooms",
    summary = "Request a URL to upload a file to", security((), ("bearer" = [])),
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        AccessQuery, IdempotencyHeader,
    ),
    request_body = FileToUpload,
    responses(
        (status = 201, description = "The URL to upload to", body = Upload),
        NotAdmitted, InvalidBody, NotFound, KeyConflict, Failed,
    )
)]
pub async fn create(
    app: Arc<App>,
    check: AccessCheck,
    ConversationPath(conversation): ConversationPath,
    call: KeyedCall,
) -> Result<Response, Problem> {
    let granted = check.run(&app, &conversation, Role::Writer).await?;
    let state = ConversationState::read(&*app.store, &conversation).await?;
    granted.author(&conversation).can_post(&state)?;
    let sender = match granted {
        Granted::Administrator(user) => user.unwrap_or_else(UserId::publisher),
        Granted::Admitted(binding) => binding.user,
    };
    let FileToUpload {
        name,
        content_type,
        size,
    } = call.read()?;
    let file = NewFile::new(&name, &content_type, size)?;
    app.attachments.check_available()?;
    let (route, now) = (format!("files of {conversation}"), app.clock.now());
    let created = app
        .idempotency
        .once(&call, sender.as_str(), &route, async |id| {
            let store = &*app.store;
            let record =
                uploads::declare(store, &conversation, &state, id, file, &sender, now).await?;
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
    get, path = "/api/rooms/{id}/files", operation_id = "getFile", tag = "rooms",
    summary = "Request a URL to download a file from", security((), ("bearer" = [])),
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        FileQuery, AccessQuery,
    ),
    responses(
        (status = 200, description = "The URL to download from", body = Download),
        NotAdmitted, NotFound, Failed,
    )
)]
pub async fn get(
    app: Arc<App>,
    check: AccessCheck,
    ConversationPath(conversation): ConversationPath,
    Query(query): Query<FileQuery>,
) -> Result<Json<Download>, Problem> {
    let granted = check.run(&app, &conversation, Role::Reader).await?;
    let state = ConversationState::read(&*app.store, &conversation).await?;
    granted.author(&conversation).can_read(&state)?;
    let id = query.file;
    let id = id.ok_or_else(|| Problem::invalid_parameter("`file` is missing"))?;
    let no_such_file = || Problem::not_found("this conversation has no such file");
    let id = Uuid::try_parse(&id).map_err(|_| no_such_file())?;
    app.attachments.check_available()?;
    let found = file::find(&*app.store, &conversation, id).await?;
    let record = found
        .filter(|file| file.is_of(&state))
        .ok_or_else(no_such_file)?;
    let SignedUrl { url, expires_at } = app
        .attachments
        .for_download(&conversation, id, &record)
        .await?;
    Ok(Json(Download {
        download_url: url.into(),
        expires_at: rfc3339(expires_at),
    }))
}

/// Hides the URL, which is a credential.
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
