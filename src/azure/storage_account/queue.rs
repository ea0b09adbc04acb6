//! A storage queue, as the Functions host uses it: messages are text in base64.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};

use super::{
    Answer, Call, Deadline, Repeat, Service, ServiceClient, SetupError, StorageAccount,
    StorageError, encoded, xml,
};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::clock::Clock;

/// What a message may hold: base64 makes it a third longer, and the service takes 64 KiB.
pub const MAX_MESSAGE: usize = 48 * 1024;
/// What the service hands out at once.
const MAX_AT_ONCE: usize = 32;
const XML: HeaderValue = HeaderValue::from_static("application/xml");

/// One queue of an account. It is made when the first message is put into it.
#[derive(Debug)]
pub struct Queue {
    service: ServiceClient,
    name: &'static str,
}

/// A message that was taken, and is hidden from others for a while.
#[derive(Debug)]
pub struct Message {
    /// `None` if it is no base64 of UTF-8: then it was not put by us.
    pub text: Option<String>,
    /// How often it was taken, this time included.
    pub dequeue_count: u32,
    id: String,
    /// Changes whenever the message is hidden anew.
    receipt: String,
}

impl Queue {
    /// No call goes out.
    pub fn new(
        account: &StorageAccount,
        name: &'static str,
        outgoing: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let service = ServiceClient::new(account, Service::Queues, outgoing, clock, identities)?;
        Ok(Self { service, name })
    }

    /// A failure may come after the message was put: who tries again may put it twice.
    pub async fn put(&self, text: &str, lives: Duration) -> Result<(), StorageError> {
        if text.len() > MAX_MESSAGE {
            let why = "a message is too large for a queue";
            return Err(StorageError::Refused(why.to_owned()));
        }
        let path = format!("{}/messages", self.name);
        let call = Call::new(Method::POST, path, Repeat::OnlyIfNotDone)
            .query(format!("messagettl={}", lives.as_secs().max(1)))
            .header(CONTENT_TYPE, XML)
            .body(document(text));
        let deadline = Deadline::of_one_call();
        let mut answer = self.service.call(&call, deadline).await?;
        if answer.status == StatusCode::NOT_FOUND {
            self.create(deadline).await?;
            answer = self.service.call(&call, deadline).await?;
        }
        answer.done()
    }

    /// Up to so many messages, hidden from others until they are deleted, or for as long as is
    /// said.
    pub async fn take(
        &self,
        most: usize,
        hidden_for: Duration,
    ) -> Result<Vec<Message>, StorageError> {
        let path = format!("{}/messages", self.name);
        // Who asks twice hides twice as many.
        let call = Call::new(Method::GET, path, Repeat::OnlyIfNotDone).query(format!(
            "numofmessages={}&visibilitytimeout={}",
            most.clamp(1, MAX_AT_ONCE),
            hidden_for.as_secs().max(1)
        ));
        let answer = self.service.call(&call, Deadline::of_one_call()).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        answer.done()?;
        let list = std::str::from_utf8(&answer.body).unwrap_or_default();
        Ok(xml::elements(list, "QueueMessage")
            .filter_map(message)
            .collect())
    }

    /// Hides it for so long from now on; no time at all gives it back. `false` if it is no longer
    /// ours: it was visible again, and somebody took it.
    pub async fn hide(
        &self,
        message: &mut Message,
        hidden_for: Duration,
    ) -> Result<bool, StorageError> {
        let seconds = hidden_for.as_secs();
        let hidden = format!("&visibilitytimeout={seconds}");
        let call = self.about(message, Method::PUT, &hidden, Repeat::OnlyIfNotDone);
        let answer = self.service.call(&call, Deadline::of_one_call()).await?;
        if is_lost(&answer) {
            return Ok(false);
        }
        answer.done()?;
        if let Some(receipt) = answer.header("x-ms-popreceipt") {
            receipt.clone_into(&mut message.receipt);
        }
        Ok(true)
    }

    /// `false` if it is no longer ours.
    pub async fn delete(&self, message: &Message) -> Result<bool, StorageError> {
        let call = self.about(message, Method::DELETE, "", Repeat::DoesNoHarm);
        let answer = self.service.call(&call, Deadline::of_one_call()).await?;
        if is_lost(&answer) {
            return Ok(false);
        }
        answer.done()?;
        Ok(true)
    }

    fn about(&self, message: &Message, method: Method, more: &str, repeat: Repeat) -> Call {
        let path = format!("{}/messages/{}", self.name, encoded(&message.id));
        let receipt = encoded(&message.receipt);
        Call::new(method, path, repeat).query(format!("popreceipt={receipt}{more}"))
    }

    async fn create(&self, deadline: Deadline) -> Result<(), StorageError> {
        let call = Call::new(Method::PUT, self.name, Repeat::DoesNoHarm);
        let answer = self.service.call(&call, deadline).await?;
        if answer.is(StatusCode::CONFLICT, "QueueAlreadyExists") {
            return Ok(());
        }
        answer.done()
    }
}

fn document(text: &str) -> String {
    let text = STANDARD.encode(text);
    format!("<QueueMessage><MessageText>{text}</MessageText></QueueMessage>")
}

fn message(element: &str) -> Option<Message> {
    let text = xml::text(element, "MessageText").unwrap_or_default();
    let text = STANDARD.decode(text).ok();
    Some(Message {
        text: text.and_then(|bytes| String::from_utf8(bytes).ok()),
        dequeue_count: xml::text(element, "DequeueCount")?.parse().ok()?,
        id: xml::text(element, "MessageId")?,
        receipt: xml::text(element, "PopReceipt")?,
    })
}

fn is_lost(answer: &Answer) -> bool {
    answer.status == StatusCode::NOT_FOUND
        || answer.is(StatusCode::BAD_REQUEST, "PopReceiptMismatch")
}
