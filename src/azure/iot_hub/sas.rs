//! Tokens of a shared access policy: who may call the hub, until when, signed with the policy's key.

use super::host::HubHost;
use crate::azure::account_key::AccountKey;
use crate::azure::storage_account::percent_encode;

/// The value of `Authorization`. The token covers the whole hub, and `expires` is in seconds since
/// 1970.
pub(super) fn token(host: &HubHost, policy: &str, key: &AccountKey, expires: i64) -> String {
    let resource = percent_encode(host.as_str()).to_string();
    let signature = key.sign(&format!("{resource}\n{expires}"));
    let signature = percent_encode(&signature);
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expires}&skn={policy}")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha2::Sha256;

    use super::*;

    #[test]
    fn the_signature_covers_resource_and_expiry() {
        let host: HubHost = "127.0.0.1:4000".parse().unwrap();
        let key: AccountKey = "c2VjcmV0LWtleQ==".parse().unwrap();

        let token = token(&host, "service", &key, 1_800_000_000);

        let mut mac = Hmac::<Sha256>::new_from_slice(b"secret-key").unwrap();
        mac.update(b"127.0.0.1%3A4000\n1800000000");
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let encoded = signature
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        let expected = format!(
            "SharedAccessSignature sr=127.0.0.1%3A4000&sig={encoded}&se=1800000000&skn=service"
        );
        assert_eq!(token, expected);
    }
}
