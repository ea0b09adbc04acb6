//! A container of blobs that browsers write and read themselves, through signed addresses.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use url::Url;

use super::client::Proof;
use super::sas::{self, Grant, SigningKey, UserDelegationKey};
use super::{
    Answer, Call, Deadline, Repeat, Service, ServiceClient, SetupError, StorageAccount,
    StorageError, encoded, xml,
};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::clock::Clock;

/// Clocks differ: a lent key is good from a while ago on.
const BEFORE_NOW: Duration = Duration::from_secs(15 * 60);
/// Beyond the address that it is asked for, so that it serves many.
const BEYOND: Duration = Duration::from_secs(24 * 60 * 60);
const XML: HeaderValue = HeaderValue::from_static("application/xml");

/// One container of an account. It is made when the first blob is to be written.
///
/// A blob's name may hold any characters, and `/` between its segments. `.` and `..` are no
/// segments: in an address they would lead to another blob.
#[derive(Debug)]
pub struct BlobContainer {
    service: ServiceClient,
    name: &'static str,
    is_made: AtomicBool,
    lent: RwLock<Option<(Timestamp, Arc<UserDelegationKey>)>>,
}

/// What the service knows of a blob that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobProperties {
    pub size: u64,
    /// As said by who wrote it.
    pub content_type: Option<String>,
}

impl BlobContainer {
    /// No call goes out.
    pub fn new(
        account: &StorageAccount,
        name: &'static str,
        outgoing: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let service = ServiceClient::new(account, Service::Blobs, outgoing, clock, identities)?;
        Ok(Self {
            service,
            name,
            is_made: AtomicBool::new(false),
            lent: RwLock::default(),
        })
    }

    /// Where the blob can be put, once, with `x-ms-blob-type: BlockBlob`, for so long.
    pub async fn upload_url(&self, blob: &str, lives: Duration) -> Result<Url, StorageError> {
        let deadline = Deadline::of_one_call();
        self.path(blob)?;
        self.make(deadline).await?;
        let grant = self.grant("c", lives);
        self.signed(blob, grant, deadline).await
    }

    /// Where the blob can be had, for so long. It comes as an attachment of this name and type,
    /// whatever was said at the upload.
    pub async fn download_url(
        &self,
        blob: &str,
        file_name: &str,
        content_type: &str,
        lives: Duration,
    ) -> Result<Url, StorageError> {
        let grant = Grant {
            disposition: sas::attachment(file_name),
            content_type: content_type.to_owned(),
            ..self.grant("r", lives)
        };
        self.signed(blob, grant, Deadline::of_one_call()).await
    }

    /// `None` while there is no such blob.
    pub async fn properties(&self, blob: &str) -> Result<Option<BlobProperties>, StorageError> {
        let call = Call::new(Method::HEAD, self.path(blob)?, Repeat::DoesNoHarm);
        let answer = self.service.call(&call, Deadline::of_one_call()).await?;
        if self.is_missing(&answer) {
            return Ok(None);
        }
        answer.done()?;
        let size = answer.header(CONTENT_LENGTH.as_str());
        let size = size.and_then(|text| text.parse().ok());
        Ok(Some(BlobProperties {
            size: size.ok_or_else(StorageError::unreadable)?,
            content_type: answer.header(CONTENT_TYPE.as_str()).map(str::to_owned),
        }))
    }

    /// What is not there is deleted already.
    pub async fn delete(&self, blob: &str) -> Result<(), StorageError> {
        let call = Call::new(Method::DELETE, self.path(blob)?, Repeat::DoesNoHarm);
        let answer = self.service.call(&call, Deadline::of_one_call()).await?;
        if self.is_missing(&answer) {
            return Ok(());
        }
        answer.done()
    }

    fn path(&self, blob: &str) -> Result<String, StorageError> {
        if blob.split('/').any(|part| ["", ".", ".."].contains(&part)) {
            let why = "no blob can have this name";
            return Err(StorageError::Refused(why.to_owned()));
        }
        let segments: Vec<_> = blob
            .split('/')
            .map(|part| encoded(part).to_string())
            .collect();
        Ok(format!("{}/{}", self.name, segments.join("/")))
    }

    /// A container that somebody deleted is made again by the next upload.
    fn is_missing(&self, answer: &Answer) -> bool {
        if answer.is(StatusCode::NOT_FOUND, "ContainerNotFound") {
            self.is_made.store(false, Ordering::Relaxed);
        }
        answer.status == StatusCode::NOT_FOUND
    }

    async fn make(&self, deadline: Deadline) -> Result<(), StorageError> {
        if self.is_made.load(Ordering::Relaxed) {
            return Ok(());
        }
        let call = Call::new(Method::PUT, self.name, Repeat::DoesNoHarm).query("restype=container");
        let answer = self.service.call(&call, deadline).await?;
        if !answer.is(StatusCode::CONFLICT, "ContainerAlreadyExists") {
            answer.done()?;
        }
        self.is_made.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn grant(&self, permissions: &'static str, lives: Duration) -> Grant {
        Grant {
            permissions,
            expires: later(self.service.clock().now(), lives),
            https_only: self.service.url("").scheme() == "https",
            disposition: String::new(),
            content_type: String::new(),
        }
    }

    async fn signed(
        &self,
        blob: &str,
        grant: Grant,
        deadline: Deadline,
    ) -> Result<Url, StorageError> {
        let resource = format!("{}/{}/{blob}", self.service.account(), self.name);
        let query = match self.service.proof() {
            Proof::Key(key) => grant.query(&resource, SigningKey::Account(key)),
            Proof::Identity(_) => {
                let lent = self.lent_key(grant.expires, deadline).await?;
                grant.query(&resource, SigningKey::Lent(&lent))
            }
        };
        let mut url = self.service.url(&self.path(blob)?);
        url.set_query(Some(&query));
        Ok(url)
    }

    /// One that lives at least as long as what it is to sign.
    async fn lent_key(
        &self,
        until: Timestamp,
        deadline: Deadline,
    ) -> Result<Arc<UserDelegationKey>, StorageError> {
        let known = self.lent.read();
        let known = known.unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((expires, key)) = known
            && expires >= until
        {
            return Ok(key);
        }
        let start = earlier(self.service.clock().now(), BEFORE_NOW);
        let expires = later(until, BEYOND);
        let (start, expiry) = (sas::time(start), sas::time(expires));
        let wish = format!("<KeyInfo><Start>{start}</Start><Expiry>{expiry}</Expiry></KeyInfo>");
        let call = Call::new(Method::POST, "", Repeat::DoesNoHarm)
            .query("restype=service&comp=userdelegationkey")
            .header(CONTENT_TYPE, XML)
            .body(wish);
        let answer = self.service.call(&call, deadline).await?;
        answer.done()?;
        let key = std::str::from_utf8(&answer.body).ok().and_then(lent_key);
        let key = Arc::new(key.ok_or_else(StorageError::unreadable)?);
        let lent = self.lent.write();
        *lent.unwrap_or_else(PoisonError::into_inner) = Some((expires, Arc::clone(&key)));
        Ok(key)
    }
}

fn lent_key(document: &str) -> Option<UserDelegationKey> {
    let field = |name| xml::text(document, name);
    Some(UserDelegationKey {
        object_id: field("SignedOid")?,
        tenant_id: field("SignedTid")?,
        start: field("SignedStart")?,
        expiry: field("SignedExpiry")?,
        service: field("SignedService")?,
        version: field("SignedVersion")?,
        key: field("Value")?.parse().ok()?,
    })
}

/// Beyond the end of time there is only its end.
fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}
