//! A stand-in for Entra ID: signs the managed identity tokens that events carry, and publishes the
//! keys with which handlers verify them.

mod signer;

use std::sync::OnceLock;

use http::StatusCode;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::response::{Response, response};
use signer::Signer;

/// One day, the lifetime of a managed identity's token.
const LIFE_SECONDS: i64 = 24 * 60 * 60;
/// Fixed ids of the tenant and of the service's application and object, so that a handler can be
/// configured to expect them.
const TENANT: &str = "e0000000-0000-4000-8000-000000000001";
const APPLICATION: &str = "e0000000-0000-4000-8000-000000000002";
const OBJECT: &str = "e0000000-0000-4000-8000-000000000003";

const CONFIGURATION: &str = "/v2.0/.well-known/openid-configuration";
const KEYS: &str = "/discovery/v2.0/keys";

/// Issues tokens. The key is created at first use.
#[derive(Debug)]
pub(crate) struct Entra {
    base: String,
    clock: Clock,
    signer: OnceLock<Option<Signer>>,
}

impl Entra {
    /// `endpoint` is the emulator's URL for handlers.
    pub(crate) fn new(endpoint: &str, clock: Clock) -> Self {
        Self {
            base: format!("{endpoint}/entra"),
            clock,
            signer: OnceLock::new(),
        }
    }

    fn issuer(&self) -> String {
        format!("{}/v2.0", self.base)
    }

    fn signer(&self) -> Option<&Signer> {
        self.signer.get_or_init(Signer::generate).as_ref()
    }

    /// A token for this resource; `None` if the system has no randomness to create a key.
    pub(crate) fn managed_identity_token(&self, resource: &str) -> Option<String> {
        let now = self.clock.unix_seconds();
        self.signer()?.sign(&json!({
            "iss": self.issuer(),
            "aud": resource,
            "iat": now,
            "nbf": now,
            "exp": now + LIFE_SECONDS,
            // Version 1 tokens name the caller in `appid`, version 2 tokens in `azp`.
            "appid": APPLICATION,
            "azp": APPLICATION,
            "idtyp": "app",
            "oid": OBJECT,
            "sub": OBJECT,
            "tid": TENANT,
            "ver": "2.0",
        }))
    }

    /// Anything below `/entra`. `path` is the rest.
    pub(crate) fn handle(&self, path: &str) -> Response {
        match path {
            CONFIGURATION => answer(&json!({
                "issuer": self.issuer(),
                "jwks_uri": format!("{}{KEYS}", self.base),
                "response_types_supported": ["token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": [signer::ALGORITHM],
            })),
            KEYS => match self.signer() {
                Some(signer) => answer(&json!({ "keys": [signer.public_jwk()] })),
                None => response(StatusCode::SERVICE_UNAVAILABLE, None, ""),
            },
            _ => response(StatusCode::NOT_FOUND, None, ""),
        }
    }
}

fn answer(body: &Value) -> Response {
    response(StatusCode::OK, Some("application/json"), body.to_string())
}
