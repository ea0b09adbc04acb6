//! The order and the spelling in which the host's server passes headers on.
//!
//! Headers that it knows come first, in a fixed order and in its own spelling. All others follow
//! in the order of arrival, each name in the spelling of its first line.

use bytes::Bytes;

use super::fields::Fields;

const REQUEST: &[&str] = &[
    "Accept",
    "Connection",
    "Host",
    "User-Agent",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Allow",
    "Alt-Used",
    "Authorization",
    "baggage",
    "Cache-Control",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Correlation-Context",
    "Date",
    "Expect",
    "Expires",
    "From",
    "Grpc-Accept-Encoding",
    "Grpc-Encoding",
    "Grpc-Timeout",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Modified",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Request-Id",
    "TE",
    "traceparent",
    "tracestate",
    "Trailer",
    "Transfer-Encoding",
    "Translate",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "Via",
    "Warning",
    "Content-Length",
];

const RESPONSE: &[&str] = &[
    "Content-Length",
    "Connection",
    "Content-Type",
    "Date",
    "Server",
    "Accept-Ranges",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Age",
    "Allow",
    "Alt-Svc",
    "Cache-Control",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "ETag",
    "Expires",
    "Grpc-Encoding",
    "grpc-message",
    "grpc-status",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Pragma",
    "Proxy-Authenticate",
    "Proxy-Connection",
    "Retry-After",
    "Set-Cookie",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Vary",
    "Via",
    "Warning",
    "WWW-Authenticate",
];

/// A header name with all its values.
#[derive(Debug)]
pub(crate) struct FoldedHeader {
    pub(crate) name: Bytes,
    pub(crate) values: Vec<Bytes>,
    rank: usize,
}

impl FoldedHeader {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    pub(crate) fn joined(&self, separator: &str) -> Vec<u8> {
        self.values.join(separator.as_bytes())
    }
}

/// A request's headers as the host's code sees them.
pub(crate) fn fold_request(fields: &Fields) -> Vec<FoldedHeader> {
    fold(fields, REQUEST)
}

/// An answer's headers as the host's server writes them. A repeated name stays repeated, but its
/// lines come together and in one spelling.
pub(crate) fn order_response(fields: &Fields) -> Vec<FoldedHeader> {
    fold(fields, RESPONSE)
}

fn fold(fields: &Fields, known: &'static [&'static str]) -> Vec<FoldedHeader> {
    let mut folded: Vec<FoldedHeader> = Vec::with_capacity(fields.len());
    for (name, value) in fields.iter() {
        if let Some(same) = folded
            .iter_mut()
            .find(|other| other.name.eq_ignore_ascii_case(name))
        {
            same.values.push(value.clone());
            continue;
        }
        let rank = known
            .iter()
            .position(|other| other.as_bytes().eq_ignore_ascii_case(name));
        let spelling = rank.and_then(|rank| known.get(rank));
        folded.push(FoldedHeader {
            name: spelling.map_or_else(
                || name.clone(),
                |known| Bytes::from_static(known.as_bytes()),
            ),
            values: vec![value.clone()],
            rank: rank.unwrap_or(known.len()),
        });
    }
    folded.sort_by_key(|one| one.rank);
    folded
}
