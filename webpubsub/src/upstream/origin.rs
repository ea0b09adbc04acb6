//! The validation handshake: decides whether a service may deliver events to this webhook.

use crate::endpoint::Endpoint;

/// Further origins are ignored: the service sends little more than its own name.
const MAX_ORIGINS: usize = 16;

/// Returns the values of `WebHook-Request-Origin` that match one of our endpoints.
///
/// Each value may be a comma-separated list. Send every returned origin in a separate
/// [`WebHook-Allowed-Origin`](super::header::WEBHOOK_ALLOWED_ORIGIN) line, because the service
/// compares whole lines. Unknown origins are not returned, and neither is `*`, which would
/// let any service of any tenant deliver events.
///
/// An origin matches with or without its port, but a port must be that of our endpoint.
pub fn allowed_origins<'a>(
    requested: impl IntoIterator<Item = &'a str>,
    ours: &[Endpoint],
) -> Vec<&'a str> {
    let mut allowed: Vec<&str> = Vec::new();
    let origins = requested.into_iter().flat_map(|value| value.split(','));
    for origin in origins.map(str::trim).take(MAX_ORIGINS) {
        if ours.iter().any(|endpoint| matches(origin, endpoint)) && !allowed.contains(&origin) {
            allowed.push(origin);
        }
    }
    allowed
}

fn matches(origin: &str, endpoint: &Endpoint) -> bool {
    if origin.eq_ignore_ascii_case(endpoint.host()) {
        return true;
    }
    origin.rsplit_once(':').is_some_and(|(host, port)| {
        host.eq_ignore_ascii_case(endpoint.host()) && port == endpoint.port().to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Vec<Endpoint> {
        vec![
            "https://demo.webpubsub.azure.com".parse().unwrap(),
            "http://localhost:8080".parse().unwrap(),
        ]
    }

    #[test]
    fn our_endpoint_is_allowed_with_and_without_its_port() {
        let names = [
            "demo.webpubsub.azure.com",
            "demo.webpubsub.azure.com:443",
            "DEMO.webpubsub.azure.com",
            "localhost",
            "localhost:8080",
        ];

        for name in names {
            assert_eq!(allowed_origins([name], &ours()), [name]);
        }
    }

    #[test]
    fn an_unknown_origin_is_not_allowed() {
        let names = [
            "",
            "*",
            "evil.webpubsub.azure.com",
            "demo.webpubsub.azure.com.evil.example",
            "xdemo.webpubsub.azure.com",
            "demo.webpubsub.azure.com:8443",
            "localhost:9090",
            "localhost:+8080",
            "localhost:",
            "https://demo.webpubsub.azure.com",
            "null",
        ];

        for name in names {
            assert!(allowed_origins([name], &ours()).is_empty(), "{name}");
        }
    }

    #[test]
    fn only_our_endpoints_are_returned_from_a_list() {
        let requested = [
            "evil.example , demo.webpubsub.azure.com",
            "localhost:8080,localhost:8080",
        ];

        assert_eq!(
            allowed_origins(requested, &ours()),
            ["demo.webpubsub.azure.com", "localhost:8080"]
        );
    }

    #[test]
    fn origins_beyond_the_limit_are_ignored() {
        let origins = format!("{}localhost", "evil.example,".repeat(MAX_ORIGINS));

        assert!(allowed_origins([origins.as_str()], &ours()).is_empty());
    }
}
