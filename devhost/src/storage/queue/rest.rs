use std::time::Duration;

use super::{Created, Message, Queues};
use crate::clock::http_date;
use crate::http::{Reply, ReplyBody};
use crate::storage::access::Access;
use crate::storage::call::{Call, check_name};
use crate::storage::fault::Fault;
use crate::storage::xml;

/// The largest text of a message, as in Azure.
const LARGEST_MESSAGE: usize = 64 * 1024;
/// Such a text, were each of its characters written as an entity.
pub(in crate::storage) const LARGEST_BODY: u64 = 6 * LARGEST_MESSAGE as u64 + 1024;

const A_WEEK: i64 = 7 * 24 * 3600;

/// Answers a request that has been admitted.
pub(in crate::storage) fn answer(
    queues: &Queues,
    call: &Call,
    access: &Access,
) -> Result<Reply, Fault> {
    let method = call.method.as_str();
    if call.parent.is_empty() {
        access.require_owner()?;
        return match (method, call.parameter("comp")) {
            ("GET", Some("list")) => Ok(list(queues, call)),
            _ => Err(Fault::NotSupported),
        };
    }
    check_name(&call.parent)?;
    let message = call.rest.as_deref().map(|rest| rest.split_once('/'));
    match (method, &call.rest, message) {
        (_, None, _) => queue(queues, call, access),
        (_, Some(rest), _) if rest == "messages" => messages(queues, call, access),
        (_, _, Some(Some(("messages", id)))) => one_message(queues, call, access, id),
        _ => Err(Fault::BadAddress),
    }
}

fn list(queues: &Queues, call: &Call) -> Reply {
    let prefix = call.parameter("prefix").unwrap_or_default();
    let names = queues.names().into_iter();
    let listed: String = names
        .filter(|name| name.starts_with(prefix))
        .map(|name| format!("<Queue><Name>{name}</Name></Queue>"))
        .collect();
    xml_reply(
        200,
        &format!("<EnumerationResults><Queues>{listed}</Queues><NextMarker/></EnumerationResults>"),
    )
}

fn queue(queues: &Queues, call: &Call, access: &Access) -> Result<Reply, Fault> {
    let name = &call.parent;
    match (call.method.as_str(), call.parameter("comp")) {
        ("PUT", None) => {
            access.require_owner()?;
            Ok(match queues.create(name, call.metadata())? {
                Created::Now => Reply::empty(201),
                Created::Before => no_content(),
            })
        }
        ("DELETE", None) => {
            access.require_owner()?;
            queues.remove(name)?;
            Ok(no_content())
        }
        ("GET" | "HEAD", Some("metadata")) => {
            access.require("r")?;
            let (metadata, count) = queues.description(name)?;
            let mut reply =
                Reply::empty(200).with("x-ms-approximate-messages-count", count.to_string());
            for (name, value) in metadata {
                reply.fields.push(format!("x-ms-meta-{name}"), value);
            }
            Ok(reply)
        }
        ("PUT", Some("metadata")) => {
            access.require_owner()?;
            queues.describe(name, call.metadata())?;
            Ok(no_content())
        }
        _ => Err(Fault::NotSupported),
    }
}

