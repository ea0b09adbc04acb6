//! Calls a function in the JSON protocol.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::{AnswerError, Envelope};
use crate::app::Function;
use crate::clock;
use crate::event::HostEvent;
use crate::handler::{ExchangeError, HandlerAnswer, Outgoing};
use crate::host::{Host, USER_AGENT, VERSION};
use crate::http::{Fields, remove_dot_segments};

/// A call of a function in the JSON protocol.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) function: &'a Function,
    pub(crate) id: Uuid,
    /// The trigger's value, encoded for `Data`.
    pub(crate) data: Value,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) trace: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum InvokeError {
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

/// The host's client follows this many redirects, unless forwarding is enabled for the app.
const MAX_REDIRECTS: usize = 50;

/// The entries that the host itself adds to all metadata.
pub(crate) fn system_metadata(function: &str) -> Value {
    json!({
        "MethodName": function,
        "UtcNow": clock::now().strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string(),
        "RandGuid": clock::new_id().to_string(),
    })
}

/// Calls the function and waits for its completion. An empty answer does not complete it, so it
/// then ends with the function's timeout.
pub(crate) async fn invoke(
    host: &Host,
    invocation: &Invocation<'_>,
) -> Result<Envelope, InvokeError> {
    host.wait_until_ready().await?;
    let envelope = host
        .within_function_timeout(async {
            let answer = send_following_redirects(host, invocation).await?;
            match Envelope::parse(&answer) {
                Ok(Some(envelope)) => Ok(Ok(envelope)),
                Ok(None) => std::future::pending().await,
                Err(error) => Ok(Err(error)),
            }
        })
        .await??;
    for line in &envelope.logs {
        host.report(HostEvent::Log {
            function: invocation.function.name.clone(),
            invocation: invocation.id,
            line: line.clone(),
        });
    }
    Ok(envelope)
}

async fn send_following_redirects(
    host: &Host,
    invocation: &Invocation<'_>,
) -> Result<HandlerAnswer, ExchangeError> {
    let mut path = format!("/{}", invocation.function.name);
    let mut with_body = true;
    let max_redirects = if host.app.host.forwards {
        0
    } else {
        MAX_REDIRECTS
    };
    let mut redirects = 0;
    loop {
        let outgoing = outgoing(host.link.port, invocation, &path, with_body);
        let answer = host.link.send(&outgoing).await?;
        match redirect_path(host.link.port, &answer, &path) {
            Some(next) if redirects < max_redirects => {
                redirects += 1;
                with_body = with_body && matches!(answer.status, 307 | 308);
                path = next;
            }
            _ => return Ok(answer),
        }
    }
}

fn redirect_path(port: u16, answer: &HandlerAnswer, from: &str) -> Option<String> {
    if !matches!(answer.status, 300..=303 | 307 | 308) {
        return None;
    }
    let location = answer.fields.text("Location")?;
    let own = format!("http://127.0.0.1:{port}");
    let local = match location.strip_prefix(&own) {
        Some("") => "/",
        Some(local) => local,
        None if location.contains("://") || location.starts_with("//") => return None,
        None => location,
    };
    let local = local.split('#').next().unwrap_or_default();
    Some(if local.starts_with('/') {
        remove_dot_segments(local)
    } else {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        remove_dot_segments(&format!("{folder}/{local}"))
    })
}

fn outgoing(port: u16, invocation: &Invocation<'_>, path: &str, with_body: bool) -> Outgoing {
    let mut fields = Fields::default();
    fields.push("Host", format!("127.0.0.1:{port}"));
    fields.push("X-Azure-Functions-HostVersion", VERSION);
    fields.push("X-Azure-Functions-InvocationId", invocation.id.to_string());
    fields.push("User-Agent", USER_AGENT);
    if with_body {
        fields.push("Transfer-Encoding", "chunked");
    }
    if let Some(trace) = &invocation.trace {
        fields.push("traceparent", trace.clone());
    }
    if with_body {
        fields.push("Content-Type", "application/json; charset=utf-8");
    }
    let mut head = format!(
        "{} {path} HTTP/1.1\r\n",
        if with_body { "POST" } else { "GET" }
    )
    .into_bytes();
    for (name, value) in fields.iter() {
        head.extend_from_slice(&[name, b": ".as_slice(), value, b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    let body = if with_body {
        body(invocation)
    } else {
        Bytes::new()
    };
    Outgoing {
        head,
        body,
        is_head: false,
        expects_continue: false,
        resendable: !with_body,
    }
}

/// The body, as one chunk and the last, empty one.
fn body(invocation: &Invocation<'_>) -> Bytes {
    let content = json!({
        "Data": { invocation.function.trigger_name.as_str(): invocation.data },
        "Metadata": invocation.metadata,
    })
    .to_string();
    format!("{:x}\r\n{content}\r\n0\r\n\r\n", content.len()).into()
}
