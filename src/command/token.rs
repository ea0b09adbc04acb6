//! `switchboard token`: signs a user's token with this deployment's secret.

use std::io;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::access::caller::signature;
use crate::clock::Clock;
use crate::command::dev_secrets::{self, DevSecrets};
use crate::config::{IdentityConfig, Source};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The user's id.
    #[arg(long, value_name = "ID")]
    user: String,
    /// The user's display name.
    #[arg(long)]
    name: Option<String>,
    /// A role, such as `publisher`, `admin` or `devices`. May be given several times.
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// An organisation that the user belongs to. May be given several times.
    #[arg(long, value_name = "ORG")]
    org: Vec<String>,
    /// How many minutes the token is valid.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=525_600))]
    minutes: u32,
}

/// What a token says about its user.
pub(crate) struct TokenClaims<'a> {
    pub(crate) user: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) roles: &'a [String],
    pub(crate) organizations: &'a [String],
    pub(crate) minutes: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum TokenCommandError {
    #[error(
        "no secret to sign with: set JWT_SECRET, or start `switchboard dev` once in this folder to \
         generate one"
    )]
    NoSecret,
    #[error(
        "the identity provider issues the tokens: JWT_ISSUER or JWT_JWKS_URL is set, and \
         JWT_SECRET is not"
    )]
    IssuedElsewhere,
    #[error("failed to read {}", dev_secrets::FILE)]
    Secrets(#[from] io::Error),
    #[error("failed to sign the token")]
    Sign(#[from] serde_json::Error),
}

/// Writes the claims under the names that this deployment's settings expect. `folder` is the
/// app's folder.
pub fn issue(
    options: &Options,
    folder: &Path,
    source: Source<'_>,
) -> Result<String, TokenCommandError> {
    let identity = IdentityConfig::from_settings(source);
    let secret: SecretString = match &identity.jwt {
        Some(jwt) => jwt
            .secret
            .clone()
            .ok_or(TokenCommandError::IssuedElsewhere)?,
        None => {
            let stored = DevSecrets::read(&folder.join(dev_secrets::FILE))?;
            let secret = stored.and_then(|stored| stored.jwt_secret);
            secret.ok_or(TokenCommandError::NoSecret)?.into()
        }
    };
    let claims = TokenClaims {
        user: &options.user,
        name: options.name.as_deref(),
        roles: &options.role,
        organizations: &options.org,
        minutes: options.minutes,
    };
    Ok(sign(
        &claims,
        &identity,
        &secret,
        Clock::system().seconds(),
    )?)
}

/// Signs a user's token at the time `now`, in seconds since 1970.
pub(crate) fn sign(
    user: &TokenClaims<'_>,
    identity: &IdentityConfig,
    secret: &SecretString,
    now: i64,
) -> Result<String, serde_json::Error> {
    let mut claims = Map::new();
    claims.insert("iat".to_owned(), now.into());
    claims.insert(
        "exp".to_owned(),
        (now + i64::from(user.minutes) * 60).into(),
    );
    put(&mut claims, &identity.claims.user, json!(user.user));
    if let Some(name) = user.name {
        claims.insert("name".to_owned(), json!(name));
    }
    if !user.roles.is_empty() {
        put(&mut claims, &identity.claims.roles, json!(user.roles));
    }
    if !user.organizations.is_empty() {
        put(
            &mut claims,
            &identity.claims.organizations,
            json!(user.organizations),
        );
    }
    if let Some(jwt) = &identity.jwt {
        if let Some(issuer) = &jwt.issuer {
            claims.insert("iss".to_owned(), json!(issuer));
        }
        if let Some(audience) = jwt.audiences.first() {
            claims.insert("aud".to_owned(), json!(audience));
        }
    }
    signature::sign(&claims, secret.expose_secret().as_bytes())
}

/// Writes the whole name as one key, because that is looked up first.
fn put(claims: &mut Map<String, Value>, name: &str, value: Value) {
    claims.insert(name.to_owned(), value);
}
