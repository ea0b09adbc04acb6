//! Access for the fuzzers in `fuzz/`, which can only reach what is public. Each function takes
//! what a caller or a handler may send, and checks what must hold for any accepted input.

use std::net::Ipv4Addr;

use bytes::{Bytes, BytesMut};
use uuid::Uuid;

use crate::app::{DataType, Function, Output, Plan, Trigger};
use crate::forward;
use crate::front::{Request, json_reply, proxied_head};
use crate::handler::HandlerAnswer;
use crate::http::{BodyLength, RequestHead, Target};
use crate::json::{self, Envelope};
use crate::route::{RouteTemplate, unsafe_parameters};

/// Routes whose parameters are considered safe.
const SAFE: [&str; 4] = [
    "api/rooms/{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)?}/{part:regex(^[a-z-]+$)?}",
    "api/sessions/{id:guid?}",
    "api/things/{n:int}/{w:alpha}",
    "api/events",
];

/// What a caller sends: the head of a request, and whatever follows it.
pub fn request(bytes: &[u8]) {
    for plan in [Plan::Func, Plan::Flex] {
        let Some(head) = head(bytes) else {
            return;
        };
        if let Ok(request) = Request::new(head, (Ipv4Addr::LOCALHOST, 1).into(), plan, 1 << 20) {
            forwarded(&request);
            proxied(&request);
        }
    }
}

/// Parses the head, and checks that the result is the same if it arrives in two pieces.
fn head(bytes: &[u8]) -> Option<RequestHead> {
    let whole = RequestHead::take(&mut BytesMut::from(bytes)).ok().flatten();
    let (early, late) = bytes.split_at(bytes.len() / 2);
    let mut buffer = BytesMut::from(early);
    let in_pieces = match RequestHead::take(&mut buffer) {
        Ok(None) => {
            buffer.extend_from_slice(late);
            RequestHead::take(&mut buffer).ok().flatten()
        }
        other => other.ok().flatten(),
    };
    assert_eq!(format!("{whole:?}"), format!("{in_pieces:?}"));
    whole
}

/// Checks that the handler gets exactly one request, within the route that was matched.
fn forwarded(request: &Request) {
    if request.length == BodyLength::Chunked {
        return;
    }
    let (method, fields) = (request.head.method_text(), &request.head.fields);
    for body in [Bytes::new(), Bytes::from_static(b"body")] {
        let (id, target) = (Uuid::nil(), &request.target);
        if let Ok(sent) = forward::outgoing(method, target, fields, body, id, None) {
            let names = header_names(&sent.head);
            assert!(!names.contains(&"transfer-encoding".to_owned()));
            stays_in_its_route(target, &sent.head);
        }
    }
}

fn proxied(request: &Request) {
    let names = header_names(&proxied_head(request, 1, Uuid::nil()));
    let count = |of: &[&str]| {
        names
            .iter()
            .filter(|name| of.contains(&name.as_str()))
            .count()
    };
    assert!(count(&["transfer-encoding", "content-length"]) <= 1);
    assert_eq!(count(&["host"]), 1);
}

/// The names of a head's headers, in lower case. Checks that the head has only one end:
/// otherwise a caller could smuggle a second request past the host.
fn header_names(head: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (head, after) = text.split_once("\r\n\r\n").unwrap_or((&text, "no end"));
    assert_eq!(after, "");
    let mut lines = head.split("\r\n");
    assert!(lines.clone().all(|line| !line.contains(['\r', '\n', '\0'])));
    lines.next();
    let names = lines.map(|line| line.split(':').next().unwrap_or_default());
    names.map(str::to_owned).collect()
}

fn stays_in_its_route(requested: &Target, sent: &[u8]) {
    let text = String::from_utf8_lossy(sent);
    let sent = text.split(' ').nth(1).unwrap_or_default();
    for template in SAFE.map(RouteTemplate::parse).into_iter().flatten() {
        if template.matches(&requested.path).is_some() {
            assert!(arrives_at(&template, sent), "{requested:?} became {sent}");
        }
    }
}

fn arrives_at(template: &RouteTemplate, path: &str) -> bool {
    let target = Target::parse("GET", path, "h");
    target.is_ok_and(|target| template.matches(&target.path).is_some())
}

/// A route template, a NUL character, and a path as a caller sends it. If there is no warning
/// about a parameter, no caller can leave the route.
pub fn route_template(text: &str) {
    let (template, path) = text.split_once('\0').unwrap_or((text, "/a"));
    let Ok(template) = RouteTemplate::parse(template) else {
        return;
    };
    let Ok(target) = Target::parse("GET", path, "h") else {
        return;
    };
    let Some(values) = template.matches(&target.path) else {
        return;
    };
    assert!(values.len() <= template.parameters().count());
    // A caller cannot change the literal parts of a route.
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\\%?#".contains(&byte);
    let mut literals = template.literals();
    if literals.all(|text| text.bytes().all(plain)) && unsafe_parameters(&template).is_empty() {
        let sent = forward::forwarded_path(&target.path, false);
        assert!(arrives_at(&template, &sent), "{path} became {sent}");
    }
}

/// What a handler answers: it is forwarded, and also read as JSON.
pub fn handler_answer(bytes: &[u8]) {
    HandlerAnswer::is_whole(bytes);
    for to_head in [false, true] {
        let mut rest = BytesMut::from(bytes);
        if let Ok(Some(mut answer)) = HandlerAnswer::take_head(&mut rest) {
            answer.body = rest.freeze();
            read_as_json(&answer);
            forward::reply(answer, to_head);
        }
    }
}

/// Reads an answer in all ways that the bindings of a function can ask for.
fn read_as_json(answer: &HandlerAnswer) {
    let Ok(Some(envelope)) = Envelope::parse(answer) else {
        return;
    };
    for name in ["res", "$return"] {
        let _ = json_reply(&function(name), &envelope, false);
    }
    for value in envelope.outputs.iter().flat_map(|outputs| outputs.values()) {
        json::messages(value, DataType::Unset);
    }
}

fn function(output: &str) -> Function {
    Function {
        name: "f".to_owned(),
        trigger_name: "req".to_owned(),
        trigger: Trigger::Other("anyTrigger".to_owned()),
        outputs: vec![Output::Http {
            name: output.to_owned(),
        }],
        forwardable: false,
        disabled: false,
        retry: None,
        warnings: Vec::new(),
    }
}
