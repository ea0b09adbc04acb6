//! The level of detail.

/// How much to print about each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    Quiet,
    Usual,
    Verbose,
}
