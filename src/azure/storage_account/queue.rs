//! A storage queue in the form that the Functions host uses: messages are text in base64.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};

use super::account::{Service, StorageAccount};
use super::api::{ServiceClient, StorageApi};
use super::error::SetupError;
use super::missing::{Part, creation_error};
use super::percent_encode::percent_encode;
use super::xml;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::rest::{Answer, Call, Deadline, RestError, Retry};
use crate::clock::Clock;

/// The longest text of a message, in bytes: base64 makes it a third longer, and the service
/// accepts 64 KiB.
pub const MAX_MESSAGE_SIZE: usize = 48 * 1024;
/// The most messages that one call returns.
const MAX_MESSAGES: usize = 32;
const XML: HeaderValue = HeaderValue::from_static("application/xml");

/// One queue of an account. The first message creates it.
#[derive(Debug)]
pub struct Queue {
    service: ServiceClient,
    name: &'static str,
}

/// A message that we took. It is hidden from other consumers for a while.
#[derive(Debug)]
pub struct Message {
    /// `None` unless it is UTF-8 in base64. Messages of ours always are.
    pub text: Option<String>,
    /// How often the message was taken, including this time.
    pub dequeue_count: u32,
    /// The same each time that the message is taken.
    pub id: String,
    /// As the service stores it.
    encoded: String,
    /// Changes whenever the message is hidden again.
    receipt: String,
}

impl Queue {
    /// Sends nothing yet.
    pub fn new(
        account: &StorageAccount,
        name: &'static str,
        http_client: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let service = StorageApi::client(account, Service::Queues, http_client, clock, identities)?;
        Ok(Self { service, name })
    }

    /// A call that fails may still have put the message, so a retry may put it twice.
    pub async fn put(&self, text: &str, time_to_live: Duration) -> Result<(), RestError> {
        self.put_delayed(text, Duration::ZERO, time_to_live).await
    }

    /// As [`put`](Self::put), and nobody sees the message before `delay` has passed, which must be
    /// shorter than `time_to_live` and at most seven days.
    pub async fn put_delayed(
        &self,
        text: &str,
        delay: Duration,
        time_to_live: Duration,
    ) -> Result<(), RestError> {
        if text.len() > MAX_MESSAGE_SIZE {
            let why = "a message is too large for a queue";
            return Err(RestError::Refused(why.to_owned()));
        }
        self.put_encoded(&STANDARD.encode(text), delay, time_to_live)
            .await
    }

    /// Puts a message of another queue here, unchanged, even if it is not text.
    pub async fn put_again(
        &self,
        message: &Message,
        time_to_live: Duration,
    ) -> Result<(), RestError> {
        self.put_encoded(&message.encoded, Duration::ZERO, time_to_live)
            .await
    }

    async fn put_encoded(
        &self,
        encoded: &str,
        delay: Duration,
        time_to_live: Duration,
    ) -> Result<(), RestError> {
        let path = format!("{}/messages", self.name);
        let call = Call::new(Method::POST, path, Retry::Unsafe)
            .query(format!(
                "visibilitytimeout={}&messagettl={}",
                delay.as_secs(),
                time_to_live.as_secs().max(1)
            ))
            .header(CONTENT_TYPE, XML)
            .body(document(encoded));
        let deadline = Deadline::start();
        let mut answer = self.service.call(&call, deadline).await?;
        if answer.status == StatusCode::NOT_FOUND {
            self.create(deadline).await?;
            answer = self.service.call(&call, deadline).await?;
        }
        answer.require_success()
    }

    /// About how many messages are on the queue; `None` if it does not exist.
    pub async fn length(&self) -> Result<Option<u64>, RestError> {
        let call = Call::new(Method::GET, self.name, Retry::Idempotent).query("comp=metadata");
        let answer = self.service.call(&call, Deadline::start()).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.require_success()?;
        let length = answer.header("x-ms-approximate-messages-count");
        let length = length.and_then(|text| text.parse().ok());
        length.map(Some).ok_or_else(RestError::malformed)
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Takes at most `max` messages, and hides them from other consumers for `hidden_for`.
    pub async fn take(&self, max: usize, hidden_for: Duration) -> Result<Vec<Message>, RestError> {
        let path = format!("{}/messages", self.name);
        // A repeated call would hide as many messages again.
        let call = Call::new(Method::GET, path, Retry::Unsafe).query(format!(
            "numofmessages={}&visibilitytimeout={}",
            max.clamp(1, MAX_MESSAGES),
            hidden_for.as_secs().max(1)
        ));
        let answer = self.service.call(&call, Deadline::start()).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        answer.require_success()?;
        let list = std::str::from_utf8(&answer.body).unwrap_or_default();
        Ok(xml::elements(list, "QueueMessage")
            .filter_map(message)
            .collect())
    }

    /// Hides the message for `hidden_for` from now; zero returns it to the queue. `false` if the
    /// message became visible and another consumer took it.
    pub async fn hide(
        &self,
        message: &mut Message,
        hidden_for: Duration,
    ) -> Result<bool, RestError> {
        let seconds = hidden_for.as_secs();
        let hidden = format!("&visibilitytimeout={seconds}");
        let call = self.message_call(message, Method::PUT, &hidden, Retry::Unsafe);
        let answer = self.service.call(&call, Deadline::start()).await?;
        if is_lost(&answer) {
            return Ok(false);
        }
        answer.require_success()?;
        if let Some(receipt) = answer.header("x-ms-popreceipt") {
            receipt.clone_into(&mut message.receipt);
        }
        Ok(true)
    }

    /// `false` if another consumer has taken the message.
    pub async fn delete(&self, message: &Message) -> Result<bool, RestError> {
        let call = self.message_call(message, Method::DELETE, "", Retry::Idempotent);
        let answer = self.service.call(&call, Deadline::start()).await?;
        if is_lost(&answer) {
            return Ok(false);
        }
        answer.require_success()?;
        Ok(true)
    }

    fn message_call(&self, message: &Message, method: Method, more: &str, retry: Retry) -> Call {
        let path = format!("{}/messages/{}", self.name, percent_encode(&message.id));
        let receipt = percent_encode(&message.receipt);
        Call::new(method, path, retry).query(format!("popreceipt={receipt}{more}"))
    }

    async fn create(&self, deadline: Deadline) -> Result<(), RestError> {
        let call = Call::new(Method::PUT, self.name, Retry::Idempotent);
        let answer = self.service.call(&call, deadline).await;
        let answer = answer.map_err(|error| creation_error(error, Part::Queue, self.name))?;
        if answer.is(StatusCode::CONFLICT, "QueueAlreadyExists") {
            return Ok(());
        }
        answer.require_success()
    }
}

fn document(encoded: &str) -> String {
    let text = xml::escape(encoded);
    format!("<QueueMessage><MessageText>{text}</MessageText></QueueMessage>")
}

fn message(element: &str) -> Option<Message> {
    let encoded = xml::text(element, "MessageText").unwrap_or_default();
    let text = STANDARD.decode(&encoded).ok();
    Some(Message {
        text: text.and_then(|bytes| String::from_utf8(bytes).ok()),
        encoded,
        dequeue_count: xml::text(element, "DequeueCount")?.parse().ok()?,
        id: xml::text(element, "MessageId")?,
        receipt: xml::text(element, "PopReceipt")?,
    })
}

fn is_lost(answer: &Answer) -> bool {
    answer.status == StatusCode::NOT_FOUND
        || answer.is(StatusCode::BAD_REQUEST, "PopReceiptMismatch")
}
