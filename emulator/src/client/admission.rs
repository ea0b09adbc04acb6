//! Authenticates a client before its WebSocket upgrade, and reads the mode of a simple client.

use http::header::HeaderMap;
use http::{StatusCode, Uri};

use crate::app::App;
use crate::config::HubConfig;
use crate::frame::SimpleMode;
use crate::names;
use crate::query::Query;
use crate::token::{Claims, bearer};

/// The HTTP response to a handshake that fails before the upgrade.
#[derive(Debug)]
pub(crate) struct HandshakeError {
    pub(crate) status: StatusCode,
    pub(crate) reason: &'static str,
}

impl HandshakeError {
    pub(super) fn bad_request(reason: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            reason,
        }
    }

    fn unauthorized() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            reason: "",
        }
    }
}

/// The claims of the client's token. They are empty for an anonymous client, if the hub allows it.
pub(super) fn authenticate(
    app: &App,
    config: &HubConfig,
    hub: &str,
    host: &str,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Claims, HandshakeError> {
    let Some(token) = query.get("access_token").or_else(|| bearer(headers)) else {
        return if config.anonymous {
            Ok(Claims::default())
        } else {
            Err(HandshakeError::unauthorized())
        };
    };
    let claims = Claims::verify(token, &app.keys, app.clock.unix_seconds()).map_err(|error| {
        tracing::info!(hub, "refused a client of hub {hub}: {error}");
        HandshakeError::unauthorized()
    })?;
    if !claims
        .strings("aud")
        .iter()
        .any(|audience| is_for(audience, hub, host))
    {
        tracing::info!(
            hub,
            "a client of hub {hub} was refused: its token is for another audience"
        );
        return Err(HandshakeError::unauthorized());
    }
    if !claims
        .strings("webpubsub.group")
        .iter()
        .all(|group| names::is_group(group))
    {
        return Err(HandshakeError::bad_request(
            "The token contains an invalid group name.",
        ));
    }
    Ok(claims)
}

/// Whether the audience is the URL of the hub's endpoint, in either of its forms and any letter
/// case.
fn is_for(audience: &str, hub: &str, host: &str) -> bool {
    let Ok(uri) = audience.parse::<Uri>() else {
        return false;
    };
    let at_home = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri
            .authority()
            .is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host));
    let path = uri.path().trim_end_matches('/').to_ascii_lowercase();
    let names_hub = match path.as_str() {
        "/client" => {
            let query = Query::parse(uri.query().unwrap_or_default());
            query
                .get("hub")
                .is_none_or(|named| named.eq_ignore_ascii_case(hub))
        }
        path => path
            .strip_prefix("/client/hubs/")
            .is_some_and(|named| named == hub),
    };
    at_home && names_hub
}

/// Reads the mode of a simple client from its URL.
pub(super) fn simple_mode(query: &Query) -> Result<SimpleMode, HandshakeError> {
    match query
        .get("webpubsub_mode")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("" | "sendevent") => Ok(SimpleMode::SendEvent),
        Some("sendtogroup") => {
            let group = query.get("group").filter(|group| names::is_group(group));
            let group = group.ok_or(HandshakeError::bad_request(
                "The raw sendToGroup group name is invalid.",
            ))?;
            let no_echo = match query.get("noEcho").map(str::to_ascii_lowercase).as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => return Err(HandshakeError::bad_request("The noEcho value is invalid.")),
            };
            Ok(SimpleMode::SendToGroup {
                group: group.to_owned(),
                no_echo,
            })
        }
        Some(_) => Err(HandshakeError::bad_request(
            "Invalid webpubsub_mode. Valid modes are sendToGroup and sendEvent.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_hub_on_one_host() {
        let fits = |audience| is_for(audience, "chat", "localhost:8080");

        assert!(fits("http://localhost:8080/client/hubs/chat"));
        assert!(fits("https://LOCALHOST:8080/client/hubs/Chat"));
        assert!(fits("http://localhost:8080/client/?hub=chat"));
        assert!(fits("http://localhost:8080/client"));
        assert!(!fits("http://localhost:8080/client/hubs/other"));
        assert!(!fits("http://localhost:8080/client/?hub=other"));
        assert!(!fits("http://localhost:8081/client/hubs/chat"));
        assert!(!fits("ws://localhost:8080/client/hubs/chat"));
        assert!(!fits("chat"));
    }

    #[test]
    fn a_simple_client_sends_events_unless_its_url_names_a_group() {
        let mode = |query| simple_mode(&Query::parse(query)).map_err(|refusal| refusal.status);

        assert_eq!(mode(""), Ok(SimpleMode::SendEvent));
        assert_eq!(
            mode("webpubsub_mode=sendToGroup&group=g&noEcho=true"),
            Ok(SimpleMode::SendToGroup {
                group: "g".to_owned(),
                no_echo: true
            })
        );
        assert_eq!(
            mode("webpubsub_mode=sendToGroup"),
            Err(StatusCode::BAD_REQUEST)
        );
        assert_eq!(
            mode("webpubsub_mode=other&group=g"),
            Err(StatusCode::BAD_REQUEST)
        );
    }
}
