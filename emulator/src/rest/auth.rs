//! Authorizes REST calls: a token signed for the called URL, or a token of Entra ID if the settings
//! accept it.

use http::header::HOST;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use super::error::RestError;
use crate::app::App;
use crate::token::{Claims, bearer};
use crate::transport::Scheme;

const ENTRA_AUDIENCE: &str = "https://webpubsub.azure.com";

/// Returns the emulator's URL as the caller addresses it.
pub(super) fn check(app: &App, head: &Parts) -> Result<String, RestError> {
    let host = head
        .headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let token = bearer(&head.headers).ok_or(RestError::Unauthorized)?;
    if !(app.accept_entra_tokens && is_from_entra(token, app.clock.unix_seconds())) {
        check_url(app, token, host, head)?;
    }
    let scheme = head.extensions.get::<Scheme>().copied().unwrap_or_default();
    Ok(format!("{}://{host}", scheme.name()))
}

fn is_from_entra(token: &str, now: i64) -> bool {
    Claims::unverified(token, now).is_ok_and(|claims| {
        let audiences = claims.strings("aud");
        let mut audiences = audiences.iter().map(|aud| aud.trim_end_matches('/'));
        audiences.any(|audience| audience.eq_ignore_ascii_case(ENTRA_AUDIENCE))
    })
}

fn check_url(app: &App, token: &str, host: &str, head: &Parts) -> Result<(), RestError> {
    let claims = Claims::verify(token, &app.keys, app.clock.unix_seconds()).map_err(|error| {
        tracing::info!("refused a REST call: {error}");
        RestError::Unauthorized
    })?;
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    if !claims
        .strings("aud")
        .iter()
        .any(|audience| is_for(audience, host, target))
    {
        tracing::info!("refused a REST call: its token is for another URL");
        return Err(RestError::Unauthorized);
    }
    Ok(())
}

/// Compares with the URL as it was sent, with or without its query, escaped or not, in any letter
/// case. The documentation and Microsoft's packages differ on the query.
fn is_for(audience: &str, host: &str, target: &str) -> bool {
    let audience = normalize(audience);
    let Some(audience) = audience
        .strip_prefix("http://")
        .or_else(|| audience.strip_prefix("https://"))
    else {
        return false;
    };
    let path = target.split('?').next().unwrap_or_default();
    [target, path]
        .into_iter()
        .any(|target| audience == normalize(&format!("{host}{target}")))
}

/// Decoded first: an escaped letter has a letter case, too.
fn normalize(url: &str) -> String {
    decode(url).to_lowercase()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audience_is_the_url_with_or_without_its_query() {
        let fits = |audience| {
            is_for(
                audience,
                "localhost:1",
                "/api/hubs/h/:send?filter=userId%20eq%20%27a%27",
            )
        };

        assert!(fits(
            "http://localhost:1/api/hubs/h/:send?filter=userId%20eq%20%27a%27"
        ));
        assert!(fits(
            "http://localhost:1/api/hubs/h/:send?filter=userId eq 'a'"
        ));
        assert!(fits("http://localhost:1/api/hubs/h/:send"));
        assert!(fits("https://LOCALHOST:1/api/hubs/H/:send"));
        assert!(!fits("http://localhost:1/api/hubs/other/:send"));
        assert!(!fits("http://localhost:2/api/hubs/h/:send"));
        assert!(!fits("http://localhost:1/api/hubs/h"));
    }

    #[test]
    fn the_audience_is_case_insensitive_after_decoding() {
        let fits = |audience| {
            is_for(
                audience,
                "localhost:1",
                "/api/hubs/h/groups/%C3%89%41/:send?x=1",
            )
        };

        assert!(fits("HTTP://LocalHost:1/API/HUBS/H/Groups/%c3%89%41/:Send"));
        assert!(fits("http://localhost:1/API/hubs/h/groups/ÉA/:send"));
        assert!(fits("http://localhost:1/api/hubs/h/groups/éa/:send?X=1"));
        assert!(!fits("http://localhost:1/api/hubs/h/groups/ea/:send"));
    }

    #[test]
    fn names_with_reserved_characters_match_as_sent() {
        let target = "/api/hubs/h/groups/a%2Bb%26c%3Dd%3Fe%23f/:send?api-version=2024-12-01";

        assert!(is_for(
            &format!("http://localhost:1{target}"),
            "localhost:1",
            target
        ));
    }
}
