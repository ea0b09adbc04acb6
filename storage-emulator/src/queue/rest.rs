//! The REST operations of the queue service.

use std::time::Duration;

use super::queues::{Created, Queues};
use super::state::Message;
use crate::access::Access;
use crate::call::{Call, check_name};
use crate::clock::http_date;
use crate::reply::Reply;
use crate::service_error::ServiceError;
use crate::xml;

/// The maximum size of a message's text in bytes, as in Azure.
const MAX_MESSAGE: usize = 64 * 1024;
/// The maximum size of a body: a text of maximum size, each character written as an entity.
pub(crate) const MAX_BODY: u64 = 6 * MAX_MESSAGE as u64 + 1024;

const WEEK: i64 = 7 * 24 * 3600;

/// Answers an authorized request.
pub(crate) fn answer(queues: &Queues, call: &Call, access: &Access) -> Result<Reply, ServiceError> {
    let method = call.method.as_str();
    if call.parent.is_empty() {
        access.require_owner()?;
        return match (method, call.parameter("comp")) {
            ("GET", Some("list")) => Ok(list(queues, call)),
            _ => Err(ServiceError::NotSupported),
        };
    }
    check_name(&call.parent)?;
    let message = call.rest.as_deref().map(|rest| rest.split_once('/'));
    match (method, &call.rest, message) {
        (_, None, _) => queue(queues, call, access),
        (_, Some(rest), _) if rest == "messages" => messages(queues, call, access),
        (_, _, Some(Some(("messages", id)))) => one_message(queues, call, access, id),
        _ => Err(ServiceError::BadUrl),
    }
}

fn list(queues: &Queues, call: &Call) -> Reply {
    let prefix = call.parameter("prefix").unwrap_or_default();
    let names = queues.names().into_iter();
    let listed: String = names
        .filter(|name| name.starts_with(prefix))
        .map(|name| format!("<Queue><Name>{name}</Name></Queue>"))
        .collect();
    Reply::xml(
        200,
        &format!("<EnumerationResults><Queues>{listed}</Queues><NextMarker/></EnumerationResults>"),
    )
}

fn queue(queues: &Queues, call: &Call, access: &Access) -> Result<Reply, ServiceError> {
    let name = &call.parent;
    match (call.method.as_str(), call.parameter("comp")) {
        ("PUT", None) => {
            access.require_owner()?;
            Ok(match queues.create(name, call.metadata())? {
                Created::New => Reply::empty(201),
                Created::Existing => Reply::empty(204),
            })
        }
        ("DELETE", None) => {
            access.require_owner()?;
            queues.delete(name)?;
            Ok(Reply::empty(204))
        }
        ("GET" | "HEAD", Some("metadata")) => {
            access.require("r")?;
            let (metadata, count) = queues.metadata(name)?;
            let mut reply =
                Reply::empty(200).with("x-ms-approximate-messages-count", count.to_string());
            for (name, value) in metadata {
                reply.push(&format!("x-ms-meta-{name}"), value);
            }
            Ok(reply)
        }
        ("PUT", Some("metadata")) => {
            access.require_owner()?;
            queues.set_metadata(name, call.metadata())?;
            Ok(Reply::empty(204))
        }
        _ => Err(ServiceError::NotSupported),
    }
}

