//! Which failures are retried, and the time limits of a call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use tokio::time::Instant;
use webpubsub::{AccessKey, Error, HubClient, HubClientOptions, Payload, SendOptions};

use crate::server::{HUB, KEY, Reply, Server};

async fn send(client: &HubClient) -> Result<(), Error> {
    let options = SendOptions::default();
    client.send_to_all(Payload::text("hi"), &options).await
}

fn quick() -> HubClientOptions {
    HubClientOptions {
        retry_delay: Duration::from_millis(2),
        ..HubClientOptions::default()
    }
}

#[tokio::test]
async fn a_transient_failure_is_retried() {
    for status in [408, 429, 500, 502, 503, 504] {
        let server = Server::answering([Reply::status(status), Reply::status(202)]).await;

        send(&server.client_with(quick())).await.unwrap();

        assert_eq!(server.take().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn other_statuses_are_not_retried() {
    for status in [301, 400, 401, 403, 404, 409, 413] {
        let server = Server::answering([Reply::status(status)]).await;

        let error = send(&server.client_with(quick())).await.unwrap_err();

        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert!(!error.is_transient());
        server.take_one();
    }
}

#[tokio::test]
async fn retries_stop_at_the_maximum() {
    let server = Server::answering(vec![Reply::status(500); 3]).await;
    let options = HubClientOptions {
        max_retries: 2,
        ..quick()
    };

    let error = send(&server.client_with(options)).await.unwrap_err();

    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    assert!(error.is_transient());
    assert_eq!(server.take().len(), 3);
}

#[tokio::test]
async fn each_attempt_has_a_new_token() {
    let server = Server::answering([Reply::status(503), Reply::status(202)]).await;
    let ticks = AtomicU64::new(1_000);
    let options = HubClientOptions {
        clock: Arc::new(move || {
            UNIX_EPOCH + Duration::from_secs(ticks.fetch_add(600, Ordering::Relaxed))
        }),
        ..quick()
    };

    send(&server.client_with(options)).await.unwrap();

    let attempts = server.take();
    let issued: Vec<_> = attempts
        .iter()
        .map(|sent| sent.signed_claims()["iat"].clone())
        .collect();
    assert_eq!(issued, [1_000, 1_600]);
    assert_eq!(attempts[0].target, attempts[1].target);
    assert_eq!(attempts[0].body, attempts[1].body);
}

#[tokio::test]
async fn a_broken_connection_is_retried() {
    let server = Server::answering([Reply::Cut, Reply::status(202)]).await;

    send(&server.client_with(quick())).await.unwrap();

    assert_eq!(server.take().len(), 2);
}

#[tokio::test]
async fn an_attempt_that_times_out_is_retried_up_to_the_maximum() {
    let server = Server::answering([Reply::Silence, Reply::Silence]).await;
    let options = HubClientOptions {
        try_timeout: Duration::from_millis(500),
        max_retries: 1,
        ..quick()
    };

    let error = send(&server.client_with(options)).await.unwrap_err();

    assert!(
        matches!(error, Error::TimedOut(after) if after == Duration::from_millis(500)),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert_eq!(server.take().len(), 2);
}

#[tokio::test]
async fn a_call_times_out_even_if_retries_are_left() {
    let server = Server::spawn(|_| Reply::Silence).await;
    let options = HubClientOptions {
        timeout: Duration::from_millis(50),
        ..quick()
    };

    let error = send(&server.client_with(options)).await.unwrap_err();

    assert!(
        matches!(error, Error::TimedOut(after) if after == Duration::from_millis(50)),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_largest_option_values_work() {
    let server = Server::answering([Reply::status(503), Reply::status(202)]).await;
    let options = HubClientOptions {
        try_timeout: Duration::MAX,
        timeout: Duration::MAX,
        max_retries: u32::MAX,
        ..quick()
    };

    send(&server.client_with(options)).await.unwrap();

    assert_eq!(server.take().len(), 2);
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let server = Server::answering([]).await;
    let client = server.client_with(HubClientOptions {
        max_retries: 0,
        ..quick()
    });
    drop(server);

    // The runtime closes the listener some time after it is dropped.
    let error = loop {
        match send(&client).await.unwrap_err() {
            Error::Service { .. } => tokio::task::yield_now().await,
            error => break error,
        }
    };

    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn the_services_code_and_message_are_in_the_error() {
    let body = r#"{"code":"Error.BadRequest","message":"Invalid syntax","target":"filter"}"#;
    let server = Server::answering([Reply::json(400, body)]).await;

    let error = send(&server.client()).await.unwrap_err();

    assert_eq!(error.code(), Some("Error.BadRequest"));
    assert_eq!(
        error.to_string(),
        "the service answered 400 Bad Request: Error.BadRequest: Invalid syntax"
    );
}

#[tokio::test]
async fn the_error_code_header_takes_precedence_over_the_body() {
    let server = Server::answering([Reply::Answer {
        status: 404,
        headers: vec![("x-ms-error-code", "Error.Connection.NotExisted".into())],
        body: r#"{"code":"Error.Other"}"#.into(),
    }])
    .await;

    let error = server
        .client()
        .add_connection_to_group("g", "c")
        .await
        .unwrap_err();

    assert!(error.is_not_found());
    assert_eq!(error.code(), Some("Error.Connection.NotExisted"));
}

/// Answers 429 once, without a socket, so that tests can pause the clock and measure waits.
#[derive(Debug)]
struct Busy {
    retry_after: &'static str,
    attempts: Mutex<Vec<Instant>>,
}

impl Busy {
    fn client(retry_after: &'static str) -> (Arc<Self>, HubClient) {
        let busy = Arc::new(Self {
            retry_after,
            attempts: Mutex::default(),
        });
        let options = HubClientOptions {
            http_client: Some(busy.clone()),
            ..HubClientOptions::default()
        };
        let client = HubClient::with_key(
            "https://demo.webpubsub.azure.com".parse().unwrap(),
            AccessKey::new(KEY).unwrap(),
            HUB.parse().unwrap(),
            options,
        );
        (busy, client)
    }
}

#[async_trait]
impl HttpClient for Busy {
    async fn execute_request(&self, _request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut attempts = self.attempts.lock().unwrap();
        attempts.push(Instant::now());
        let mut headers = Headers::new();
        headers.insert("retry-after", self.retry_after);
        let status = match attempts.len() {
            1 => StatusCode::TooManyRequests,
            _ => StatusCode::Accepted,
        };
        Ok(AsyncRawResponse::from_bytes(status, headers, ""))
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_as_long_as_retry_after_asks() {
    let (busy, client) = Busy::client("20");

    send(&client).await.unwrap();

    let attempts = busy.attempts.lock().unwrap();
    assert!(attempts[1] - attempts[0] >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_deadline_returns_the_response_at_once() {
    for too_long in [
        "31",
        "3600",
        "9223372036854775807",
        "Fri, 01 Jan 2100 00:00:00 GMT",
    ] {
        let (busy, client) = Busy::client(too_long);
        let start = Instant::now();

        let error = send(&client).await.unwrap_err();

        assert_eq!(error.status().map(|status| status.as_u16()), Some(429));
        assert_eq!(start.elapsed(), Duration::ZERO, "{too_long}");
        assert_eq!(busy.attempts.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_retry_after_is_ignored() {
    for nonsense in ["", "soon", "-5", "99999999999999999999"] {
        let (busy, client) = Busy::client(nonsense);

        send(&client).await.unwrap();

        assert_eq!(busy.attempts.lock().unwrap().len(), 2, "{nonsense}");
    }
}
