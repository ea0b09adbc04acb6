//! Signatures of JSON Web Tokens, by `ring`, which TLS needs anyway. The back ends that
//! jsonwebtoken brings are large, or must be installed for the whole process.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Header};
use ring::{hmac, signature};

use super::claims::Claims;

/// The claims of a token that this key signed with this algorithm. Nothing else is checked.
pub(super) fn verify(token: &str, algorithm: Algorithm, key: &DecodingKey) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !matches(signed.as_bytes(), &signature, algorithm, key) {
        return None;
    }
    jsonwebtoken::dangerous::insecure_decode_claims(token).ok()
}

/// Signs claims with HS256.
pub fn sign(claims: &Claims, secret: &[u8]) -> Result<String, serde_json::Error> {
    let header = serde_json::to_vec(&Header::new(Algorithm::HS256))?;
    let claims = serde_json::to_vec(claims)?;
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag, &mut token);
    Ok(token)
}

/// A key never verifies another family's algorithm, so a public key is never used as a secret.
fn matches(signed: &[u8], tag: &[u8], algorithm: Algorithm, key: &DecodingKey) -> bool {
    if algorithm.family() != key.family() {
        return false;
    }
    match (algorithm, key.kind()) {
        (Algorithm::HS256, DecodingKeyKind::SecretOrDer(secret)) => {
            hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed, tag).is_ok()
        }
        (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
            let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
            // RFC 7518 requires 2048 bits.
            signature::RsaPublicKeyComponents { n, e }
                .verify(&signature::RSA_PKCS1_2048_8192_SHA256, signed, tag)
                .is_ok()
        }
        (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
            signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                .verify(signed, tag)
                .is_ok()
        }
        (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(point)) => {
            signature::UnparsedPublicKey::new(&signature::ED25519, point)
                .verify(signed, tag)
                .is_ok()
        }
        _ => false,
    }
}

/// Some key sets write numbers with a sign byte, which `ring` refuses.
fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0);
    first.map_or(&[], |first| &number[first..])
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::Jwk;
    use serde_json::{Value, json};

    use super::*;

    /// RFC 7515, appendix A.1: the key, and a token signed with it.
    const SECRET: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    /// RFC 7515, appendix A.2.
    const RSA_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    /// RFC 7515, appendix A.3.
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn key(jwk: Value) -> DecodingKey {
        let jwk: Jwk = serde_json::from_value(jwk).unwrap();
        DecodingKey::from_jwk(&jwk).unwrap()
    }

    fn rsa(n: &str) -> DecodingKey {
        key(json!({ "kty": "RSA", "n": n, "e": "AQAB" }))
    }

    fn published() -> [(Algorithm, DecodingKey, &'static str); 3] {
        let point = json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        let secret = key(json!({ "kty": "oct", "k": SECRET }));
        [
            (Algorithm::HS256, secret, HS256),
            (Algorithm::RS256, rsa(RSA_MODULUS), RS256),
            (Algorithm::ES256, key(point), ES256),
        ]
    }

    #[test]
    fn published_tokens_verify_with_their_own_key_alone() {
        for (algorithm, _, token) in published() {
            for (family, key, _) in published() {
                let claims = verify(token, algorithm, &key);

                assert_eq!(
                    claims.is_some(),
                    family == algorithm,
                    "{algorithm:?} {family:?}"
                );
                assert!(claims.is_none_or(|claims| claims["iss"] == "joe"));
            }
        }
    }

    #[test]
    fn a_changed_token_does_not_verify() {
        for (algorithm, key, token) in published() {
            let (signed, tag) = token.rsplit_once('.').unwrap();
            let longer = format!("{token}AAAA");
            let changed = token.replacen(".ey", ".ez", 1);
            for other in [&*longer, &*changed, signed, &format!("{signed}."), tag, ""] {
                assert!(
                    verify(other, algorithm, &key).is_none(),
                    "{algorithm:?} {other}"
                );
            }
        }
    }

    #[test]
    fn a_modulus_with_a_sign_byte_is_read() {
        let mut modulus = vec![0];
        modulus.extend(URL_SAFE_NO_PAD.decode(RSA_MODULUS).unwrap());

        assert!(
            verify(
                RS256,
                Algorithm::RS256,
                &rsa(&URL_SAFE_NO_PAD.encode(modulus))
            )
            .is_some()
        );
    }

    #[test]
    fn a_malformed_key_verifies_nothing() {
        for n in ["", "AA", "AQAB"] {
            assert!(verify(RS256, Algorithm::RS256, &rsa(n)).is_none());
        }
        let point = key(json!({ "kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ" }));
        assert!(verify(ES256, Algorithm::ES256, &point).is_none());
    }

    #[test]
    fn what_we_sign_verifies_elsewhere() {
        let claims = json!({ "sub": "alice", "exp": 4_000_000_000_u64 });

        let token = sign(claims.as_object().unwrap(), b"a secret").unwrap();

        let key = DecodingKey::from_secret(b"a secret");
        let validation = jsonwebtoken::Validation::new(Algorithm::HS256);
        let read = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(read.claims, claims);
        assert_eq!(read.header.typ.as_deref(), Some("JWT"));
    }
}
