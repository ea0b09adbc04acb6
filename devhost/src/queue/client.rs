//! The operations on one queue.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::{Method, StatusCode};

use super::account::Account;
use super::error::QueueError;
use super::xml;

/// One storage queue.
pub(crate) struct Queue {
    account: Arc<Account>,
    name: String,
    base64: bool,
}

/// A message from a queue, hidden from other readers for a time.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) pop_receipt: String,
    pub(crate) inserted: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) next_visible: Timestamp,
    pub(crate) dequeue_count: u64,
    /// The text as stored, possibly base64.
    pub(crate) raw: String,
}

impl Queue {
    pub(super) fn new(account: Arc<Account>, name: &str, base64: bool) -> Self {
        Self {
            account,
            name: name.to_owned(),
            base64,
        }
    }

    pub(crate) fn poison(&self) -> Self {
        Self {
            account: Arc::clone(&self.account),
            name: format!("{}-poison", self.name),
            base64: self.base64,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The decoded text of a message; `None` if it is not in the encoding that host.json sets.
    pub(crate) fn decode(&self, message: &Message) -> Option<String> {
        if !self.base64 {
            return Some(message.raw.clone());
        }
        let bytes = STANDARD.decode(message.raw.trim()).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Puts a message; creates the queue if necessary.
    pub(crate) async fn put(&self, message: &[u8]) -> Result<(), QueueError> {
        let text = if self.base64 {
            STANDARD.encode(message)
        } else {
            String::from_utf8_lossy(message).into_owned()
        };
        self.put_raw(&text).await
    }

    /// Puts a text that is already encoded; creates the queue if necessary.
    pub(crate) async fn put_raw(&self, text: &str) -> Result<(), QueueError> {
        let body = format!(
            "<QueueMessage><MessageText>{}</MessageText></QueueMessage>",
            xml::escape(text)
        );
        let (status, _) = self
            .send(Method::POST, "/messages", &[], body.clone())
            .await?;
        if status != StatusCode::NOT_FOUND {
            return self.expect(status);
        }
        let (created, _) = self.send(Method::PUT, "", &[], String::new()).await?;
        // Somebody else may have created it in the meantime.
        if created != StatusCode::CONFLICT {
            self.expect(created)?;
        }
        let (status, _) = self.send(Method::POST, "/messages", &[], body).await?;
        self.expect(status)
    }

    /// Gets up to `count` messages; none if the queue does not exist.
    pub(crate) async fn get(
        &self,
        count: usize,
        hidden_for: Duration,
    ) -> Result<Vec<Message>, QueueError> {
        let query = [
            ("numofmessages", count.to_string()),
            ("visibilitytimeout", hidden_for.as_secs().to_string()),
        ];
        let (status, answer) = self
            .send(Method::GET, "/messages", &query, String::new())
            .await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        self.expect(status)?;
        let messages = xml::elements(&answer, "QueueMessage").map(Message::parse);
        messages.collect::<Option<_>>().ok_or(QueueError::Malformed)
    }

    pub(crate) async fn delete(&self, message: &Message) -> Result<(), QueueError> {
        let query = [("popreceipt", message.pop_receipt.clone())];
        let path = format!("/messages/{}", message.id);
        let (status, _) = self
            .send(Method::DELETE, &path, &query, String::new())
            .await?;
        self.expect(status)
    }

    /// Sets how long the message stays hidden, which changes its pop receipt.
    pub(crate) async fn hide(
        &self,
        message: &mut Message,
        hidden_for: Duration,
    ) -> Result<(), QueueError> {
        let query = [
            ("popreceipt", message.pop_receipt.clone()),
            ("visibilitytimeout", hidden_for.as_secs().to_string()),
        ];
        let path = format!("/messages/{}", message.id);
        let mut url = self.url(&path, &query);
        // Without a body, the text of the message stays.
        let headers = self.account.sign("PUT", &mut url, "")?;
        let sending = self
            .account
            .http
            .put(url)
            .headers(headers)
            .header("content-length", "0")
            .send();
        let answer = sending.await.map_err(QueueError::Http)?;
        self.expect(answer.status())?;
        if let Some(receipt) = answer
            .headers()
            .get("x-ms-popreceipt")
            .and_then(|receipt| receipt.to_str().ok())
        {
            message.pop_receipt = receipt.to_owned();
        }
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: String,
    ) -> Result<(StatusCode, String), QueueError> {
        let mut url = self.url(path, query);
        let headers = self.account.sign(method.as_str(), &mut url, &body)?;
        let mut request = self
            .account
            .http
            .request(method.clone(), url)
            .headers(headers);
        if !body.is_empty() || method == Method::PUT {
            request = request.body(body);
        }
        let answer = request.send().await.map_err(QueueError::Http)?;
        let status = answer.status();
        Ok((status, answer.text().await.map_err(QueueError::Http)?))
    }

    fn url(&self, path: &str, query: &[(&str, String)]) -> reqwest::Url {
        let mut url = self.account.endpoint.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{}{path}", self.name));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn expect(&self, status: StatusCode) -> Result<(), QueueError> {
        if status.is_success() {
            return Ok(());
        }
        Err(QueueError::Refused {
            queue: self.name.clone(),
            status,
        })
    }
}

impl Message {
    fn parse(xml: &str) -> Option<Self> {
        let time = |name| {
            let zoned = rfc2822::parse(&xml::text(xml, name)?).ok()?;
            Some(zoned.timestamp())
        };
        Some(Self {
            id: xml::text(xml, "MessageId")?,
            pop_receipt: xml::text(xml, "PopReceipt")?,
            inserted: time("InsertionTime")?,
            expires: time("ExpirationTime")?,
            next_visible: time("TimeNextVisible")?,
            dequeue_count: xml::text(xml, "DequeueCount")?.parse().ok()?,
            raw: xml::text(xml, "MessageText").unwrap_or_default(),
        })
    }
}
