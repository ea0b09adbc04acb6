//! Schedules of timers: NCRONTAB expressions and time spans.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan as _, tz};

/// The schedule of a timer, in UTC.
#[derive(Debug, Clone)]
pub(crate) enum Schedule {
    Cron(Box<Cron>),
    Every(jiff::SignedDuration),
}

/// The values that each of the six fields allows.
#[derive(Debug, Clone)]
pub(crate) struct Cron {
    seconds: Vec<i8>,
    minutes: Vec<i8>,
    hours: Vec<i8>,
    days: Vec<i8>,
    months: Vec<i8>,
    /// Sunday is 0.
    weekdays: Vec<i8>,
}

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Within this many days, every date falls on every weekday.
const MAX_DAYS_AHEAD: i32 = 366 * 29;

impl Schedule {
    /// Parses an NCRONTAB expression (with five fields, the seconds are 0) or a time span between
    /// runs.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let six: [&str; 6] = match fields[..] {
            [a, b, c, d, e] => ["0", a, b, c, d, e],
            [a, b, c, d, e, f] => [a, b, c, d, e, f],
            [one] if one.contains(':') => {
                let span = crate::app::parse_timespan(one).filter(|span| !span.is_zero());
                let span = span.and_then(|span| jiff::SignedDuration::try_from(span).ok());
                return span
                    .map(Self::Every)
                    .ok_or_else(|| format!("{one:?} is not a time span"));
            }
            _ => {
                return Err(format!(
                    "{text:?} has {} fields instead of six",
                    fields.len()
                ));
            }
        };
        Ok(Self::Cron(Box::new(Cron {
            seconds: field(six[0], 0, 59, &[])?,
            minutes: field(six[1], 0, 59, &[])?,
            hours: field(six[2], 0, 23, &[])?,
            days: field(six[3], 1, 31, &[])?,
            months: field(six[4], 1, 12, MONTHS)?,
            weekdays: field(six[5], 0, 6, WEEKDAYS)?,
        })))
    }

    /// The first time after `now`; `None` for a date that does not exist, such as 30 February.
    pub(crate) fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(span) => now.checked_add(*span).ok(),
            Self::Cron(cron) => {
                let after = tz::Offset::UTC.to_datetime(now);
                tz::Offset::UTC.to_timestamp(cron.next_after(after)?).ok()
            }
        }
    }
}

impl Cron {
    fn next_after(&self, after: DateTime) -> Option<DateTime> {
        let start = after
            .checked_add(1.second())
            .ok()?
            .with()
            .subsec_nanosecond(0)
            .build()
            .ok()?;
        let mut date = start.date();
        let mut earliest = start.time();
        for _ in 0..MAX_DAYS_AHEAD {
            if self.allows(date)
                && let Some(time) = self.first_from(earliest)
            {
                return Some(date.to_datetime(time));
            }
            date = date.tomorrow().ok()?;
            earliest = Time::midnight();
        }
        None
    }

    fn allows(&self, date: Date) -> bool {
        self.months.contains(&date.month())
            && self.days.contains(&date.day())
            && self
                .weekdays
                .contains(&date.weekday().to_sunday_zero_offset())
    }

    fn first_from(&self, earliest: Time) -> Option<Time> {
        let times = self.hours.iter().flat_map(|hour| {
            self.minutes.iter().flat_map(move |minute| {
                self.seconds
                    .iter()
                    .filter_map(move |second| Time::new(*hour, *minute, *second, 0).ok())
            })
        });
        times.into_iter().find(|time| *time >= earliest)
    }
}

/// `*`, `5`, `1-5`, `*/15`, `1-30/2`, `MON-FRI`, and lists of these.
fn field(text: &str, min: i8, max: i8, names: &[&str]) -> Result<Vec<i8>, String> {
    let bad = || format!("{text:?} is not a list of values between {min} and {max}");
    let number = |text: &str| -> Result<i8, String> {
        let named = names
            .iter()
            .position(|name| text.to_lowercase().starts_with(name));
        let value = match named {
            Some(at) => i8::try_from(at).map_err(|_| bad())? + min,
            None => text.parse().map_err(|_| bad())?,
        };
        if (min..=max).contains(&value) {
            Ok(value)
        } else {
            Err(bad())
        }
    };
    let mut values = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().map_err(|_| bad())?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (min, max),
            Some((first, last)) => (number(first)?, number(last)?),
            // With a step, a single value is the start of a range.
            None if part.contains('/') => (number(range)?, max),
            None => (number(range)?, number(range)?),
        };
        if step == 0 || first > last {
            return Err(bad());
        }
        values.extend((first..=last).step_by(step));
    }
    values.sort_unstable();
    values.dedup();
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[track_caller]
    fn next(expression: &str, now: &str) -> String {
        let next = Schedule::parse(expression)
            .unwrap()
            .next_after(now.parse().unwrap());
        next.map_or("never".to_owned(), |next| next.to_string())
    }

    #[test]
    fn the_first_of_six_fields_is_the_seconds() {
        assert_eq!(
            next("*/10 * * * * *", "2024-10-24T01:02:03Z"),
            "2024-10-24T01:02:10Z"
        );
        assert_eq!(
            next("0 */5 * * * *", "2024-10-24T01:05:00Z"),
            "2024-10-24T01:10:00Z"
        );
        assert_eq!(
            next("0 */5 * * * *", "2024-10-24T01:04:59.5Z"),
            "2024-10-24T01:05:00Z"
        );
    }

    #[test]
    fn with_five_fields_the_seconds_are_zero() {
        assert_eq!(
            next("30 9 * * *", "2024-10-24T09:30:00Z"),
            "2024-10-25T09:30:00Z"
        );
    }

    #[test]
    fn day_of_month_and_day_of_week_must_both_match() {
        assert_eq!(
            next("0 0 0 13 * FRI", "2024-10-24T00:00:00Z"),
            "2024-12-13T00:00:00Z"
        );
        assert_eq!(
            next("0 0 9 * * MON-FRI", "2024-10-25T09:00:00Z"),
            "2024-10-28T09:00:00Z"
        );
        assert_eq!(
            next("0 0 0 29 2 *", "2024-10-24T00:00:00Z"),
            "2028-02-29T00:00:00Z"
        );
        assert_eq!(next("0 0 0 30 2 *", "2024-10-24T00:00:00Z"), "never");
    }

    #[test]
    fn a_time_span_counts_from_now() {
        assert_eq!(
            next("00:00:30", "2024-10-24T01:02:03Z"),
            "2024-10-24T01:02:33Z"
        );
    }

    #[test]
    fn an_invalid_schedule_is_refused() {
        for text in [
            "",
            "* * *",
            "60 * * * * *",
            "* * * * * 7",
            "5-1 * * * * *",
            "*/0 * * * * *",
            "soon",
        ] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }
}
