use std::sync::Arc;

use uuid::Uuid;

use super::answered::{Answered, Content, Failure, decorate, replied};
use super::{Request, admin, json_call, keys, own_pages, proxy};
use crate::app::{Function, HttpTrigger};
use crate::host::Host;
use crate::http::{BodyLength, Reply, Wire};
use crate::route::Values;
use crate::{clock, forward};

/// Takes a request through the host, in the order of its middlewares.
pub(crate) async fn answer(host: &Arc<Host>, wire: &mut Wire, request: &mut Request) -> Answered {
    // No page is let in there, so none is told that it were.
    if request.target.path.starts_with("/admin/") {
        return Answered::own(admin::answer(host, wire, request).await);
    }
    let mut answered = match host
        .cors
        .as_ref()
        .and_then(|cors| cors.preflight(&request.head.fields, &request.head.method))
    {
        Some(reply) => Answered::own(reply),
        None => routed(host, wire, request).await,
    };
    if let Content::Reply(reply) = &mut answered.content {
        decorate(host, &mut reply.fields, request);
    }
    answered
}

async fn routed(host: &Arc<Host>, wire: &mut Wire, request: &mut Request) -> Answered {
    let Some((function, trigger, values)) = find(host, request) else {
        return Answered::own(own_pages::answer(host, request).await);
    };
    let invocation = clock::new_id();
    let key = match keys::check(host.app.options.keys.as_ref(), trigger.auth_level, request) {
        Ok(key) => key,
        Err(reply) => {
            return Answered {
                function: Some(function.name.clone()),
                ..Answered::own(*reply)
            };
        }
    };

    let _running = host.invocations.begin(&function.name, invocation);
    let (content, failure) = if function.forwardable && host.app.host.proxies {
        proxy::pass(host, wire, request, invocation).await
    } else if function.forwardable && host.app.host.forwards {
        replied(forwarded(host, wire, request, invocation).await)
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

/// The first function, in the order of names, that takes this path and method.
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

async fn forwarded(
    host: &Host,
    wire: &mut Wire,
    request: &mut Request,
    invocation: Uuid,
) -> Result<Reply, Failure> {
    if request.length == BodyLength::Chunked {
        return Err(Failure::new(forward::Unforwardable::Chunked));
    }
    // Reading the body forgets `Expect` once it has been honoured; the handler gets it still.
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
    .map_err(Failure::new)?;
    let answer = host.exchange(&outgoing).await.map_err(Failure::new)?;
    Ok(forward::reply(answer, outgoing.is_head))
}
