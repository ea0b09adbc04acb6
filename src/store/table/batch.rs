//! Entity-group transactions: several writes in one request, as a multipart body of requests.

use std::fmt::Write as _;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use url::Url;

use crate::azure::rest::{Call, Retry};
use crate::azure::storage_account::error_code;

/// The longest body that the service accepts, in bytes.
const MAX_BATCH_SIZE: usize = 4 * 1024 * 1024;

/// Boundaries. Each part's body is one line of JSON, so it cannot contain one.
const BATCH: &str = "batch_switchboard";
const CHANGES: &str = "changeset_switchboard";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the writes are too large for one batch")]
pub(super) struct TooLarge;

/// Combines `calls` into one. `address` resolves a path below the endpoint.
pub(super) fn combine(calls: &[Call], address: impl Fn(&str) -> Url) -> Result<Call, TooLarge> {
    let mut body =
        format!("--{BATCH}\r\nContent-Type: multipart/mixed; boundary={CHANGES}\r\n\r\n");
    for call in calls {
        push_part(&mut body, call, &address(&call.path));
    }
    let _ = write!(body, "--{CHANGES}--\r\n--{BATCH}--\r\n");
    if body.len() > MAX_BATCH_SIZE {
        return Err(TooLarge);
    }
    let content_type = HeaderValue::from_static("multipart/mixed; boundary=batch_switchboard");
    Ok(Call::new(Method::POST, "$batch", Retry::Unsafe)
        .header(CONTENT_TYPE, content_type)
        .body(body))
}

/// Appends one part. Writing to a `String` cannot fail.
fn push_part(body: &mut String, call: &Call, address: &Url) {
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

/// The result of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BatchResult {
    /// The ETags of the parts, where the service returned them.
    Done(Vec<Option<String>>),
    /// One part failed, so nothing was written.
    Failed(Failure),
    Malformed,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// `None` if the service does not say which part failed.
    pub(super) position: Option<usize>,
    pub(super) status: StatusCode,
    pub(super) code: Option<String>,
}

/// Parses the answer to a batch. Ignores its multipart form, which emulators get wrong: only status
/// lines, ETags and errors matter, and each is on its own line.
pub(super) fn parse_answer(body: &[u8], parts: usize) -> BatchResult {
    let text = String::from_utf8_lossy(body);
    let mut etags = Vec::with_capacity(parts);
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        match status(line) {
            None => {
                if let (Some(last), Some(etag)) = (etags.last_mut(), etag(line)) {
                    *last = Some(etag.to_owned());
                }
            }
            Some(status) if status.is_success() => etags.push(None),
            Some(status) => {
                let error = lines.find(|line| line.starts_with(['{', '<']));
                return BatchResult::Failed(Failure {
                    position: error.and_then(position),
                    status,
                    code: error.and_then(|error| error_code(error.as_bytes())),
                });
            }
        }
    }
    if etags.len() == parts {
        BatchResult::Done(etags)
    } else {
        BatchResult::Malformed
    }
}

fn status(line: &str) -> Option<StatusCode> {
    let digits = line.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    StatusCode::from_bytes(digits.as_bytes()).ok()
}

fn etag(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("etag").then(|| value.trim())
}

/// The position of the failed part. The message begins with it: `"value":"2:The specified entity already exists.…`.
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
        HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nETag: W/\"datetime'2026-01-15T10%3A30%3A00.1234567Z'\"\r\nDataServiceVersion: 1.0;\r\n\r\n\r\n\
        --changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
        HTTP/1.1 204 No Content\r\nDataServiceVersion: 1.0;\r\n\r\n\r\n--changesetresponse_2--\r\n--batchresponse_1--\r\n";

    fn failed(error: &str) -> Failure {
        let body = format!(
            "--changesetresponse_2\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 409 Conflict\r\n\
             Content-Type: application/json;odata=minimalmetadata\r\n\r\n{error}\r\n--changesetresponse_2--"
        );
        match parse_answer(body.as_bytes(), 5) {
            BatchResult::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_batch_is_done_if_every_part_is_and_each_has_its_etag() {
        let etag = "W/\"datetime'2026-01-15T10%3A30%3A00.1234567Z'\"".to_owned();
        assert_eq!(
            parse_answer(SUCCESS.as_bytes(), 2),
            BatchResult::Done(vec![Some(etag), None])
        );
        assert_eq!(parse_answer(SUCCESS.as_bytes(), 3), BatchResult::Malformed);
        assert_eq!(parse_answer(b"<html>", 1), BatchResult::Malformed);
        assert_eq!(parse_answer(b"", 1), BatchResult::Malformed);
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
    fn a_batch_is_a_multipart_body_of_requests() {
        let call = Call::new(
            Method::DELETE,
            "t(PartitionKey='p',RowKey='k')",
            Retry::Unsafe,
        );
        let address = |path: &str| Url::parse("http://h/a/").unwrap().join(path).unwrap();

        let batch = combine(&[call.header(CONTENT_TYPE, "x".parse().unwrap())], address).unwrap();

        assert_eq!(
            batch.body,
            "--batch_switchboard\r\nContent-Type: multipart/mixed; boundary=changeset_switchboard\r\n\r\n\
             --changeset_switchboard\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
             DELETE http://h/a/t(PartitionKey='p',RowKey='k') HTTP/1.1\r\ncontent-type: x\r\n\r\n\r\n\
             --changeset_switchboard--\r\n--batch_switchboard--\r\n"
        );
    }

    #[test]
    fn a_batch_that_is_too_large_is_not_sent() {
        let large = Call::new(Method::POST, "t", Retry::Unsafe).body(vec![b'x'; MAX_BATCH_SIZE]);

        let refused = combine(&[large], |_| Url::parse("http://h/").unwrap());

        assert_eq!(refused.unwrap_err(), TooLarge);
    }
}
