use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use super::Service;
use super::access::Access;
use super::call::{Call, NAME};
use super::fault::Fault;
use super::sas;
use crate::clock;

/// How far a caller's clock may be off, as in Azure.
const CLOCK_SKEW: Duration = Duration::from_secs(15 * 60);

/// The account's secret, and who is let in by it.
pub(super) struct Account {
    key: Vec<u8>,
}

impl Account {
    /// Two random ids hold 244 bits that nobody can guess.
    pub(super) fn new() -> Self {
        let ids = [clock::new_id(), clock::new_id()];
        Self {
            key: ids.iter().flat_map(|id| *id.as_bytes()).collect(),
        }
    }

    /// Some clients look for the protocol even where both endpoints are given.
    pub(super) fn connection_string(&self, blobs: SocketAddr, queues: SocketAddr) -> String {
        let key = STANDARD.encode(&self.key);
        format!(
            "DefaultEndpointsProtocol=http;AccountName={NAME};AccountKey={key};\
             BlobEndpoint=http://{blobs}/{NAME};QueueEndpoint=http://{queues}/{NAME};"
        )
    }

    /// Who calls, by whichever proof there is.
    pub(super) fn admit(&self, service: Service, call: &Call) -> Result<Access, Fault> {
        let now = clock::now();
        if call.fields.contains("Authorization") {
            return self.admit_by_key(call, now);
        }
        match call.parameter("sig") {
            Some(signature) => {
                let claim = sas::Claim::of(service, call, now)?;
                self.verify(&claim.to_sign, signature)?;
                Ok(claim.access)
            }
            None => Err(Fault::Unsigned),
        }
    }

    fn admit_by_key(&self, call: &Call, now: Timestamp) -> Result<Access, Fault> {
        let signature = call
            .header("Authorization")
            .strip_prefix("SharedKey ")
            .and_then(|proof| proof.strip_prefix(NAME)?.strip_prefix(':'))
            .ok_or(Fault::BadSignature)?;
        let date = match call.header("x-ms-date") {
            "" => call.header("Date"),
            date => date,
        };
        let date = jiff::fmt::rfc2822::parse(date).map_err(|_| Fault::BadSignature)?;
        if now.duration_since(date.timestamp()).unsigned_abs() > CLOCK_SKEW {
            return Err(Fault::BadSignature);
        }
        self.verify(&to_sign(call), signature)?;
        Ok(Access::Owner)
    }

    fn verify(&self, to_sign: &str, signature: &str) -> Result<(), Fault> {
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| Fault::BadSignature)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| Fault::BadSignature)?;
        mac.update(to_sign.as_bytes());
        mac.verify_slice(&signature)
            .map_err(|_| Fault::BadSignature)
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Account(..)")
    }
}

/// What a SharedKey signature covers.
pub(super) fn to_sign(call: &Call) -> String {
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
            ("Date", _) if call.fields.contains("x-ms-date") => "",
            (_, value) => value,
        };
        text.push_str(value);
        text.push('\n');
    }
    let mut headers: Vec<(String, String)> = call
        .fields
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value).into_owned();
            (String::from_utf8_lossy(name).to_ascii_lowercase(), value)
        })
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    headers.sort();
    for (name, value) in headers {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&format!("/{NAME}{}", call.raw_path));
    for (name, value) in call.sorted_query() {
        text.push_str(&format!("\n{name}:{value}"));
    }
    text
}
