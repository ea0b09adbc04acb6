//! The order and the spelling in which the host's server passes headers on.
//!
//! Headers that it knows come first, in a fixed order and in its own spelling. All others follow
//! in the order of arrival, each name in the spelling of its first line.

use std::sync::LazyLock;

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

/// Known names by their length, with their ranks: most names are compared with one or two.
struct Known(Vec<Vec<(usize, &'static str)>>);

static KNOWN_IN_REQUEST: LazyLock<Known> = LazyLock::new(|| Known::new(REQUEST));
static KNOWN_IN_RESPONSE: LazyLock<Known> = LazyLock::new(|| Known::new(RESPONSE));

impl Known {
    fn new(names: &[&'static str]) -> Self {
        let longest = names.iter().map(|name| name.len()).max().unwrap_or(0);
        let mut by_length = vec![Vec::new(); longest + 1];
        for (rank, name) in names.iter().enumerate() {
            by_length[name.len()].push((rank, *name));
        }
        Self(by_length)
    }

    fn find(&self, name: &[u8]) -> Option<(usize, &'static str)> {
        let mut alike = self.0.get(name.len())?.iter();
        alike
            .find(|(_, known)| known.as_bytes().eq_ignore_ascii_case(name))
            .copied()
    }
}

/// A header name with all its values.
#[derive(Debug)]
pub(crate) struct FoldedHeader {
    pub(crate) name: Bytes,
    first: Bytes,
    /// Allocates nothing for a header with one line, as nearly all are.
    others: Vec<Bytes>,
    rank: usize,
}

impl FoldedHeader {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Bytes> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Appends the values.
    pub(crate) fn join(&self, separator: &str, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.first);
        for value in &self.others {
            into.extend_from_slice(separator.as_bytes());
            into.extend_from_slice(value);
        }
    }

    pub(crate) fn joined(&self, separator: &str) -> Vec<u8> {
        let mut joined = Vec::with_capacity(self.first.len());
        self.join(separator, &mut joined);
        joined
    }
}

/// A request's headers as the host's code sees them.
pub(crate) fn fold_request(fields: &Fields) -> Vec<FoldedHeader> {
    fold(fields, &KNOWN_IN_REQUEST)
}

/// An answer's headers as the host's server writes them. A repeated name stays repeated, but its
/// lines come together and in one spelling.
pub(crate) fn order_response(fields: &Fields) -> Vec<FoldedHeader> {
    fold(fields, &KNOWN_IN_RESPONSE)
}

fn fold(fields: &Fields, known: &Known) -> Vec<FoldedHeader> {
    let mut folded: Vec<FoldedHeader> = Vec::with_capacity(fields.len());
    for (name, value) in fields.iter() {
        if let Some(same) = folded
            .iter_mut()
            .find(|other| other.name.eq_ignore_ascii_case(name))
        {
            same.others.push(value.clone());
            continue;
        }
        let (rank, name) = match known.find(name) {
            Some((rank, spelling)) => (rank, Bytes::from_static(spelling.as_bytes())),
            None => (usize::MAX, name.clone()),
        };
        folded.push(FoldedHeader {
            name,
            first: value.clone(),
            others: Vec::new(),
            rank,
        });
    }
    folded.sort_by_key(|one| one.rank);
    folded
}
