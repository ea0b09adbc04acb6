//! App Service authentication: headers that the platform's front end writes. With authentication
//! off, the platform passes such headers from callers unchanged, so a setting must enable them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde::Deserialize;

use super::error::CallerError;
use super::sign_in::SignIn;
use crate::config::ClaimNames;
use crate::ids::user_id::UserId;

const ROLE_CLAIM: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";

#[derive(Debug, Default, Deserialize)]
struct Principal {
    #[serde(default)]
    claims: Vec<Claim>,
    #[serde(default)]
    role_typ: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Claim {
    typ: String,
    val: String,
}

/// `None` if the platform forwarded the call without a sign-in.
pub(super) fn sign_in(
    headers: &HeaderMap,
    names: &ClaimNames,
) -> Result<Option<SignIn>, CallerError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(id) = text("x-ms-client-principal-id").filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let principal = match text("x-ms-client-principal") {
        Some(encoded) => decode(encoded).ok_or(CallerError::TokenInvalid(
            "the platform's principal is malformed",
        ))?,
        None => Principal::default(),
    };
    let role_type = principal.role_typ.as_deref().unwrap_or(ROLE_CLAIM);
    // The platform lists each value of a claim separately, so a comma is part of the value.
    let values = |matches: &dyn Fn(&str) -> bool| -> Vec<String> {
        let found = principal.claims.iter().filter(|c| matches(&c.typ));
        found.map(|c| c.val.clone()).collect()
    };
    let user = UserId::signed_in(id)
        .map_err(|_| CallerError::TokenInvalid("its user id cannot be used"))?;
    Ok(Some(SignIn {
        user,
        name: text("x-ms-client-principal-name").map(str::to_owned),
        organizations: values(&|typ| typ == names.organizations),
        roles: values(&|typ| typ == names.roles || typ == role_type || typ == ROLE_CLAIM),
        // The front end watches over expiry itself and says nothing of it.
        expires_at: None,
    }))
}

fn decode(encoded: &str) -> Option<Principal> {
    let json = STANDARD.decode(encoded).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> ClaimNames {
        ClaimNames {
            user: "sub".to_owned(),
            organizations: "organizations".to_owned(),
            roles: "roles".to_owned(),
        }
    }

    #[test]
    fn the_principal_names_user_organisations_and_roles() {
        let principal = r#"{"auth_typ":"aad","claims":[{"typ":"organizations","val":"acme"},{"typ":"r","val":"devices"}],"name_typ":"n","role_typ":"r"}"#;
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-client-principal-id", "alice".parse().unwrap());
        headers.insert("x-ms-client-principal-name", "Alice".parse().unwrap());
        let encoded = STANDARD.encode(principal).parse().unwrap();
        headers.insert("x-ms-client-principal", encoded);

        let user = sign_in(&headers, &names()).unwrap().unwrap();

        assert_eq!(user.user().as_str(), "alice");
        assert!(user.is_member_of(&"acme".parse().unwrap()));
        assert!(user.has_right("devices"));
    }

    #[test]
    fn a_malformed_principal_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-client-principal-id", "alice".parse().unwrap());
        headers.insert("x-ms-client-principal", "!".parse().unwrap());

        assert!(sign_in(&headers, &names()).is_err());
    }

    #[test]
    fn without_an_id_nobody_is_signed_in() {
        assert!(sign_in(&HeaderMap::new(), &names()).unwrap().is_none());
    }
}
