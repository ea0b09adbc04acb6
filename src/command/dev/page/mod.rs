//! The page that `dev` serves at `/` of the Functions address: its files, a page that says how far
//! the build is, and the sign-in for developers.

mod build;
mod policy;
mod progress;
mod sign_in;
mod sources;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use devhost::{Site, SiteReply, SiteRequest, read_static_file};
use serde_json::json;

pub(super) use build::build;
pub(super) use policy::PageAccess;
use policy::Policy;
pub(super) use progress::Progress;
use progress::State;
use sign_in::SignIn;

/// Names of files below it contain a hash of their content.
const HASHED: &str = "/assets/";

#[derive(Debug)]
pub(super) struct Page {
    /// The built files.
    files: PathBuf,
    progress: Arc<Progress>,
    policy: Policy,
    /// Exists only while `dev` itself made the secret that signs users' tokens.
    sign_in: Option<SignIn>,
}

impl Page {
    pub(super) fn new(
        files: PathBuf,
        progress: Arc<Progress>,
        access: PageAccess,
        host: SocketAddr,
    ) -> Self {
        Self {
            files,
            progress,
            policy: Policy::new(&access.connects_to),
            sign_in: access
                .token_issuer
                .map(|identity| SignIn::new(identity, host.port())),
        }
    }

    fn file(&self, path: &str) -> SiteReply {
        let Some(file) = read_static_file(&self.files, path) else {
            return SiteReply::new(404, "no such file").with("Content-Type", "text/plain");
        };
        let lifetime = if path.starts_with(HASHED) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        SiteReply::new(200, file.content)
            .with("Content-Type", file.media_type)
            .with("Cache-Control", lifetime)
    }

    /// The page's settings in this run. The built file of the same name is for deployments.
    fn settings(&self) -> SiteReply {
        let sign_in = self.sign_in.as_ref().map(|_| sign_in::PATH);
        SiteReply::new(200, json!({ "signIn": sign_in }).to_string())
            .with("Content-Type", "application/json")
            .with("Cache-Control", "no-store")
    }
}

impl Site for Page {
    /// The functions' paths, and the host's own, stay as they are without a page.
    fn takes(&self, path: &str) -> bool {
        let first = path.split('/').nth(1).unwrap_or_default();
        !["api", "admin"]
            .iter()
            .any(|own| first.eq_ignore_ascii_case(own))
    }

    fn answer(&self, request: &SiteRequest) -> SiteReply {
        let path = request.path.as_str();
        let reply = match (&self.sign_in, path) {
            (Some(sign_in), sign_in::PATH) => sign_in.answer(request),
            _ if !matches!(request.method.as_str(), "GET" | "HEAD") => {
                SiteReply::new(405, "").with("Allow", "GET, HEAD")
            }
            (_, progress::STYLE_PATH) => progress::style(),
            (_, "/config.json") => self.settings(),
            _ => match self.progress.state() {
                State::Built => self.file(path),
                state if path == "/" => progress::page(&state),
                _ => SiteReply::new(404, "the page is not built yet")
                    .with("Content-Type", "text/plain"),
            },
        };
        self.policy.apply(reply)
    }
}
