//! 2 and 6: metadata of messages.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{KEY, TestEmulator, call, facts, sign};

const NAME: &str = "x-webpubsub-metadata-";

/// Sends a message with these headers after the prefix; `None` if the call is refused.
async fn carries(headers: Vec<(String, Vec<u8>)>, seen: Option<Value>) {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let url = emulator.rest_url(":send");
    let token = sign(&json!({ "aud": url, "exp": 4_000_000_000_i64 }), KEY);
    let mut request = Request::post(url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/plain");
    for (key, value) in headers {
        request = request.header(format!("{NAME}{key}"), value);
    }

    let answered = call(request.body(Full::<Bytes>::from("hi")).unwrap()).await;

    match seen {
        Some(metadata) => {
            assert_eq!(answered.status, 202);
            assert_eq!(ann.next().await.get("metadata").cloned(), Some(metadata));
        }
        None => {
            assert_eq!(answered.status, 400);
            assert!(ann.until_pong().await.is_empty());
        }
    }
}

fn one(key: &str, value: impl Into<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    vec![(key.to_owned(), value.into())]
}

/// This many one-character keys with values of this length.
fn many(keys: usize, value: usize) -> Vec<(String, Vec<u8>)> {
    (0..keys)
        .map(|key| (key.to_string(), vec![b'v'; value]))
        .collect()
}

facts! { carries;
    a_header_is_a_member_and_its_key_is_in_lower_case: one("Trace-Id", "A1"), Some(json!({ "trace-id": "A1" }));
    a_value_may_be_empty: one("k", ""), Some(json!({ "k": "" }));
    a_key_of_256_characters: one(&"k".repeat(256), "v"), Some(json!({ "k".repeat(256): "v" }));
    a_key_of_257_characters_is_refused: one(&"k".repeat(257), "v"), None;
    a_value_of_1024_characters: one("k", "v".repeat(1024)), Some(json!({ "k": "v".repeat(1024) }));
    a_value_of_1025_characters_is_refused: one("k", "v".repeat(1025)), None;
    values_are_ascii: one("k", "é"), None;
    a_total_of_8_kib: many(8, 1023), Some(many(8, 1023).into_iter().map(|(key, value)| (key, json!(String::from_utf8(value).unwrap()))).collect());
    more_than_8_kib_is_refused: many(9, 1000), None;
    a_key_is_not_empty: one("", "v"), None;
}
