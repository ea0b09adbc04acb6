//! What a service answers, and how it says what is wrong.

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::{StorageError, xml};

/// Where the service asks for patience but does not say for how long.
const USUAL_PATIENCE: Duration = Duration::from_millis(250);

/// An answer with its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The service's own word for what is wrong, such as `TableNotFound`. It comes in a header,
    /// in JSON or in XML, whichever part of the service noticed.
    pub(crate) fn code(&self) -> Option<String> {
        let header = self.header("x-ms-error-code").map(str::to_owned);
        let code = header.or_else(|| error_code(&self.body))?;
        let is_word = |code: &str| code.bytes().all(|b| b.is_ascii_alphanumeric());
        ((1..=64).contains(&code.len()) && is_word(&code)).then_some(code)
    }

    /// An error, unless what was asked was done.
    pub(super) fn done(&self) -> Result<(), StorageError> {
        if self.status.is_success() {
            Ok(())
        } else {
            Err(StorageError::Refused(self.summary()))
        }
    }

    pub(crate) fn is(&self, status: StatusCode, code: &str) -> bool {
        self.status == status && self.code().as_deref() == Some(code)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `404 TableNotFound`, for people.
    pub(crate) fn summary(&self) -> String {
        let status = self.status.as_u16();
        match self.code() {
            Some(code) => format!("{status} {code}"),
            None => status.to_string(),
        }
    }

    /// The service had no time for it, and did nothing.
    pub(super) fn is_throttled(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS
            || self.is(StatusCode::SERVICE_UNAVAILABLE, "ServerBusy")
    }

    pub(super) fn retry_after(&self) -> Duration {
        let seconds = self.header(RETRY_AFTER.as_str());
        let seconds = seconds.and_then(|text| text.trim().parse().ok());
        seconds.map_or(USUAL_PATIENCE, Duration::from_secs)
    }
}

/// Reads the code in an error's body.
pub(crate) fn error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Document {
        #[serde(rename = "odata.error")]
        error: ODataError,
    }
    #[derive(Deserialize)]
    struct ODataError {
        code: String,
    }
    match serde_json::from_slice::<Document>(body) {
        Ok(document) => Some(document.error.code),
        Err(_) => xml::text(std::str::from_utf8(body).ok()?, "Code"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, header: Option<&'static str>, body: &'static str) -> Answer {
        let value = header.map(|text| text.parse().unwrap());
        let headers = value.map(|value| ("x-ms-error-code".parse().unwrap(), value));
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.into_iter().collect(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn the_code_is_found_wherever_it_stands() {
        let json =
            r#"{"odata.error":{"code":"TableNotFound","message":{"lang":"en-US","value":"…"}}}"#;
        let xml = "\u{feff}<?xml version=\"1.0\"?><Error><Code>TableNotFound</Code><Message>…</Message></Error>";
        let old = "<?xml version=\"1.0\"?><m:error xmlns:m=\"x\"><m:code>TableNotFound</m:code></m:error>";

        for said in [
            answer(404, Some("TableNotFound"), ""),
            answer(404, None, json),
            answer(404, None, xml),
            answer(404, None, old),
        ] {
            assert_eq!(said.summary(), "404 TableNotFound");
        }
        assert_eq!(answer(404, None, "<html>").summary(), "404");
        assert_eq!(answer(404, Some("hush hush"), "").summary(), "404");
    }

    #[test]
    fn only_a_service_that_says_so_did_nothing() {
        assert!(answer(503, Some("ServerBusy"), "").is_throttled());
        assert!(answer(429, None, "").is_throttled());
        assert!(!answer(503, None, "").is_throttled());
        assert!(!answer(500, Some("OperationTimedOut"), "").is_throttled());
    }

    #[test]
    fn the_service_may_say_how_long_to_wait() {
        let mut busy = answer(503, Some("ServerBusy"), "");

        assert_eq!(busy.retry_after(), USUAL_PATIENCE);
        busy.headers.insert(RETRY_AFTER, "30".parse().unwrap());
        assert_eq!(busy.retry_after(), Duration::from_secs(30));
    }
}
