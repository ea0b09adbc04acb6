//! Files of a front end, read from a folder.

use std::path::{Path, PathBuf};

use bytes::Bytes;

/// A file of a front end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    pub media_type: &'static str,
    pub content: Bytes,
}

/// Reads a file below `folder`, or the `index.html` of a folder there. `path` is the path of a
/// request, decoded. Hidden files are never read, and neither is anything outside the folder,
/// not even through a symbolic link.
pub fn read_static_file(folder: &Path, path: &str) -> Option<StaticFile> {
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
    Some(StaticFile {
        media_type: media_type(&extension.to_ascii_lowercase()),
        content: content.into(),
    })
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
