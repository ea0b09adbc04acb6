//! Percent-encoding of names in paths and of values in queries.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that Microsoft's client libraries encode.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(crate) fn percent_encode(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, ENCODED)
}
