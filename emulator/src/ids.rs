//! Random ids.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// 128 random bits.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the emulator that makes ids"
)]
pub(crate) fn random() -> Uuid {
    Uuid::new_v4()
}

/// A connection id. It must not be guessable, since `ce-signature` covers nothing else, and its
/// characters need no escaping in paths and headers.
pub(crate) fn connection_id() -> String {
    URL_SAFE_NO_PAD.encode(random().as_bytes())
}
