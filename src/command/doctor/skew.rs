//! The difference between this machine's clock and a server's.

use http::HeaderMap;
use http::header::DATE;
use jiff::Timestamp;

use super::faults;
use super::finding::Finding;

/// A slow answer and whole seconds explain less than that.
const TOLERATED_SECONDS: i64 = 30;
/// From here on signatures and tokens are refused.
const REFUSED_SECONDS: i64 = 300;

const CHECK: &str = "clock";

/// `None` if the server names no time.
pub(super) fn check(server: &str, headers: &HeaderMap, now: Timestamp) -> Option<Finding> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let ahead = now.as_second() - theirs.as_second();
    let what = match ahead {
        0.. => format!("this machine's clock is {ahead} s ahead of {server}"),
        _ => format!("this machine's clock is {} s behind {server}", -ahead),
    };
    Some(match ahead.abs() {
        ..=TOLERATED_SECONDS => Finding::ok(CHECK, format!("as {server}")),
        skew if skew < REFUSED_SECONDS => Finding::warning(CHECK, &faults::CLOCK_SKEW, what),
        _ => Finding::error(CHECK, &faults::CLOCK_SKEW, what),
    })
}
