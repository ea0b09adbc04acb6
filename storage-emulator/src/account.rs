//! The account's key, and the check of signatures made with it.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use crate::access::Access;
use crate::call::{ACCOUNT_NAME, Call};
use crate::service::Service;
use crate::service_error::ServiceError;
use crate::{clock, sas};

/// How far a caller's clock may be off, as in Azure.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(15 * 60);

pub(crate) struct Account {
    key: Vec<u8>,
}

impl Account {
    /// With a new key: two random ids, which hold 244 random bits.
    pub(crate) fn new() -> Self {
        let ids = [clock::new_id(), clock::new_id()];
        Self {
            key: ids.iter().flat_map(|id| *id.as_bytes()).collect(),
        }
    }

    /// Some clients require the protocol even if both endpoints are given.
    pub(crate) fn connection_string(&self, blobs: SocketAddr, queues: SocketAddr) -> String {
        let key = STANDARD.encode(&self.key);
        format!(
            "DefaultEndpointsProtocol=http;AccountName={ACCOUNT_NAME};AccountKey={key};\
             BlobEndpoint=http://{blobs}/{ACCOUNT_NAME};QueueEndpoint=http://{queues}/{ACCOUNT_NAME};"
        )
    }

    /// Checks the key's signature or the shared access signature, whichever the request carries.
    pub(crate) fn authorize(&self, service: Service, call: &Call) -> Result<Access, ServiceError> {
        let now = clock::now();
        if call.headers.contains_key("Authorization") {
            return self.authorize_by_key(call, now);
        }
        match call.parameter("sig") {
            Some(signature) => {
                let claim = sas::Claim::parse(service, call, now)?;
                self.verify(&claim.to_sign, signature)?;
                Ok(claim.access)
            }
            None => Err(ServiceError::Unsigned),
        }
    }

    fn authorize_by_key(&self, call: &Call, now: Timestamp) -> Result<Access, ServiceError> {
        let signature = call
            .header("Authorization")
            .strip_prefix("SharedKey ")
            .and_then(|proof| proof.strip_prefix(ACCOUNT_NAME)?.strip_prefix(':'))
            .ok_or(ServiceError::BadSignature)?;
        let date = match call.header("x-ms-date") {
            "" => call.header("Date"),
            date => date,
        };
        let date = jiff::fmt::rfc2822::parse(date).map_err(|_| ServiceError::BadSignature)?;
        if now.duration_since(date.timestamp()).unsigned_abs() > MAX_CLOCK_SKEW {
            return Err(ServiceError::BadSignature);
        }
        self.verify(&to_sign(call), signature)?;
        Ok(Access::Owner)
    }

    fn verify(&self, to_sign: &str, signature: &str) -> Result<(), ServiceError> {
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| ServiceError::BadSignature)?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| ServiceError::BadSignature)?;
        mac.update(to_sign.as_bytes());
        mac.verify_slice(&signature)
            .map_err(|_| ServiceError::BadSignature)
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Account(..)")
    }
}

/// The text that a SharedKey signature covers.
pub(crate) fn to_sign(call: &Call) -> String {
    let mut text = format!("{}\n", call.method);
    for name in [
        "Content-Encoding",
        "Content-Language",
        "Content-Length",
        "Content-MD5",
        "Content-Type",
        "Date",
        "If-Modified-Since",
        "If-Match",
        "If-None-Match",
        "If-Unmodified-Since",
        "Range",
    ] {
        let value = match (name, call.header(name)) {
            ("Content-Length", "0") => "",
            ("Date", _) if call.headers.contains_key("x-ms-date") => "",
            (_, value) => value,
        };
        text.push_str(value);
        text.push('\n');
    }
    let mut headers: Vec<(&str, String)> = call
        .headers()
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    headers.sort();
    for (name, value) in headers {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&format!("/{ACCOUNT_NAME}{}", call.raw_path));
    for (name, value) in call.sorted_query() {
        text.push_str(&format!("\n{name}:{value}"));
    }
    text
}
