//! How large a notification or an event may be.

use super::FeedError;

/// The most bytes of JSON text, as the sender wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimit {
    kib: usize,
}

impl SizeLimit {
    pub const HTTP: Self = Self { kib: 64 };
    /// A message on the queue has at most 48 KiB of text, with everything around the content.
    pub const QUEUE: Self = Self { kib: 45 };

    pub(super) fn check(self, name: &str, json: &str) -> Result<(), FeedError> {
        if json.len() <= self.kib * 1024 {
            return Ok(());
        }
        let kib = self.kib;
        Err(FeedError::TooLarge(format!(
            "`{name}` has more than {kib} KiB"
        )))
    }
}
