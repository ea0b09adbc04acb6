//! Limits of what the emulator buffers for one client.

/// A client that has more than this waiting to be written is cut off.
pub(super) const MAX_QUEUED: usize = 10_000;
/// The same in bytes, also for what a reliable client has not acknowledged.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// A queue that grew beyond this is freed after it was written.
pub(super) const MAX_KEPT_CAPACITY: usize = 64;
