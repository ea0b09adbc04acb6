//! Answers where no function matches: static files and the home page.

use bytes::Bytes;

use super::request::Request;
use crate::host::Host;
use crate::http::{Reply, ReplyBody};
use crate::static_files::read_static_file;

/// The answer to a request that no function takes.
pub(super) async fn answer(host: &Host, request: &Request) -> Reply {
    let path = request.target.path.as_str();
    let reads = matches!(
        request.head.method_text().to_ascii_uppercase().as_str(),
        "GET" | "HEAD"
    );
    if let Some(folder) = host.app.options.static_dir.clone() {
        let path = path.to_owned();
        let read = move || reads.then(|| read_static_file(&folder, &path))?;
        return match tokio::task::spawn_blocking(read).await {
            Ok(Some(file)) => Reply::new(200, ReplyBody::Sized(file.content))
                .with("Content-Type", file.media_type)
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
