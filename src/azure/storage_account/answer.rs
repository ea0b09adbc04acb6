//! Error codes and throttling in the answers of a storage account.

use std::time::Duration;

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Deserialize;

use super::xml;
use crate::azure::rest::{Answer, RestError};

/// The pause before a retry when a busy service names none.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_millis(250);

/// How the services of a storage account report errors.
impl Answer {
    /// The service's error code, such as `TableNotFound`. It is in a header, in JSON or in XML,
    /// depending on which part of the service failed.
    pub(crate) fn code(&self) -> Option<String> {
        let header = self.header("x-ms-error-code").map(str::to_owned);
        let code = header.or_else(|| error_code(&self.body))?;
        let is_word = |code: &str| code.bytes().all(|b| b.is_ascii_alphanumeric());
        ((1..=64).contains(&code.len()) && is_word(&code)).then_some(code)
    }

    /// An error unless the status is a success.
    pub(super) fn require_success(&self) -> Result<(), RestError> {
        if self.status.is_success() {
            Ok(())
        } else {
            Err(RestError::Refused(self.summary()))
        }
    }

    pub(crate) fn is(&self, status: StatusCode, code: &str) -> bool {
        self.status == status && self.code().as_deref() == Some(code)
    }

    /// Status and code for people: `404 TableNotFound`.
    pub(crate) fn summary(&self) -> String {
        let status = self.status.as_u16();
        match self.code() {
            Some(code) => format!("{status} {code}"),
            None => status.to_string(),
        }
    }

    /// The service was too busy for the call and did nothing.
    pub(super) fn is_throttled(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS
            || self.is(StatusCode::SERVICE_UNAVAILABLE, "ServerBusy")
    }

    pub(super) fn retry_after(&self) -> Duration {
        let seconds = self.header(RETRY_AFTER.as_str());
        let seconds = seconds.and_then(|text| text.trim().parse().ok());
        seconds.map_or(DEFAULT_RETRY_AFTER, Duration::from_secs)
    }
}

/// The error code in an answer's body.
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
    use bytes::Bytes;

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
    fn the_code_is_found_in_a_header_in_json_and_in_xml() {
        let json =
            r#"{"odata.error":{"code":"TableNotFound","message":{"lang":"en-US","value":"…"}}}"#;
        let xml = "\u{feff}<?xml version=\"1.0\"?><Error><Code>TableNotFound</Code><Message>…</Message></Error>";
        let old = "<?xml version=\"1.0\"?><m:error xmlns:m=\"x\"><m:code>TableNotFound</m:code></m:error>";

        for answer in [
            answer(404, Some("TableNotFound"), ""),
            answer(404, None, json),
            answer(404, None, xml),
            answer(404, None, old),
        ] {
            assert_eq!(answer.summary(), "404 TableNotFound");
        }
        assert_eq!(answer(404, None, "<html>").summary(), "404");
        assert_eq!(answer(404, Some("hush hush"), "").summary(), "404");
    }

    #[test]
    fn only_429_and_server_busy_are_throttling() {
        assert!(answer(503, Some("ServerBusy"), "").is_throttled());
        assert!(answer(429, None, "").is_throttled());
        assert!(!answer(503, None, "").is_throttled());
        assert!(!answer(500, Some("OperationTimedOut"), "").is_throttled());
    }

    #[test]
    fn retry_after_overrides_the_default_pause() {
        let mut busy = answer(503, Some("ServerBusy"), "");

        assert_eq!(busy.retry_after(), DEFAULT_RETRY_AFTER);
        busy.headers.insert(RETRY_AFTER, "30".parse().unwrap());
        assert_eq!(busy.retry_after(), Duration::from_secs(30));
    }
}
