//! `POST /dev/token`: signs in anyone by name, for the page on the developer's own machine.
//!
//! A caller can become any user. So this exists only while `dev` made the signing secret itself, and
//! it answers the page alone: a request from this machine, to a name that no DNS server can give it,
//! with the page's own origin, and not forwarded by a proxy or tunnel.

use devhost::{SiteReply, SiteRequest};
use serde::Deserialize;
use serde_json::json;

use crate::clock::{Clock, rfc3339};
use crate::command::token::{TokenClaims, sign};
use crate::config::IdentityConfig;

pub(super) const PATH: &str = "/dev/token";

const LIFETIME_MINUTES: u32 = 60;
const MAX_NAME: usize = 128;
const MAX_LIST: usize = 20;

/// Headers that proxies and tunnels add.
const FORWARDED: [&str; 8] = [
    "Forwarded",
    "Via",
    "X-Real-IP",
    "X-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "CF-Ray",
    "X-Original-Host",
];
const FORWARDED_PREFIX: &str = "x-forwarded-";

#[derive(Debug)]
pub(super) struct SignIn {
    identity: IdentityConfig,
    /// The values of `Host` under which the page is opened.
    hosts: [String; 3],
    clock: Clock,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    user: String,
    name: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    orgs: Vec<String>,
}

/// Why a request is refused: a status, a code and a sentence.
type Refusal = (u16, &'static str, &'static str);

impl SignIn {
    pub(super) fn new(identity: IdentityConfig, port: u16) -> Self {
        // Clients leave the port out if it is the scheme's own.
        let with_port = |name: &str| match port {
            80 => name.to_owned(),
            port => format!("{name}:{port}"),
        };
        Self {
            identity,
            hosts: ["localhost", "127.0.0.1", "[::1]"].map(with_port),
            clock: Clock::system(),
        }
    }

    pub(super) fn answer(&self, request: &SiteRequest) -> SiteReply {
        let reply = match self.token(request) {
            Ok(body) => SiteReply::new(200, body).with("Content-Type", "application/json"),
            Err((status, code, detail)) => {
                let problem = json!({
                    "type": "about:blank",
                    "title": code,
                    "status": status,
                    "detail": detail,
                    "code": code,
                });
                let reply = SiteReply::new(status, problem.to_string())
                    .with("Content-Type", "application/problem+json");
                match status {
                    405 => reply.with("Allow", "POST"),
                    _ => reply,
                }
            }
        };
        reply.with("Cache-Control", "no-store")
    }

    fn token(&self, request: &SiteRequest) -> Result<String, Refusal> {
        self.guard(request)?;
        let input: Input = serde_json::from_slice(&request.body).map_err(|_| {
            let expected = "the body must be {user, name?, roles?, orgs?}";
            (400, "invalid_parameter", expected)
        })?;
        check(&input)?;
        let minutes = LIFETIME_MINUTES;
        let claims = TokenClaims {
            user: &input.user,
            name: input.name.as_deref(),
            roles: &input.roles,
            organizations: &input.orgs,
            minutes,
        };
        let now = self.clock.now();
        let failed = (500, "internal", "failed to sign the token");
        let secret = self
            .identity
            .jwt
            .as_ref()
            .and_then(|jwt| jwt.secret.as_ref());
        let secret = secret.ok_or(failed)?;
        let token = sign(&claims, &self.identity, secret, now.as_second()).map_err(|_| failed)?;
        let expires_at = now + jiff::SignedDuration::from_mins(i64::from(minutes));
        Ok(json!({ "token": token, "expiresAt": rfc3339(expires_at) }).to_string())
    }

    fn guard(&self, request: &SiteRequest) -> Result<(), Refusal> {
        let forbidden = |why| Err((403, "forbidden", why));
        let is_forwarded = request.headers.iter().any(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name.starts_with(FORWARDED_PREFIX)
                || FORWARDED.iter().any(|own| name.eq_ignore_ascii_case(own))
        });
        if is_forwarded || !request.peer.ip().to_canonical().is_loopback() {
            return forbidden("only a browser on this machine may sign in here");
        }
        let Some(host) = request.only("Host").filter(|host| self.knows(host)) else {
            return forbidden("open the page at http://localhost or http://127.0.0.1");
        };
        // The origin is the one of this very request, so that the page on `localhost` and a page on
        // another port of this machine stay apart.
        let origin = request.only("Origin").unwrap_or_default();
        let is_own = origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host));
        if !is_own {
            return forbidden("only the page itself may sign in here");
        }
        if let Some(site) = request.only("Sec-Fetch-Site")
            && site != "same-origin"
        {
            return forbidden("only the page itself may sign in here");
        }
        if request.method != "POST" {
            return Err((405, "method_not_allowed", "use POST"));
        }
        let media_type = request.only("Content-Type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err((415, "unsupported_media_type", "the body must be JSON"));
        }
        Ok(())
    }

    fn knows(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }
}

fn check(input: &Input) -> Result<(), Refusal> {
    let is_text = |text: &str| {
        !text.trim().is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control)
    };
    let lists = [&input.roles, &input.orgs];
    let is_valid = is_text(&input.user)
        && input.name.as_deref().is_none_or(is_text)
        && lists.iter().all(|list| list.len() <= MAX_LIST)
        && lists
            .iter()
            .all(|list| list.iter().all(|item| is_text(item)));
    if is_valid {
        Ok(())
    } else {
        let limits = "names have 1 to 128 characters, and lists at most 20 of them";
        Err((400, "invalid_parameter", limits))
    }
}
