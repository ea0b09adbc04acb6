//! .NET time spans.

use std::time::Duration;

/// Parses a .NET time span: `[d.]hh:mm[:ss[.fffffff]]`, or a bare number of days.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(days) = text.parse::<u64>() {
        return Some(Duration::from_secs(days.checked_mul(86_400)?));
    }
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) if clock.contains(':') => (days.parse().ok()?, clock),
        _ => (0_u64, text),
    };
    let mut parts = clock.split(':');
    let hours: u64 = parts.next()?.parse().ok()?;
    let minutes: u64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts
        .next()
        .map_or(Some(0.0), |seconds| seconds.parse().ok())?;
    if parts.next().is_some() || hours > 23 || minutes > 59 || !(0.0..60.0).contains(&seconds) {
        return None;
    }
    let whole = days
        .checked_mul(86_400)?
        .checked_add(hours * 3600 + minutes * 60)?;
    Some(Duration::from_secs(whole) + Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn time_spans_are_parsed_as_by_dotnet() {
        assert_eq!(parse("00:00:03"), Some(Duration::from_secs(3)));
        assert_eq!(parse("1.02:00"), Some(Duration::from_secs(93_600)));
        assert_eq!(parse("00:00:00.5"), Some(Duration::from_millis(500)));
        assert_eq!(parse("7"), Some(Duration::from_secs(7 * 86_400)));
        assert_eq!(parse("00:61:00"), None);
        assert_eq!(parse("soon"), None);
    }
}