fn messages(queues: &Queues, call: &Call, access: &Access) -> Result<Reply, Fault> {
    let name = &call.parent;
    let count = || Ok::<_, Fault>(call.number("numofmessages", 1..=32, 1)?.unsigned_abs() as usize);
    match call.method.as_str() {
        "POST" => {
            access.require("a")?;
            let hidden_for = seconds(call.number("visibilitytimeout", 0..=A_WEEK, 0)?);
            let lives_for = match call.number("messagettl", -1..=i64::from(u32::MAX), A_WEEK)? {
                -1 => None,
                0 => return Err(Fault::BadParameter),
                time => Some(seconds(time)),
            };
            if lives_for.is_some_and(|time| hidden_for >= time) {
                return Err(Fault::BadParameter);
            }
            let text = text(&call.body)?;
            let message = queues.put(name, text, hidden_for, lives_for)?;
            Ok(message_list(201, &[message], Shown::Receipt))
        }
        "GET" if call.parameter("peekonly") == Some("true") => {
            access.require("r")?;
            let seen = queues.peek(name, count()?)?;
            Ok(message_list(200, &seen, Shown::Text))
        }
        "GET" => {
            access.require("p")?;
            let hidden_for = seconds(call.number("visibilitytimeout", 1..=A_WEEK, 30)?);
            let taken = queues.take(name, count()?, hidden_for)?;
            Ok(message_list(200, &taken, Shown::Both))
        }
        "DELETE" => {
            access.require("p")?;
            queues.clear(name)?;
            Ok(no_content())
        }
        _ => Err(Fault::NotSupported),
    }
}

fn one_message(queues: &Queues, call: &Call, access: &Access, id: &str) -> Result<Reply, Fault> {
    let receipt = call
        .parameter("popreceipt")
        .ok_or(Fault::MissingParameter)?;
    match call.method.as_str() {
        "PUT" => {
            access.require("u")?;
            call.parameter("visibilitytimeout")
                .ok_or(Fault::MissingParameter)?;
            let hidden_for = seconds(call.number("visibilitytimeout", 0..=A_WEEK, 0)?);
            let text = (!call.body.is_empty())
                .then(|| text(&call.body))
                .transpose()?;
            let message = queues.update(&call.parent, id, receipt, hidden_for, text)?;
            Ok(no_content()
                .with("x-ms-popreceipt", message.receipt.to_string())
                .with("x-ms-time-next-visible", http_date(message.visible)))
        }
        "DELETE" => {
            access.require("p")?;
            queues.delete(&call.parent, id, receipt)?;
            Ok(no_content())
        }
        _ => Err(Fault::NotSupported),
    }
}

/// The text of the one message in a body.
fn text(body: &[u8]) -> Result<String, Fault> {
    let body = std::str::from_utf8(body).map_err(|_| Fault::BadXml)?;
    let message = xml::elements(body, "QueueMessage");
    let text = match message.first() {
        Some(message)
            if message.contains("<MessageText/>") || message.contains("<MessageText />") =>
        {
            String::new()
        }
        Some(message) => xml::text(message, "MessageText").ok_or(Fault::BadXml)?,
        None => return Err(Fault::BadXml),
    };
    if text.len() > LARGEST_MESSAGE {
        return Err(Fault::TooLarge);
    }
    Ok(text)
}

/// How much of a message an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Receipt,
    Text,
    Both,
}

fn message_list(status: u16, messages: &[Message], shown: Shown) -> Reply {
    let mut body = String::from("<QueueMessagesList>");
    for message in messages {
        body.push_str(&format!(
            "<QueueMessage><MessageId>{}</MessageId><InsertionTime>{}</InsertionTime>\
             <ExpirationTime>{}</ExpirationTime>",
            message.id,
            http_date(message.inserted),
            http_date(message.expires)
        ));
        if shown != Shown::Text {
            body.push_str(&format!(
                "<PopReceipt>{}</PopReceipt><TimeNextVisible>{}</TimeNextVisible>",
                message.receipt,
                http_date(message.visible)
            ));
        }
        if shown != Shown::Receipt {
            body.push_str(&format!(
                "<DequeueCount>{}</DequeueCount><MessageText>{}</MessageText>",
                message.dequeue_count,
                xml::escape(&message.text)
            ));
        }
        body.push_str("</QueueMessage>");
    }
    body.push_str("</QueueMessagesList>");
    xml_reply(status, &body)
}

fn xml_reply(status: u16, body: &str) -> Reply {
    let whole = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{body}");
    Reply::new(status, ReplyBody::Sized(whole.into())).with("Content-Type", "application/xml")
}

fn no_content() -> Reply {
    Reply::new(204, ReplyBody::Absent)
}

fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}
