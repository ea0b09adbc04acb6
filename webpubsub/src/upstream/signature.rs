//! Checks `ce-signature`, which proves that an event comes from the service.

use crate::access_key::AccessKey;

/// The service signs with each of its two keys. A few more signatures are checked, but not
/// all, so that a forged header cannot waste our time.
const MAX_SIGNATURES: usize = 4;

const HEX_TAG: usize = 64;

/// Checks whether `header`, a list of `sha256=<hex>`, contains a signature of the connection
/// id by one of the keys.
///
/// The signature covers only the connection id: it proves neither the body nor that the
/// event is recent. Every element is compared with every key, in constant time.
pub fn verify_signature(keys: &[AccessKey], connection_id: &str, header: &str) -> bool {
    if connection_id.is_empty() {
        return false;
    }
    let mut genuine = false;
    for element in header.split(',').take(MAX_SIGNATURES) {
        let Some(tag) = tag(element.trim()) else {
            continue;
        };
        for key in keys {
            genuine |= key.verify(connection_id.as_bytes(), &tag);
        }
    }
    genuine
}

fn tag(element: &str) -> Option<[u8; HEX_TAG / 2]> {
    let hex = element.strip_prefix("sha256=")?.as_bytes();
    if hex.len() != HEX_TAG {
        return None;
    }
    let mut tag = [0; HEX_TAG / 2];
    for (byte, pair) in tag.iter_mut().zip(hex.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = nibble(high)? << 4 | nibble(low)?;
    }
    Some(tag)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;

    fn key(text: &str) -> AccessKey {
        AccessKey::new(text).unwrap()
    }

    fn signed(key: &AccessKey, connection_id: &str) -> String {
        let hex: String = key
            .sign(connection_id.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("sha256={hex}")
    }

    /// RFC 4231, test case 2, with its message as the connection id.
    #[test]
    fn the_published_vector_is_accepted() {
        let header = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

        assert!(verify_signature(
            &[key("Jefe")],
            "what do ya want for nothing?",
            header
        ));
    }

    #[test]
    fn a_signature_by_either_key_is_accepted_in_any_position() {
        let (first, second) = (key("first"), key("second"));
        let both = format!("{},{}", signed(&first, "c"), signed(&second, "c"));
        let spaced = format!("{} , {}", signed(&key("old"), "c"), signed(&second, "c"));

        assert!(verify_signature(from_ref(&first), "c", &both));
        assert!(verify_signature(from_ref(&second), "c", &both));
        assert!(verify_signature(&[first, second], "c", &spaced));
    }

    #[test]
    fn upper_case_hex_is_accepted() {
        let key = key("first");
        let upper = signed(&key, "c").to_uppercase().replace("SHA256", "sha256");

        assert!(verify_signature(&[key], "c", &upper));
    }

    #[test]
    fn hostile_headers_are_refused() {
        let key = key("first");
        let good = signed(&key, "c");
        let foreign = signed(&self::key("foreign"), "c");
        let cases = [
            String::new(),
            ",".into(),
            "sha256=".into(),
            good.replace("sha256=", ""),
            good.replace("sha256=", "sha1="),
            good.replace("sha256=", "SHA256="),
            good[..good.len() - 1].to_owned(),
            format!("{good}0"),
            good.replacen("sha256=", "sha256= ", 1),
            format!("sha256={}", "g".repeat(64)),
            format!("sha256={}", "é".repeat(32)),
            format!("sha256={}", "+1".repeat(32)),
            signed(&key, "another connection"),
            foreign.clone(),
            format!("{}{good}", format!("{foreign},").repeat(MAX_SIGNATURES)),
        ];

        for case in &cases {
            assert!(!verify_signature(from_ref(&key), "c", case), "{case}");
        }
    }

    #[test]
    fn without_a_key_or_a_connection_id_no_signature_is_accepted() {
        let key = key("first");

        assert!(!verify_signature(&[], "c", &signed(&key, "c")));
        assert!(!verify_signature(from_ref(&key), "", &signed(&key, "")));
    }
}
