use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::app::{Function, Retry};
use crate::clock;
use crate::event::{HostEvent, Outcome};
use crate::firing::Firing;
use crate::host::Host;
use crate::json::{Invocation, InvokeError, deliver, invoke, merge_payload, system_metadata};

/// Runs a function, again where its retry policy says so, and sends its outputs. A trigger
/// whose value could not even be prepared fails like any other run.
pub(crate) async fn fire(
    host: &Host,
    function: &Function,
    firing: Result<Firing, String>,
) -> Outcome {
    let started = Instant::now();
    let id = clock::new_id();
    let _running = host.invocations.begin(&function.name, id);
    let outcome = match firing {
        Err(why) => Outcome::Failed(why),
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
            // Each try is the same invocation, down to its id.
            let context = json!({
                "RetryCount": attempt,
                "MaxRetryCount": retry.most,
                "Exception": exception,
                "Instance": null,
                "State": {},
            });
            invocation
                .metadata
                .insert("RetryContext".to_owned(), context);
        }
        let why = match once(host, invocation).await {
            Ok(()) => return Outcome::Succeeded,
            Err(why) => why,
        };
        match retry {
            Some(retry) if attempt < retry.most => tokio::time::sleep(delay(&retry, attempt)).await,
            _ => return Outcome::Failed(why),
        }
        exception = described(&invocation.function.name, &why);
    }
    Outcome::Failed("it was given up".to_owned())
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
        .first
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(retry.longest)
}

/// A few members of what .NET would print of an exception.
fn described(function: &str, why: &str) -> Value {
    json!({
        "ClassName": "Microsoft.Azure.WebJobs.Host.FunctionInvocationException",
        "Message": format!("Exception while executing function: Functions.{function}"),
        "InnerException": { "Message": why },
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Retry, delay};

    #[test]
    fn a_growing_delay_stops_at_the_longest() {
        let retry = Retry {
            most: 9,
            first: Duration::from_secs(5),
            longest: Duration::from_secs(60),
        };

        assert_eq!(
            [0, 1, 4, 99].map(|attempt| delay(&retry, attempt).as_secs()),
            [5, 10, 60, 60]
        );
    }
}
