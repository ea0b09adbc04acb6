//! A container of blobs. Browsers write and read some directly, through signed addresses; others we
//! write ourselves, piece by piece.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use url::Url;

use super::account::{Service, StorageAccount};
use super::api::{Credential, ServiceClient, StorageApi};
use super::error::SetupError;
use super::missing::{Part, creation_error};
use super::percent_encode::percent_encode;
use super::sas::{self, Grant, SigningKey, UserDelegationKey};
use super::xml;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::rest::{Answer, Call, Deadline, RestError, Retry};
use crate::clock::Clock;

/// A delegation key is valid from this long ago, because clocks differ.
const CLOCK_SKEW: Duration = Duration::from_secs(15 * 60);
/// How much longer a delegation key lives than the address it is requested for, so that it signs
/// many.
const EXTRA_KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
const XML: HeaderValue = HeaderValue::from_static("application/xml");
const BLOB_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-type");
const APPEND_BLOB: HeaderValue = HeaderValue::from_static("AppendBlob");
const APPEND_POSITION: HeaderName = HeaderName::from_static("x-ms-blob-condition-appendpos");
const BLOB_RANGE: HeaderName = HeaderName::from_static("x-ms-range");
const ANY: HeaderValue = HeaderValue::from_static("*");
/// A whole blob may be large.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// One container of an account. The first upload creates it.
///
/// A blob's name may hold any characters, with `/` between its segments. No segment may be empty,
/// `.` or `..`: in an address these would lead to another blob.
#[derive(Debug)]
pub struct BlobContainer {
    service: ServiceClient,
    name: &'static str,
    exists: AtomicBool,
    delegation_key: RwLock<Option<(Timestamp, Arc<UserDelegationKey>)>>,
}

/// The properties of a complete blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobProperties {
    pub size: u64,
    /// As the uploader declared it.
    pub content_type: Option<String>,
}

impl BlobContainer {
    /// Sends nothing yet.
    pub fn new(
        account: &StorageAccount,
        name: &'static str,
        http_client: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let service = StorageApi::client(account, Service::Blobs, http_client, clock, identities)?;
        Ok(Self {
            service,
            name,
            exists: AtomicBool::new(false),
            delegation_key: RwLock::default(),
        })
    }

    /// An address to upload the blob to, once, with `x-ms-blob-type: BlockBlob`.
    pub async fn upload_url(&self, blob: &str, lifetime: Duration) -> Result<Url, RestError> {
        let deadline = Deadline::start();
        self.path(blob)?;
        self.ensure_exists(deadline).await?;
        let grant = self.grant("c", lifetime);
        self.signed(blob, grant, deadline).await
    }

    /// An address to download the blob from, as an attachment with this name and type, whatever
    /// the uploader declared.
    pub async fn download_url(
        &self,
        blob: &str,
        file_name: &str,
        content_type: &str,
        lifetime: Duration,
    ) -> Result<Url, RestError> {
        let grant = Grant {
            disposition: sas::attachment(file_name),
            content_type: content_type.to_owned(),
            ..self.grant("r", lifetime)
        };
        self.signed(blob, grant, Deadline::start()).await
    }

    /// `None` if the blob does not exist.
    pub async fn properties(&self, blob: &str) -> Result<Option<BlobProperties>, RestError> {
        let call = Call::new(Method::HEAD, self.path(blob)?, Retry::Idempotent);
        let answer = self.service.call(&call, Deadline::start()).await?;
        if self.is_missing(&answer) {
            return Ok(None);
        }
        answer.require_success()?;
        let size = answer.header(CONTENT_LENGTH.as_str());
        let size = size.and_then(|text| text.parse().ok());
        Ok(Some(BlobProperties {
            size: size.ok_or_else(RestError::malformed)?,
            content_type: answer.header(CONTENT_TYPE.as_str()).map(str::to_owned),
        }))
    }

    /// Creates an empty blob for [`append`](Self::append). One that exists stays as it is.
    pub async fn create_for_append(&self, blob: &str) -> Result<(), RestError> {
        let deadline = Deadline::start();
        let path = self.path(blob)?;
        self.ensure_exists(deadline).await?;
        let call = Call::new(Method::PUT, path, Retry::Idempotent)
            .header(BLOB_TYPE, APPEND_BLOB)
            // The HTTP client leaves it out of an empty request, and the service insists on it.
            .header(CONTENT_LENGTH, HeaderValue::from_static("0"))
            .header(IF_NONE_MATCH, ANY);
        let answer = self.service.call(&call, deadline).await?;
        if answer.is(StatusCode::CONFLICT, "BlobAlreadyExists") {
            return Ok(());
        }
        // Notices a deleted container.
        self.is_missing(&answer);
        answer.require_success()
    }

    /// Appends a piece to a blob that has `position` bytes. If the blob ends with that piece
    /// already, an earlier call did it.
    pub async fn append(&self, blob: &str, position: u64, piece: Bytes) -> Result<(), RestError> {
        let deadline = Deadline::start();
        let call = Call::new(Method::PUT, self.path(blob)?, Retry::Idempotent)
            .query("comp=appendblock")
            .header(APPEND_POSITION, HeaderValue::from(position))
            .body(piece.clone());
        let answer = self.service.call(&call, deadline).await?;
        let code = "AppendPositionConditionNotMet";
        if answer.is(StatusCode::PRECONDITION_FAILED, code)
            && self.ends_with(blob, position, &piece).await?
        {
            return Ok(());
        }
        answer.require_success()
    }

