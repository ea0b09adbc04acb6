//! A front end that runs in the host's process.

use std::fmt::Debug;
use std::net::SocketAddr;

use bytes::Bytes;

/// A front end in the host's process, for what a folder of files cannot do.
///
/// A request that a function takes never gets here. The site's answers are its own: the host adds
/// neither the headers of host.json nor those of CORS, and answers no preflight in its place.
pub trait Site: Debug + Send + Sync {
    /// Whether the site answers requests for this path, whatever their method.
    fn takes(&self, path: &str) -> bool;

    /// Answers a request. It may read files: no other request waits for it.
    fn answer(&self, request: &SiteRequest) -> SiteReply;
}

/// A request for a [`Site`].
#[derive(Debug, Clone)]
pub struct SiteRequest {
    pub method: String,
    /// Decoded once, dot segments removed; an encoded slash stays encoded.
    pub path: String,
    pub peer: SocketAddr,
    /// In the order in which they arrived. A value that is not UTF-8 contains replacement
    /// characters.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// The answer of a [`Site`].
#[derive(Debug, Clone)]
pub struct SiteReply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl SiteRequest {
    /// The values of all headers with this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The value of a header that occurs exactly once.
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }
}

impl SiteReply {
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
