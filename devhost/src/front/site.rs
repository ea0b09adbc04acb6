//! Requests that the app's site answers.

use super::request::{Request, RequestBodyError};
use crate::host::Host;
use crate::http::{Fields, Reply, ReplyBody, Wire};
use crate::site::{SiteReply, SiteRequest};

/// The maximum size of a request's body. It is held in memory, and a site is called by forms and
/// scripts, not with files.
const MAX_BODY: u64 = 64 * 1024;

/// Whether the app has a site that answers this path.
pub(super) fn takes(host: &Host, path: &str) -> bool {
    let site = host.app.options.site.as_ref();
    site.is_some_and(|site| site.takes(path))
}

pub(super) async fn answer(host: &Host, wire: &mut Wire, request: &mut Request) -> Reply {
    let Some(site) = host.app.options.site.clone() else {
        return Reply::empty(404);
    };
    request.limit_body(MAX_BODY);
    let body = match request.body(wire).await {
        Ok(body) => body,
        Err(RequestBodyError::TooLarge(_)) => return refused(413),
        Err(_) => return refused(400),
    };
    let request = SiteRequest {
        method: request.head.method_text().to_ascii_uppercase(),
        path: request.target.path.clone(),
        peer: request.peer,
        headers: headers(&request.head.fields),
        body,
    };
    match tokio::task::spawn_blocking(move || site.answer(&request)).await {
        Ok(answered) => reply(answered),
        Err(_) => Reply::failed(),
    }
}

/// After a body that was not read to its end, the connection cannot be used again.
fn refused(status: u16) -> Reply {
    Reply::empty(status).with("Connection", "close")
}

fn headers(fields: &Fields) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let pairs = fields.iter();
    pairs
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn reply(answered: SiteReply) -> Reply {
    let mut reply = Reply::new(answered.status, ReplyBody::Sized(answered.body));
    for (name, value) in answered.headers {
        reply.fields.push(name, value);
    }
    reply
}
