//! The one place that asks what time it is, and that makes up ids.

use jiff::Timestamp;
use uuid::Uuid;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock the others are told to use"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "this is where new ids come from")]
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
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
