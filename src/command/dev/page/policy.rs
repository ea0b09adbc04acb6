//! The headers that limit what the page may do in a browser.

use devhost::SiteReply;

use crate::config::{Config, IdentityConfig, Source};

/// The hosts that the page may reach, and whether it may sign in by name.
#[derive(Debug, Default)]
pub(in crate::command::dev) struct PageAccess {
    /// The origins of the Web PubSub service and of blob storage.
    pub(super) connects_to: Vec<String>,
    /// The claims and the secret of users' tokens, if `dev` may issue them.
    pub(super) token_issuer: Option<IdentityConfig>,
}

impl PageAccess {
    /// With invalid settings the page reaches nothing but the host, which says what is wrong.
    pub(in crate::command::dev) fn new(settings: Source<'_>, issues_tokens: bool) -> Self {
        let mut connects_to = Vec::new();
        if let Ok(config) = Config::from_settings(settings) {
            let endpoint = config.web_pubsub.endpoint;
            let scheme = if endpoint.is_secure() { "wss" } else { "ws" };
            connects_to.push(format!("{scheme}://{}", endpoint.authority()));
            let blobs = config.storage.and_then(|account| account.blobs);
            connects_to.extend(blobs.map(|blobs| blobs.origin().ascii_serialization()));
        }
        Self {
            connects_to,
            token_issuer: issues_tokens.then(|| IdentityConfig::from_settings(settings)),
        }
    }
}

#[derive(Debug)]
pub(super) struct Policy(String);

impl Policy {
    pub(super) fn new(connects_to: &[String]) -> Self {
        let connects_to = connects_to.join(" ");
        // `blob:` is for previews of files. Trusted Types switch off every way to write HTML.
        Self(format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
             media-src blob:; connect-src 'self' {connects_to}; manifest-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        ))
    }

    pub(super) fn apply(&self, reply: SiteReply) -> SiteReply {
        reply
            .with("Content-Security-Policy", self.0.clone())
            .with("X-Content-Type-Options", "nosniff")
            .with("Referrer-Policy", "no-referrer")
            .with("Cross-Origin-Opener-Policy", "same-origin")
            .with(
                "Permissions-Policy",
                "camera=(), geolocation=(), microphone=(self)",
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(settings: &[(&str, &str)]) -> PageAccess {
        let source = |name: &str| {
            let found = settings.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        PageAccess::new(&source, false)
    }

    #[test]
    fn the_page_may_connect_to_the_service_and_the_blobs_of_this_run() {
        let access = access(&[
            (
                "AZURE_WEB_PUBSUB_CONNECTION_STRING",
                "Endpoint=https://name.webpubsub.azure.com;AccessKey=a2V5;Version=1.0;",
            ),
            (
                "AzureWebJobsStorage",
                "DefaultEndpointsProtocol=https;AccountName=files;AccountKey=a2V5;\
                 EndpointSuffix=core.windows.net",
            ),
        ]);

        assert_eq!(
            access.connects_to,
            [
                "wss://name.webpubsub.azure.com",
                "https://files.blob.core.windows.net"
            ]
        );
        assert!(access.token_issuer.is_none());
    }

    #[test]
    fn with_invalid_settings_it_may_connect_to_the_host_alone() {
        assert!(access(&[]).connects_to.is_empty());
    }
}
