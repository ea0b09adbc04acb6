//! Hashes that stand for text in keys and ids.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Of several texts: where one ends and the next begins counts.
pub(crate) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// What may hold any character, as a key.
pub(crate) fn hash(parts: &[&str]) -> String {
    shortened(&digest(parts))
}

pub(crate) fn hash_bytes(bytes: &[u8]) -> String {
    shortened(&Sha256::digest(bytes))
}

fn shortened(digest: &[u8]) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(digest);
    // 132 bits: nobody makes two that are alike.
    text.truncate(22);
    text
}
