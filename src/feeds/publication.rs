//! A notification or an event as a back end puts it on the queue.

use std::borrow::Cow;
use std::fmt::Display;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::FeedError;
use super::event::Event;
use super::notification::NewNotification;
use super::size_limit::SizeLimit;
use crate::ids::target::OrgId;
use crate::ids::user_id::UserId;

/// What to publish, and to whom.
#[derive(Debug)]
pub enum Publication {
    Notification {
        user: UserId,
        notification: NewNotification,
    },
    Event {
        org: OrgId,
        event: Event,
    },
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// The values are read one by one, because an error of serde would quote them, and it is logged.
#[derive(Deserialize)]
struct NotificationFields<'a> {
    #[serde(borrow)]
    user_id: &'a RawValue,
    #[serde(borrow)]
    notification: &'a RawValue,
}

#[derive(Deserialize)]
struct EventFields<'a> {
    #[serde(borrow)]
    org_id: &'a RawValue,
    #[serde(borrow)]
    event_type: &'a RawValue,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl Publication {
    /// `None` if the message is of another kind, or no message at all.
    pub fn read(text: &str) -> Result<Option<Self>, FeedError> {
        let kind = serde_json::from_str::<Kind<'_>>(text);
        Ok(match kind.as_ref().map(|message| &*message.kind) {
            Ok("notification") => {
                let fields: NotificationFields<'_> = fields(text)?;
                Some(Self::Notification {
                    user: id("user_id", fields.user_id, UserId::parse)?,
                    notification: NewNotification::parse(fields.notification, SizeLimit::QUEUE)?,
                })
            }
            Ok("event") => {
                let fields: EventFields<'_> = fields(text)?;
                let event_type = self::text("event_type", fields.event_type)?;
                let data = fields.data.to_owned();
                Some(Self::Event {
                    org: id("org_id", fields.org_id, str::parse)?,
                    event: Event::new(event_type, data, SizeLimit::QUEUE)?,
                })
            }
            Ok(_) | Err(_) => None,
        })
    }
}

fn fields<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, FeedError> {
    serde_json::from_str(text).map_err(|error| FeedError::invalid(error.to_string()))
}

fn text(name: &str, value: &RawValue) -> Result<String, FeedError> {
    serde_json::from_str(value.get())
        .map_err(|_| FeedError::invalid(format!("`{name}` must be text")))
}

fn id<T, E: Display>(
    name: &str,
    value: &RawValue,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, FeedError> {
    let parsed = parse(&text(name, value)?);
    parsed.map_err(|error| FeedError::invalid(format!("`{name}`: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_other_kinds_are_left_to_others() {
        for text in [
            "",
            "no JSON",
            "[]",
            "{}",
            r#"{"kind":7}"#,
            r#"{"kind":"clear"}"#,
        ] {
            assert!(Publication::read(text).unwrap().is_none(), "{text}");
        }
    }

    #[test]
    fn an_error_never_repeats_what_the_message_holds() {
        let large = "hush-hush".repeat(6000);
        for text in [
            r#"{"kind":"notification"}"#,
            r#"{"kind":"notification","user_id":"hush-hush"}"#,
            r#"{"kind":"notification","user_id":7,"notification":{"a":"hush-hush"}}"#,
            r#"{"kind":"notification","user_id":"hush-hush%","notification":{}}"#,
            r#"{"kind":"notification","user_id":"a","user_id":"hush-hush","notification":{}}"#,
            r#"{"kind":"notification","user_id":"a","notification":"hush-hush"}"#,
            r#"{"kind":"notification","user_id":"a","notification":["hush-hush"]}"#,
            r#"{"kind":"notification","user_id":"a","notification":{"a":"hush-hush\ud800"}}"#,
            &format!(r#"{{"kind":"notification","user_id":"a","notification":{{"a":"{large}"}}}}"#),
            r#"{"kind":"event","org_id":"hush-hush:","event_type":"a","data":1}"#,
            r#"{"kind":"event","org_id":"a","event_type":{"a":"hush-hush"},"data":1}"#,
            r#"{"kind":"event","org_id":"a","event_type":"hush-hush"}"#,
            &format!(r#"{{"kind":"event","org_id":"a","event_type":"{large}","data":1}}"#),
            &format!(r#"{{"kind":"event","org_id":"a","event_type":"a","data":"{large}"}}"#),
        ] {
            let error = Publication::read(text).unwrap_err();

            assert!(error.is_permanent(), "{text}");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}
