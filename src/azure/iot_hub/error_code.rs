//! The error codes of IoT Hub.

use serde::Deserialize;

use crate::azure::rest::Answer;

pub(super) const DEVICE_NOT_FOUND: u32 = 404_001;
pub(super) const DEVICE_NOT_ONLINE: u32 = 404_103;
pub(super) const CLOSED_BY_DEVICE: u32 = 404_104;
/// The device connects again at this moment.
pub(super) const CLOSED_FOR_NEW_CONNECTION: u32 = 400_027;
pub(super) const QUOTA_EXCEEDED: u32 = 403_002;
pub(super) const GATEWAY_TIMEOUT: u32 = 504_101;

/// The names that older answers have instead of numbers.
const NAMES: [(&str, u32); 5] = [
    ("DeviceNotFound", DEVICE_NOT_FOUND),
    ("DeviceNotOnline", DEVICE_NOT_ONLINE),
    ("DeviceConnectionClosedRemotely", CLOSED_BY_DEVICE),
    ("IotHubQuotaExceeded", QUOTA_EXCEEDED),
    ("GatewayTimeout", GATEWAY_TIMEOUT),
];

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    /// JSON in a text, or `ErrorCode:<name>;<sentence>`.
    Wrapped {
        #[serde(rename = "Message")]
        message: String,
    },
    Plain(Details),
}

#[derive(Deserialize)]
struct Details {
    #[serde(rename = "errorCode")]
    error_code: u32,
}

/// The code of an answer that is an error. It is in the body or in a header, as a number or as a
/// name, depending on which part of the service failed.
pub(super) fn error_code(answer: &Answer) -> Option<u32> {
    in_body(&answer.body).or_else(|| numbered(answer.header("iothub-errorcode")?))
}

fn in_body(body: &[u8]) -> Option<u32> {
    match serde_json::from_slice(body).ok()? {
        Body::Plain(details) => Some(details.error_code),
        Body::Wrapped { message } => match serde_json::from_str::<Details>(&message) {
            Ok(details) => Some(details.error_code),
            Err(_) => numbered(message.strip_prefix("ErrorCode:")?.split(';').next()?),
        },
    }
}

fn numbered(code: &str) -> Option<u32> {
    let named = NAMES.iter().find(|(name, _)| *name == code.trim());
    named
        .map(|(_, number)| *number)
        .or_else(|| code.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;

    use super::*;

    fn code(header: Option<&'static str>, body: &'static str) -> Option<u32> {
        let header =
            header.map(|text| ("iothub-errorcode".parse().unwrap(), text.parse().unwrap()));
        error_code(&Answer {
            status: StatusCode::NOT_FOUND,
            headers: header.into_iter().collect(),
            body: Bytes::from_static(body.as_bytes()),
        })
    }

    #[test]
    fn a_code_is_found_in_each_form() {
        let wrapped = r#"{"Message":"{\"errorCode\":404103,\"trackingId\":\"…\",\"message\":\"…\",\"info\":{\"timeout\":\"00:00:00\"}}","ExceptionMessage":""}"#;
        let named = r#"{"Message":"ErrorCode:DeviceNotOnline;Timed out waiting for device to connect.","ExceptionMessage":"…"}"#;

        assert_eq!(code(None, wrapped), Some(DEVICE_NOT_ONLINE));
        assert_eq!(code(None, named), Some(DEVICE_NOT_ONLINE));
        assert_eq!(code(None, r#"{"errorCode":504101}"#), Some(GATEWAY_TIMEOUT));
        assert_eq!(code(Some("DeviceNotFound"), ""), Some(DEVICE_NOT_FOUND));
        assert_eq!(code(Some("404001"), "<html>"), Some(DEVICE_NOT_FOUND));
    }

    #[test]
    fn other_answers_have_no_code() {
        for body in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"Message":"gone"}"#,
            r#"{"Message":7}"#,
        ] {
            assert_eq!(code(None, body), None, "{body}");
        }
    }
}
