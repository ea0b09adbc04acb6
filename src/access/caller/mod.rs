//! Who is calling. A [`Caller`] can only be had from [`Callers`], so a function that takes one
//! holds proof that somebody looked.

mod api_token;
mod claims;
mod easy_auth;
pub mod jwks;
pub mod jwt;
pub mod rights;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::azure::http_client::SharedHttpClient;
use crate::clock::{Clock, Ids};
use crate::config::{ClaimNames, IdentityConfig};
use crate::ids::target::OrgId;
use crate::ids::user_id::{InvalidUserId, UserId};
use api_token::ApiToken;
use jwt::{TokenError, TokenVerifier};

/// Somebody who may at least ask.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Has no identity, and is let in all the same.
    Anonymous(Verified),
    SignedIn(SignIn),
    /// A back end with the API token: it names users and vouches for what it says of them.
    Backend(Verified),
}

/// Only this module can make one, and so a [`Caller`].
#[derive(Debug, Clone, Copy)]
pub struct Verified(());

/// A credential in the clear, which no log may show.
#[derive(Clone, PartialEq, Eq)]
pub struct RawToken(String);

impl RawToken {
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RawToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShownToken(…)")
    }
}

/// What an identity says of a user.
#[derive(Debug, Clone)]
pub struct SignIn {
    user: UserId,
    pub(crate) name: Option<String>,
    organizations: Vec<String>,
    roles: Vec<String>,
    /// Second of the epoch.
    pub(crate) expires_at: Option<i64>,
}

impl SignIn {
    pub fn user(&self) -> &UserId {
        &self.user
    }

    pub fn is_member_of(&self, org: &OrgId) -> bool {
        self.organizations.iter().any(|o| o == org.as_str())
    }

    pub fn has_right(&self, right: &str) -> bool {
        self.roles.iter().any(|r| r == right)
    }
}

/// Why nobody could be made out.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    #[error("nobody is signed in, and anonymous callers are not admitted")]
    Unauthenticated,
    #[error("the token cannot be accepted: {0}")]
    TokenInvalid(&'static str),
    #[error("the token has expired")]
    TokenExpired,
    #[error(transparent)]
    UserId(#[from] InvalidUserId),
    #[error("the identity provider's keys cannot be had")]
    KeysUnavailable(#[source] jwks::FetchError),
}

impl From<TokenError> for CallerError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(reason) => Self::TokenInvalid(reason),
            TokenError::Expired => Self::TokenExpired,
            TokenError::KeysUnavailable(cause) => Self::KeysUnavailable(cause),
        }
    }
}

/// Makes out who is calling, by every way that this deployment knows.
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

    /// A token in the header wins over one in a parameter. One that cannot be checked here is
    /// refused rather than passed over, unless the platform has signed the caller in.
    pub async fn identify(
        &self,
        headers: &HeaderMap,
        token: Option<&RawToken>,
    ) -> Result<Caller, CallerError> {
        let bearer = bearer(headers);
        if let (Some(expected), Some(shown)) = (&self.api_token, bearer)
            && expected.is(shown)
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
                "nothing is configured here to check it with",
            ));
        }
        if self.allow_anonymous {
            Ok(Caller::Anonymous(Verified(())))
        } else {
            Err(CallerError::Unauthenticated)
        }
    }

    /// Who a JWT names.
    pub async fn sign_in(&self, token: &str) -> Result<SignIn, CallerError> {
        let Some(tokens) = &self.tokens else {
            return Err(CallerError::TokenInvalid(
                "nothing is configured here to check it with",
            ));
        };
        let verified = tokens.verify(token).await?;
        claims::sign_in(&verified, &self.claims).map_err(CallerError::TokenInvalid)
    }

    /// The user that a caller acts for. Who is signed in is that user; a back end says whom it
    /// means; an anonymous caller takes any name, marked as such where others have real ones.
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
