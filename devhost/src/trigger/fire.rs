//! Runs a function that has no caller.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::app::{Function, Retry};
use crate::clock;
use crate::event::{HostEvent, Outcome};
use crate::firing::Firing;
use crate::host::Host;
use crate::json::{Invocation, InvokeError, deliver, invoke, merge_payload, system_metadata};

/// Runs a function, retries it by its retry policy, and sends its outputs. If `firing` is an
/// error, the run fails with it.
pub(crate) async fn fire(
    host: &Host,
    function: &Function,
    firing: Result<Firing, String>,
) -> Outcome {
    let started = Instant::now();
    let id = clock::new_id();
    let _running = host.invocations.begin(&function.name, id);
    let outcome = match firing {
        Err(reason) => Outcome::Failed(reason),
        Ok(firing) => {
            let mut metadata = firing.metadata;
            metadata.insert("sys".to_owned(), system_metadata(&function.name));
            if let Some(payload) = &firing.payload {
                merge_payload(&mut metadata, payload);
            }
            let trace = host.child_trace(None);
            let mut invocation = Invocation {
                function,
                id,
                data: firing.data,
                metadata,
                trace,
            };
            run(host, &mut invocation).await
        }
    };
    host.report(HostEvent::Fired {
        function: function.name.clone(),
        invocation: id,
        elapsed: started.elapsed(),
        outcome: outcome.clone(),
    });
    outcome
}

async fn run(host: &Host, invocation: &mut Invocation<'_>) -> Outcome {
    let retry = invocation.function.retry;
    let mut exception = Value::Null;
    for attempt in 0.. {
        if let Some(retry) = retry {
            // A retry is the same invocation, with the same id.
            let context = json!({
                "RetryCount": attempt,
                "MaxRetryCount": retry.max_retries,
                "Exception": exception,
                "Instance": null,
                "State": {},
            });
            invocation
                .metadata
                .insert("RetryContext".to_owned(), context);
        }
        let reason = match once(host, invocation).await {
            Ok(()) => return Outcome::Succeeded,
            Err(reason) => reason,
        };
        match retry {
            Some(retry) if attempt < retry.max_retries => {
                tokio::time::sleep(delay(&retry, attempt)).await
            }
            _ => return Outcome::Failed(reason),
        }
        exception = exception_json(&invocation.function.name, &reason);
    }
    Outcome::Failed("no attempt was made".to_owned())
}

async fn once(host: &Host, invocation: &Invocation<'_>) -> Result<(), String> {
    let envelope = invoke(host, invocation)
        .await
        .map_err(|error: InvokeError| error.to_string())?;
    deliver(host, invocation.function, &envelope)
        .await
        .map_err(|error| error.to_string())
}

fn delay(retry: &Retry, attempt: u32) -> Duration {
    retry
        .first_delay
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(retry.max_delay)
}

/// Some of the members with which .NET serialises an exception.
fn exception_json(function: &str, reason: &str) -> Value {
    json!({
        "ClassName": "Microsoft.Azure.WebJobs.Host.FunctionInvocationException",
        "Message": format!("Exception while executing function: Functions.{function}"),
        "InnerException": { "Message": reason },
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Retry, delay};

    #[test]
    fn a_delay_grows_up_to_the_maximum() {
        let retry = Retry {
            max_retries: 9,
            first_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(60),
        };

        assert_eq!(
            [0, 1, 4, 99].map(|attempt| delay(&retry, attempt).as_secs()),
            [5, 10, 60, 60]
        );
    }
}
