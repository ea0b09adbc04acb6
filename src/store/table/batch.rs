//! Several changes as one: an entity-group transaction, which is a request of requests.

use std::fmt::Write as _;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use url::Url;

use crate::azure::storage_account::{Call, Repeat, error_code};

/// What the service takes as one.
const LARGEST: usize = 4 * 1024 * 1024;

/// The parts' bodies are JSON on one line each, so that no line of theirs is a boundary.
const BATCH: &str = "batch_switchboard";
const CHANGES: &str = "changeset_switchboard";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the writes are too large for one batch")]
pub(super) struct TooLarge;

/// `address` makes a path below the endpoint an address.
pub(super) fn of(calls: &[Call], address: impl Fn(&str) -> Url) -> Result<Call, TooLarge> {
    let mut body =
        format!("--{BATCH}\r\nContent-Type: multipart/mixed; boundary={CHANGES}\r\n\r\n");
    for call in calls {
        part(&mut body, call, &address(&call.path));
    }
    let _ = write!(body, "--{CHANGES}--\r\n--{BATCH}--\r\n");
    if body.len() > LARGEST {
        return Err(TooLarge);
    }
    let kind = HeaderValue::from_static("multipart/mixed; boundary=batch_switchboard");
    Ok(Call::new(Method::POST, "$batch", Repeat::OnlyIfNotDone)
        .header(CONTENT_TYPE, kind)
        .body(body))
}

/// Writing to text cannot fail.
fn part(body: &mut String, call: &Call, address: &Url) {
    let _ = write!(
        body,
        "--{CHANGES}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         {} {address} HTTP/1.1\r\n",
        call.method
    );
    for (name, value) in &call.headers {
        let value = value.to_str().unwrap_or_default();
        let _ = write!(body, "{name}: {value}\r\n");
    }
    let json = std::str::from_utf8(&call.body).unwrap_or_default();
    let _ = write!(body, "\r\n{json}\r\n");
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// Nothing was written, because of one part.
    Failed(Failure),
    Unreadable,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Not every service says which.
    pub(super) position: Option<usize>,
    pub(super) status: StatusCode,
    pub(super) code: Option<String>,
}

/// Reads the answer to a batch of so many parts. Its multipart form is not heeded: emulators get
/// it wrong, and only status lines and errors matter, each on a line of its own.
pub(super) fn outcome(body: &[u8], parts: usize) -> Outcome {
    let text = String::from_utf8_lossy(body);
    let mut done = 0;
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        match status(line) {
            None => {}
            Some(status) if status.is_success() => done += 1,
            Some(status) => {
                let error = lines.find(|line| line.starts_with(['{', '<']));
                return Outcome::Failed(Failure {
                    position: error.and_then(position),
                    status,
                    code: error.and_then(|error| error_code(error.as_bytes())),
                });
            }
        }
    }
    if done == parts {
        Outcome::Done
    } else {
        Outcome::Unreadable
    }
}

fn status(line: &str) -> Option<StatusCode> {
    let digits = line.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    StatusCode::from_bytes(digits.as_bytes()).ok()
}

/// The message begins with it: `"value":"2:The specified entity already exists.…`.
fn position(error: &str) -> Option<usize> {
    let (_, message) = error
        .split_once("\"value\":\"")
        .or_else(|| error.split_once("<message"))?;
    let message = match message.split_once('>') {
        Some((_, text)) if message.starts_with([' ', '>']) => text,
        _ => message,
    };
    let (digits, _) = message.split_once(':')?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUCCESS: &str = "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n\
        --changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
        HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nDataServiceVersion: 1.0;\r\n\r\n\r\n\
        --changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
        HTTP/1.1 204 No Content\r\nDataServiceVersion: 1.0;\r\n\r\n\r\n--changesetresponse_2--\r\n--batchresponse_1--\r\n";

    fn failed(error: &str) -> Failure {
        let body = format!(
            "--changesetresponse_2\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 409 Conflict\r\n\
             Content-Type: application/json;odata=minimalmetadata\r\n\r\n{error}\r\n--changesetresponse_2--"
        );
        match outcome(body.as_bytes(), 5) {
            Outcome::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_batch_is_done_if_every_part_is() {
        assert_eq!(outcome(SUCCESS.as_bytes(), 2), Outcome::Done);
        assert_eq!(outcome(SUCCESS.as_bytes(), 3), Outcome::Unreadable);
        assert_eq!(outcome(b"<html>", 1), Outcome::Unreadable);
        assert_eq!(outcome(b"", 1), Outcome::Unreadable);
    }

    #[test]
    fn the_failing_part_is_named_by_its_position() {
        let json = r#"{"odata.error":{"code":"EntityAlreadyExists","message":{"lang":"en-US","value":"2:The specified entity already exists.\nRequestId:1\nTime:2026"}}}"#;

        let failure = failed(json);

        assert_eq!(failure.position, Some(2));
        assert_eq!(failure.code.as_deref(), Some("EntityAlreadyExists"));
        assert_eq!(failure.status, StatusCode::CONFLICT);
    }

    #[test]
    fn the_position_may_be_missing_or_in_xml() {
        let bare = r#"{"odata.error":{"code":"ResourceNotFound","message":{"lang":"en-US","value":"The specified resource does not exist.\nRequestId:1"}}}"#;
        let xml = "<?xml version=\"1.0\"?><error xmlns=\"x\"><code>ResourceNotFound</code><message xml:lang=\"en-US\">3:The specified…</message></error>";

        assert_eq!(failed(bare).position, None);
        assert_eq!(failed(bare).code.as_deref(), Some("ResourceNotFound"));
        assert_eq!(failed(xml).position, Some(3));
        assert_eq!(failed(xml).code.as_deref(), Some("ResourceNotFound"));
        assert_eq!(failed("").code, None);
    }

    #[test]
    fn a_batch_is_a_request_of_requests() {
        let call = Call::new(
            Method::DELETE,
            "t(PartitionKey='p',RowKey='k')",
            Repeat::OnlyIfNotDone,
        );
        let address = |path: &str| Url::parse("http://h/a/").unwrap().join(path).unwrap();

        let batch = of(&[call.header(CONTENT_TYPE, "x".parse().unwrap())], address).unwrap();

        assert_eq!(
            batch.body,
            "--batch_switchboard\r\nContent-Type: multipart/mixed; boundary=changeset_switchboard\r\n\r\n\
             --changeset_switchboard\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
             DELETE http://h/a/t(PartitionKey='p',RowKey='k') HTTP/1.1\r\ncontent-type: x\r\n\r\n\r\n\
             --changeset_switchboard--\r\n--batch_switchboard--\r\n"
        );
    }

    #[test]
    fn what_the_service_would_not_take_is_not_sent() {
        let large = Call::new(Method::POST, "t", Repeat::OnlyIfNotDone).body(vec![b'x'; LARGEST]);

        let refused = of(&[large], |_| Url::parse("http://h/").unwrap());

        assert_eq!(refused.unwrap_err(), TooLarge);
    }
}
