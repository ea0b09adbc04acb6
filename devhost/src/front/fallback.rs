//! Answers where no function matches: static files and the home page.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::request::Request;
use crate::host::Host;
use crate::http::{Reply, ReplyBody};

/// The answer to a request that no function takes.
pub(super) async fn answer(host: &Host, request: &Request) -> Reply {
    let path = request.target.path.as_str();
    let reads = matches!(
        request.head.method_text().to_ascii_uppercase().as_str(),
        "GET" | "HEAD"
    );
    if let Some(folder) = host.app.options.static_dir.clone() {
        let path = path.to_owned();
        let found = tokio::task::spawn_blocking(move || reads.then(|| read(&folder, &path))?).await;
        return match found {
            Ok(Some((media_type, content))) => Reply::new(200, ReplyBody::Sized(content))
                .with("Content-Type", media_type)
                .with("Cache-Control", "no-cache"),
            _ => Reply::empty(404),
        };
    }
    if path != "/" {
        return Reply::empty(404);
    }
    if host.app.settings.is_true("AzureWebJobsDisableHomepage") {
        return Reply::new(204, ReplyBody::Absent);
    }
    Reply::new(200, ReplyBody::Sized(Bytes::from_static(HOME.as_bytes())))
        .with("Content-Type", "text/html")
}

const HOME: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <title>Functions</title>\n\
    <h1>Your function app is up and running</h1>\n\
    <p>No function has the route <code>/</code>, so the host answers.\n</html>\n";

/// Reads a file below `folder`; returns its media type and its content.
fn read(folder: &Path, path: &str) -> Option<(&'static str, Bytes)> {
    let mut file = folder.to_owned();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if segment.starts_with('.') || segment.contains(['\\', '\0', ':']) {
            return None;
        }
        file.push(segment);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    // A symbolic link must not lead out of the folder.
    let (file, folder): (PathBuf, PathBuf) =
        (file.canonicalize().ok()?, folder.canonicalize().ok()?);
    if !file.starts_with(folder) {
        return None;
    }
    let content = std::fs::read(&file).ok()?;
    let extension = file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    Some((media_type(&extension.to_ascii_lowercase()), content.into()))
}

fn media_type(extension: &str) -> &'static str {
    match extension {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
