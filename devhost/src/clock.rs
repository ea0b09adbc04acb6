//! The only source of the time and of new ids.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that the rest of the crate uses"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the source of ids that the rest of the crate uses"
)]
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
}

/// The [`http_date`] of this second. Every answer has it.
pub(crate) fn http_date_now() -> Bytes {
    static LAST: Mutex<(i64, Bytes)> = Mutex::new((i64::MIN, Bytes::new()));
    let now = now();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.0 != now.as_second() {
        *last = (now.as_second(), http_date(now).into());
    }
    last.1.clone()
}

/// `Thu, 24 Oct 2024 01:02:03 GMT`
pub(crate) fn http_date(time: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_date_header_has_two_digits_everywhere() {
        let time = "2024-10-04T01:02:03Z".parse().unwrap();

        assert_eq!(super::http_date(time), "Fri, 04 Oct 2024 01:02:03 GMT");
    }
}
