//! The order in which the host decides about a request.

use std::sync::Arc;

use uuid::Uuid;

use super::answered::{Answered, CallError, Content, add_common_headers, replied};
use super::request::Request;
use super::{admin, fallback, json_call, keys, proxy, site};
use crate::app::{Function, HttpTrigger};
use crate::host::Host;
use crate::http::{BodyLength, Reply, Wire};
use crate::route::Values;
use crate::{clock, forward};

/// Answers a request. Decides in the same order as the middlewares of the host.
pub(crate) async fn answer(host: &Arc<Host>, wire: &mut Wire, request: &mut Request) -> Answered {
    // Web pages may not call this, so the answer has no CORS headers.
    if request.target.path.starts_with("/admin/") {
        return Answered::without_function(admin::answer(host, wire, request).await);
    }
    // The site's answers have the site's headers alone.
    if site::takes(host, &request.target.path) && find(host, request).is_none() {
        return Answered::without_function(site::answer(host, wire, request).await);
    }
    let mut answered = match host
        .cors
        .as_ref()
        .and_then(|cors| cors.preflight(&request.head.fields, &request.head.method))
    {
        Some(reply) => Answered::without_function(reply),
        None => route(host, wire, request).await,
    };
    if let Content::Reply(reply) = &mut answered.content {
        add_common_headers(host, &mut reply.fields, request);
    }
    answered
}

async fn route(host: &Arc<Host>, wire: &mut Wire, request: &mut Request) -> Answered {
    let Some((function, trigger, values)) = find(host, request) else {
        return Answered::without_function(fallback::answer(host, request).await);
    };
    let invocation = clock::new_id();
    let key = match keys::check(host.app.options.keys.as_ref(), trigger.auth_level, request) {
        Ok(key) => key,
        Err(reply) => {
            return Answered {
                function: Some(function.name.clone()),
                ..Answered::without_function(*reply)
            };
        }
    };

    let _running = host.invocations.begin(&function.name, invocation);
    let (content, failure) = if function.forwardable && host.app.host.proxies {
        proxy::pass(host, wire, request, invocation).await
    } else if function.forwardable && host.app.host.forwards {
        replied(forward_call(host, wire, request, invocation).await)
    } else {
        replied(json_call::call(host, wire, request, function, values, key, invocation).await)
    };
    Answered {
        content,
        function: Some(function.name.clone()),
        invocation: Some(invocation),
        failure,
    }
}

/// The first function, ordered by name, that takes this path and method.
fn find<'a>(host: &'a Host, request: &Request) -> Option<(&'a Function, &'a HttpTrigger, Values)> {
    let method = request.head.method_text();
    host.app
        .functions
        .iter()
        .filter(|function| !function.disabled)
        .find_map(|function| {
            let trigger = function.http()?;
            let takes = trigger.methods.is_empty()
                || trigger
                    .methods
                    .iter()
                    .any(|one| one.eq_ignore_ascii_case(method));
            let values = takes.then(|| trigger.template.matches(&request.target.path))??;
            Some((function, trigger, values))
        })
}

async fn forward_call(
    host: &Host,
    wire: &mut Wire,
    request: &mut Request,
    invocation: Uuid,
) -> Result<Reply, CallError> {
    if request.length == BodyLength::Chunked {
        return Err(CallError::new(forward::ForwardError::Chunked));
    }
    // Reading the body removes `Expect` from the head, but the handler gets it too.
    let fields = request.head.fields.clone();
    let body = request.body(wire).await?;
    let trace = host.new_trace();
    let method = request.head.method_text();
    let outgoing = forward::outgoing(
        method,
        &request.target,
        &fields,
        body,
        invocation,
        trace.as_deref(),
    )
    .map_err(CallError::new)?;
    let answer = host.exchange(&outgoing).await.map_err(CallError::new)?;
    Ok(forward::reply(answer, outgoing.is_head))
}
