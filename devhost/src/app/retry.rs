use std::time::Duration;

use super::json_file::JsonFile;
use super::{LoadError, Retry, timespan};

/// What a function.json says of failed invocations.
pub(super) fn read(file: &JsonFile) -> Result<Option<Retry>, LoadError> {
    if file.get("retry").is_none() {
        return Ok(None);
    }
    let strategy = file.text("retry.strategy")?.unwrap_or_default();
    let most = file.number("retry.maxRetryCount")?.unwrap_or(0);
    let span = |key: &str, usual: Duration| -> Result<Duration, LoadError> {
        let Some(text) = file.text(key)? else {
            return Ok(usual);
        };
        timespan::parse(&text)
            .ok_or_else(|| file.bad(key, "has to be a time span such as \"00:00:10\""))
    };
    let (first, longest) = match strategy.to_lowercase().as_str() {
        "fixeddelay" => {
            let delay = span("retry.delayInterval", Duration::ZERO)?;
            (delay, delay)
        }
        "exponentialbackoff" => (
            span("retry.minimumInterval", Duration::from_secs(5))?,
            span("retry.maximumInterval", Duration::from_secs(300))?,
        ),
        _ => {
            let problem = "has to be \"fixedDelay\" or \"exponentialBackoff\"";
            return Err(file.bad("retry.strategy", problem));
        }
    };
    // -1 is "for ever".
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    Ok(Some(Retry {
        most,
        first,
        longest,
    }))
}