    /// Whether a blob has this piece at `position`, and nothing after it.
    async fn ends_with(&self, blob: &str, position: u64, piece: &[u8]) -> Result<bool, RestError> {
        // One byte more, which a blob that ends there does not have.
        let range = format!("bytes={position}-{}", position + piece.len() as u64);
        let range = HeaderValue::from_str(&range).map_err(|_| RestError::malformed())?;
        let call = Call::new(Method::GET, self.path(blob)?, Retry::Idempotent);
        let call = call.header(BLOB_RANGE, range);
        let answer = self.service.call(&call, Deadline::start()).await?;
        Ok(answer.status == StatusCode::PARTIAL_CONTENT && answer.body == piece)
    }

    /// The whole content; `None` if the blob does not exist.
    pub async fn content(&self, blob: &str) -> Result<Option<Bytes>, RestError> {
        let call = Call::new(Method::GET, self.path(blob)?, Retry::Idempotent);
        let call = call.attempt_timeout(READ_TIMEOUT);
        let deadline = Deadline::within(READ_TIMEOUT);
        let answer = self.service.call(&call, deadline).await?;
        if self.is_missing(&answer) {
            return Ok(None);
        }
        answer.require_success()?;
        Ok(Some(answer.body))
    }

    /// Deleting a blob that does not exist succeeds.
    pub async fn delete(&self, blob: &str) -> Result<(), RestError> {
        let call = Call::new(Method::DELETE, self.path(blob)?, Retry::Idempotent);
        let answer = self.service.call(&call, Deadline::start()).await?;
        if self.is_missing(&answer) {
            return Ok(());
        }
        answer.require_success()
    }

    fn path(&self, blob: &str) -> Result<String, RestError> {
        if blob.split('/').any(|part| ["", ".", ".."].contains(&part)) {
            let why = "the blob's name is invalid";
            return Err(RestError::Refused(why.to_owned()));
        }
        let segments: Vec<_> = blob
            .split('/')
            .map(|part| percent_encode(part).to_string())
            .collect();
        Ok(format!("{}/{}", self.name, segments.join("/")))
    }

    /// Also notices a deleted container, so that the next upload creates it again.
    fn is_missing(&self, answer: &Answer) -> bool {
        if answer.is(StatusCode::NOT_FOUND, "ContainerNotFound") {
            self.exists.store(false, Ordering::Relaxed);
        }
        answer.status == StatusCode::NOT_FOUND
    }

    async fn ensure_exists(&self, deadline: Deadline) -> Result<(), RestError> {
        if self.exists.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.call_container(Method::PUT, deadline).await {
            Ok(answer) if answer.is(StatusCode::CONFLICT, "ContainerAlreadyExists") => {}
            Ok(answer) => answer.require_success()?,
            // The denial does not say whether the container exists.
            Err(error @ RestError::Denied { .. }) => {
                let found = self.call_container(Method::GET, deadline).await?;
                if found.status == StatusCode::NOT_FOUND {
                    return Err(creation_error(error, Part::Container, self.name));
                }
                found.require_success()?;
            }
            Err(error) => return Err(error),
        }
        self.exists.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn call_container(
        &self,
        method: Method,
        deadline: Deadline,
    ) -> Result<Answer, RestError> {
        let call = Call::new(method, self.name, Retry::Idempotent).query("restype=container");
        Ok(self.service.call(&call, deadline).await?)
    }

    fn grant(&self, permissions: &'static str, lifetime: Duration) -> Grant {
        Grant {
            permissions,
            expires: later(self.service.clock().now(), lifetime),
            https_only: self.service.url("").scheme() == "https",
            disposition: String::new(),
            content_type: String::new(),
        }
    }

    async fn signed(&self, blob: &str, grant: Grant, deadline: Deadline) -> Result<Url, RestError> {
        let resource = format!("{}/{}/{blob}", self.service.api().account(), self.name);
        let query = match self.service.api().credential() {
            Credential::Key(key) => grant.query(&resource, SigningKey::Account(key)),
            Credential::Identity(_) => {
                let key = self.delegation_key(grant.expires, deadline).await?;
                grant.query(&resource, SigningKey::Delegation(&key))
            }
        };
        let mut url = self.service.url(&self.path(blob)?);
        url.set_query(Some(&query));
        Ok(url)
    }

    /// A key that is valid at least until `until`.
    async fn delegation_key(
        &self,
        until: Timestamp,
        deadline: Deadline,
    ) -> Result<Arc<UserDelegationKey>, RestError> {
        let known = self.delegation_key.read();
        let known = known.unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((expires, key)) = known
            && expires >= until
        {
            return Ok(key);
        }
        let start = earlier(self.service.clock().now(), CLOCK_SKEW);
        let expires = later(until, EXTRA_KEY_LIFETIME);
        let (start, expiry) = (sas::time(start), sas::time(expires));
        let request = format!("<KeyInfo><Start>{start}</Start><Expiry>{expiry}</Expiry></KeyInfo>");
        let call = Call::new(Method::POST, "", Retry::Idempotent)
            .query("restype=service&comp=userdelegationkey")
            .header(CONTENT_TYPE, XML)
            .body(request);
        let answer = self.service.call(&call, deadline).await?;
        answer.require_success()?;
        let key = std::str::from_utf8(&answer.body)
            .ok()
            .and_then(parse_delegation_key);
        let key = Arc::new(key.ok_or_else(RestError::malformed)?);
        let known = self.delegation_key.write();
        *known.unwrap_or_else(PoisonError::into_inner) = Some((expires, Arc::clone(&key)));
        Ok(key)
    }
}

fn parse_delegation_key(document: &str) -> Option<UserDelegationKey> {
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

/// Saturates at the latest timestamp.
fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}
