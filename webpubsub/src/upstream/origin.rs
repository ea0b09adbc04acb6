//! The handshake before any event: may this service deliver here?

use crate::endpoint::Endpoint;

/// More origins than this are not looked at: the service names itself, and little else.
const MAX_ORIGINS: usize = 16;

/// Picks from the values of `WebHook-Request-Origin` those that are one of our endpoints.
///
/// Each value may be a comma list. Send every one that comes back as a
/// [`WebHook-Allowed-Origin`](super::header::WEBHOOK_ALLOWED_ORIGIN) line of its own: the
/// other side compares a line as a whole. Nothing comes back for a stranger, and never `*`,
/// which would let any service of any tenant deliver events.
///
/// A service may name itself with or without its port, so both forms are its name; a form
/// with a port that is not our endpoint's is someone else's.
pub fn allowed_origins<'a>(
    requested: impl IntoIterator<Item = &'a str>,
    ours: &[Endpoint],
) -> Vec<&'a str> {
    let mut allowed: Vec<&str> = Vec::new();
    let origins = requested.into_iter().flat_map(|value| value.split(','));
    for origin in origins.map(str::trim).take(MAX_ORIGINS) {
        if ours.iter().any(|endpoint| names(origin, endpoint)) && !allowed.contains(&origin) {
            allowed.push(origin);
        }
    }
    allowed
}

fn names(origin: &str, endpoint: &Endpoint) -> bool {
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
    fn our_endpoint_is_known_with_and_without_its_port() {
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
    fn a_stranger_gets_nothing() {
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
    fn of_several_ours_alone_are_echoed() {
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
    fn a_flood_of_origins_is_cut_short() {
        let flood = format!("{}localhost", "evil.example,".repeat(MAX_ORIGINS));

        assert!(allowed_origins([flood.as_str()], &ours()).is_empty());
    }
}
