use super::fault::Fault;
use crate::app::CorsSettings;
use crate::http::{Fields, Reply};

/// For how many seconds a page need not ask again.
const REMEMBERED_FOR: &str = "600";

/// Whether a browser asks, before it sends a request of a page's.
pub(super) fn is_preflight(fields: &Fields, method: &[u8]) -> bool {
    method == b"OPTIONS"
        && fields.contains("Origin")
        && fields.contains("Access-Control-Request-Method")
}

/// What a browser is told that asks whether a page may send a request.
pub(super) fn preflight(cors: Option<&CorsSettings>, fields: &Fields) -> Reply {
    let mut reply = Reply::empty(200);
    if !allow(cors, fields, &mut reply) {
        return Fault::PageNotAllowed.reply();
    }
    for (asked, answer) in [
        (
            "Access-Control-Request-Method",
            "Access-Control-Allow-Methods",
        ),
        (
            "Access-Control-Request-Headers",
            "Access-Control-Allow-Headers",
        ),
    ] {
        if let Some(value) = fields.get(asked).filter(|value| value.is_ascii()) {
            reply.fields.push(answer, value.clone());
        }
    }
    reply.with("Access-Control-Max-Age", REMEMBERED_FOR)
}

/// Lets a listed page read an answer, with all of its headers.
pub(super) fn open(cors: Option<&CorsSettings>, fields: &Fields, reply: &mut Reply) {
    let names: Vec<String> = reply
        .fields
        .iter()
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect();
    if allow(cors, fields, reply) {
        // Those that the connection adds.
        let exposed = format!("{},Content-Length,Date", names.join(","));
        reply.fields.push("Access-Control-Expose-Headers", exposed);
    }
}

fn allow(cors: Option<&CorsSettings>, fields: &Fields, reply: &mut Reply) -> bool {
    let (Some(cors), Some(origin)) = (cors, fields.text("Origin")) else {
        return false;
    };
    let any = cors.origins.iter().any(|listed| listed == "*");
    let mut origins = cors.origins.iter();
    if !any && !origins.any(|listed| listed.eq_ignore_ascii_case(origin)) {
        return false;
    }
    let allowed = if any { "*" } else { origin };
    reply
        .fields
        .push("Access-Control-Allow-Origin", allowed.to_owned());
    if !any {
        reply.fields.push("Vary", "Origin");
    }
    if cors.credentials && !any {
        reply
            .fields
            .push("Access-Control-Allow-Credentials", "true");
    }
    true
}
