//! The retry policy of a function.

use std::time::Duration;

use super::error::LoadError;
use super::function::Retry;
use super::json_file::JsonFile;
use super::timespan;

/// Reads the section `retry` of a function.json.
pub(super) fn read(file: &JsonFile) -> Result<Option<Retry>, LoadError> {
    if file.get("retry").is_none() {
        return Ok(None);
    }
    let strategy = file.text("retry.strategy")?.unwrap_or_default();
    let max_retries = file.number("retry.maxRetryCount")?.unwrap_or(0);
    let span = |key: &str, default: Duration| -> Result<Duration, LoadError> {
        let Some(text) = file.text(key)? else {
            return Ok(default);
        };
        timespan::parse(&text)
            .ok_or_else(|| file.bad(key, "must be a time span such as \"00:00:10\""))
    };
    let (first_delay, max_delay) = match strategy.to_lowercase().as_str() {
        "fixeddelay" => {
            let delay = span("retry.delayInterval", Duration::ZERO)?;
            (delay, delay)
        }
        "exponentialbackoff" => (
            span("retry.minimumInterval", Duration::from_secs(5))?,
            span("retry.maximumInterval", Duration::from_secs(300))?,
        ),
        _ => {
            let problem = "must be \"fixedDelay\" or \"exponentialBackoff\"";
            return Err(file.bad("retry.strategy", problem));
        }
    };
    // -1 means without end.
    let max_retries = u32::try_from(max_retries).unwrap_or(u32::MAX);
    Ok(Some(Retry {
        max_retries,
        first_delay,
        max_delay,
    }))
}