fn messages(queues: &Queues, call: &Call, access: &Access) -> Result<Reply, ServiceError> {
    let name = &call.parent;
    let count =
        || Ok::<_, ServiceError>(call.number("numofmessages", 1..=32, 1)?.unsigned_abs() as usize);
    match call.method.as_str() {
        "POST" => {
            access.require("a")?;
            let hidden_for = seconds(call.number("visibilitytimeout", 0..=WEEK, 0)?);
            let lives_for = match call.number("messagettl", -1..=i64::from(u32::MAX), WEEK)? {
                -1 => None,
                0 => return Err(ServiceError::BadParameter),
                time => Some(seconds(time)),
            };
            if lives_for.is_some_and(|time| hidden_for >= time) {
                return Err(ServiceError::BadParameter);
            }
            let text = text(&call.body)?;
            let message = queues.put(name, text, hidden_for, lives_for)?;
            Ok(message_list(201, &[message], Detail::Receipt))
        }
        "GET" if call.parameter("peekonly") == Some("true") => {
            access.require("r")?;
            let peeked = queues.peek(name, count()?)?;
            Ok(message_list(200, &peeked, Detail::Text))
        }
        "GET" => {
            access.require("p")?;
            let hidden_for = seconds(call.number("visibilitytimeout", 1..=WEEK, 30)?);
            let received = queues.get(name, count()?, hidden_for)?;
            Ok(message_list(200, &received, Detail::Both))
        }
        "DELETE" => {
            access.require("p")?;
            queues.clear(name)?;
            Ok(Reply::empty(204))
        }
        _ => Err(ServiceError::NotSupported),
    }
}

fn one_message(
    queues: &Queues,
    call: &Call,
    access: &Access,
    id: &str,
) -> Result<Reply, ServiceError> {
    let receipt = call
        .parameter("popreceipt")
        .ok_or(ServiceError::MissingParameter)?;
    match call.method.as_str() {
        "PUT" => {
            access.require("u")?;
            call.parameter("visibilitytimeout")
                .ok_or(ServiceError::MissingParameter)?;
            let hidden_for = seconds(call.number("visibilitytimeout", 0..=WEEK, 0)?);
            let text = (!call.body.is_empty())
                .then(|| text(&call.body))
                .transpose()?;
            let message = queues.update(&call.parent, id, receipt, hidden_for, text)?;
            Ok(Reply::empty(204)
                .with("x-ms-popreceipt", message.receipt.to_string())
                .with("x-ms-time-next-visible", http_date(message.visible)))
        }
        "DELETE" => {
            access.require("p")?;
            queues.delete_message(&call.parent, id, receipt)?;
            Ok(Reply::empty(204))
        }
        _ => Err(ServiceError::NotSupported),
    }
}

/// The text of the message in a request's body.
fn text(body: &[u8]) -> Result<String, ServiceError> {
    let body = std::str::from_utf8(body).map_err(|_| ServiceError::BadXml)?;
    let message = xml::content(body, "QueueMessage").ok_or(ServiceError::BadXml)?;
    let text = if message.contains("<MessageText/>") || message.contains("<MessageText />") {
        String::new()
    } else {
        xml::text(message, "MessageText").ok_or(ServiceError::BadXml)?
    };
    if text.len() > MAX_MESSAGE {
        return Err(ServiceError::TooLarge);
    }
    Ok(text)
}

/// Which part of a message an answer contains, besides its id and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Receipt,
    Text,
    Both,
}

fn message_list(status: u16, messages: &[Message], detail: Detail) -> Reply {
    let mut body = String::from("<QueueMessagesList>");
    for message in messages {
        body.push_str(&format!(
            "<QueueMessage><MessageId>{}</MessageId><InsertionTime>{}</InsertionTime>\
             <ExpirationTime>{}</ExpirationTime>",
            message.id,
            http_date(message.inserted),
            http_date(message.expires)
        ));
        if detail != Detail::Text {
            body.push_str(&format!(
                "<PopReceipt>{}</PopReceipt><TimeNextVisible>{}</TimeNextVisible>",
                message.receipt,
                http_date(message.visible)
            ));
        }
        if detail != Detail::Receipt {
            body.push_str(&format!(
                "<DequeueCount>{}</DequeueCount><MessageText>{}</MessageText>",
                message.dequeue_count,
                xml::escape(&message.text)
            ));
        }
        body.push_str("</QueueMessage>");
    }
    body.push_str("</QueueMessagesList>");
    Reply::xml(status, &body)
}

fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}
