//! Who is calling. Only [`Callers`] can make a [`Caller`], so a function that takes one knows that
//! it was verified.

mod api_token;
mod claims;
mod easy_auth;
mod error;
pub mod jwks;
pub mod jwt;
mod raw_token;
pub mod rights;
mod sign_in;
pub mod signature;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::azure::http_client::SharedHttpClient;
use crate::clock::{Clock, Ids};
use crate::config::{ClaimNames, IdentityConfig};
use crate::ids::user_id::{InvalidUserId, UserId};
use api_token::ApiToken;
use jwt::TokenVerifier;

pub use error::CallerError;
pub use raw_token::RawToken;
pub use sign_in::SignIn;

/// A caller who is allowed to make requests.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A caller without an identity, where settings allow it.
    Anonymous(Verified),
    SignedIn(SignIn),
    /// A back end with the API token, which vouches for the users that it names.
    Backend(Verified),
}

/// Proof of verification: only this module can make one, and so a [`Caller`].
#[derive(Debug, Clone, Copy)]
pub struct Verified(());

/// Identifies callers in every way that this deployment supports.
#[derive(Debug)]
pub struct Callers {
    api_token: Option<ApiToken>,
    tokens: Option<TokenVerifier>,
    trust_easy_auth: bool,
    allow_anonymous: bool,
    marks_anonymous: bool,
    claims: ClaimNames,
    ids: Ids,
}

impl Callers {
    pub fn new(
        config: &IdentityConfig,
        outgoing: &SharedHttpClient,
        clock: &Clock,
        ids: &Ids,
    ) -> Self {
        Self {
            api_token: config.api_token.as_ref().map(ApiToken::new),
            tokens: config
                .jwt
                .as_ref()
                .map(|jwt| TokenVerifier::new(jwt, outgoing.clone(), clock.clone())),
            trust_easy_auth: config.trust_easy_auth,
            allow_anonymous: config.allow_anonymous,
            marks_anonymous: config.names_users(),
            claims: config.claims.clone(),
            ids: ids.clone(),
        }
    }

    /// A token in the header wins over one in a parameter. A token that cannot be verified here is
    /// refused and not ignored, unless the platform has signed the caller in.
    pub async fn identify(
        &self,
        headers: &HeaderMap,
        token: Option<&RawToken>,
    ) -> Result<Caller, CallerError> {
        let bearer = bearer(headers);
        if let (Some(expected), Some(token)) = (&self.api_token, bearer)
            && expected.is(token)
        {
            return Ok(Caller::Backend(Verified(())));
        }
        let token = bearer.or(token.map(RawToken::as_str).filter(|t| !t.is_empty()));
        if let (Some(_), Some(token)) = (&self.tokens, token) {
            return Ok(Caller::SignedIn(self.sign_in(token).await?));
        }
        if self.trust_easy_auth
            && let Some(sign_in) = easy_auth::sign_in(headers, &self.claims)?
        {
            return Ok(Caller::SignedIn(sign_in));
        }
        if token.is_some() {
            return Err(CallerError::TokenInvalid(
                "this deployment accepts no tokens",
            ));
        }
        if self.allow_anonymous {
            Ok(Caller::Anonymous(Verified(())))
        } else {
            Err(CallerError::Unauthenticated)
        }
    }

    /// Verifies a JWT and reads its user.
    pub async fn sign_in(&self, token: &str) -> Result<SignIn, CallerError> {
        let Some(tokens) = &self.tokens else {
            return Err(CallerError::TokenInvalid(
                "this deployment accepts no tokens",
            ));
        };
        let verified = tokens.verify(token).await?;
        claims::sign_in(&verified, &self.claims).map_err(CallerError::TokenInvalid)
    }

    /// The user that a caller acts for: the signed-in user, or the one that a back end names. An
    /// anonymous caller takes any name, which is marked where other users can sign in.
    pub fn user(&self, caller: &Caller, username: Option<&str>) -> Result<UserId, CallerError> {
        let username = username.filter(|name| !name.is_empty());
        Ok(match (caller, username) {
            (Caller::SignedIn(sign_in), _) => sign_in.user.clone(),
            (Caller::Backend(_), Some(name)) => UserId::parse(name)?,
            (Caller::Anonymous(_), Some(name)) => self.anonymous(name)?,
            (Caller::Anonymous(_) | Caller::Backend(_), None) => {
                self.anonymous(&self.ids.uuid().to_string())?
            }
        })
    }

    fn anonymous(&self, name: &str) -> Result<UserId, InvalidUserId> {
        if self.marks_anonymous {
            UserId::marked_anonymous(name)
        } else {
            UserId::anonymous(name)
        }
    }
}

/// The token of `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}
