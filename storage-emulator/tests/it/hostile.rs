//! Requests that have to be refused.

use storage_emulator::Settings;
use tempfile::TempDir;

use crate::support::{Account, ask, ask_signed, ask_signed_at, assert_refused, date};

#[tokio::test]
async fn a_signature_cannot_split_an_answer_in_two() {
    let folder = TempDir::new().unwrap();
    let account = Account::open(folder.path()).await;
    let request = "GET /devhost/files/a?sv=2021-12-02&sr=b&sp=r&se=2999-01-01&sig=AAAA\
        &rscd=a%0D%0AX-Own:%20b HTTP/1.1\r\nHost: localhost\r\n";

    let answer = ask(account.blobs, request).await;

    assert_refused(&answer, 400, "OutOfRangeQueryParameterValue");
}

#[tokio::test]
async fn foreign_host_names_and_pages_are_refused() {
    let folder = TempDir::new().unwrap();
    let account = Account::open(folder.path()).await;

    for to in [account.blobs, account.queues] {
        for host in ["rebound.example.test", "127.0.0.1.example.test:80"] {
            let request = format!("GET /devhost?comp=list HTTP/1.1\r\nHost: {host}\r\n");
            assert_refused(&ask(to, &request).await, 403, "AuthorizationFailure");
        }
    }
    let page = "GET /devhost?comp=list HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://localhost\r\n";
    let answer = ask(account.queues, page).await;
    assert_refused(&answer, 403, "AuthorizationFailure");
}

#[tokio::test]
async fn a_request_without_a_valid_signature_is_refused() {
    let folder = TempDir::new().unwrap();
    let account = Account::open(folder.path()).await;
    let now = date(0);
    let cases = [
        ("", 401, "NoAuthenticationInformation"),
        (
            "Authorization: SharedKey devhost:AAAA\r\n",
            403,
            "AuthenticationFailed",
        ),
        (
            "Authorization: SharedKey devhost:\r\n",
            403,
            "AuthenticationFailed",
        ),
        (
            "Authorization: SharedKey other:AAAA\r\n",
            403,
            "AuthenticationFailed",
        ),
        (
            "Authorization: Bearer AAAA\r\n",
            403,
            "AuthenticationFailed",
        ),
    ];

    for to in [account.blobs, account.queues] {
        for (header, status, code) in cases {
            let request = format!(
                "GET /devhost?comp=list HTTP/1.1\r\nHost: localhost\r\nx-ms-date: {now}\r\n{header}"
            );
            assert_refused(&ask(to, &request).await, status, code);
        }
        let signed = "GET /devhost/files/a?sv=2021-12-02&sr=b&sp=r&se=2999-01-01&sig=AAAA HTTP/1.1\r\nHost: localhost\r\n";
        assert_refused(&ask(to, signed).await, 403, "AuthenticationFailed");
    }
}

#[tokio::test]
async fn a_signature_is_valid_for_fifteen_minutes() {
    let folder = TempDir::new().unwrap();
    let account = Account::open(folder.path()).await;
    let list = "/devhost?comp=list";

    for (minutes, good) in [(-14, true), (14, true), (-16, false), (16, false)] {
        let answer = ask_signed_at(&account, &date(minutes), "GET", list, "").await;
        assert_eq!(answer.starts_with("HTTP/1.1 200 "), good, "{answer}");
    }
}

#[tokio::test]
async fn a_blob_above_the_limit_is_refused() {
    let folder = TempDir::new().unwrap();
    let account = Account::open_with(Settings {
        max_blob_size: 4,
        ..Settings::in_folder(folder.path())
    })
    .await;
    ask_signed(&account, "PUT", "/devhost/files?restype=container", "").await;

    let fits = ask_signed(&account, "PUT", "/devhost/files/a", "1234").await;
    let too_large = ask_signed(&account, "PUT", "/devhost/files/a", "12345").await;

    assert!(fits.starts_with("HTTP/1.1 201 "), "{fits}");
    assert_refused(&too_large, 413, "RequestBodyTooLarge");
}

#[tokio::test]
async fn the_body_of_an_unauthorized_request_is_not_read() {
    let folder = TempDir::new().unwrap();
    let account = Account::open(folder.path()).await;
    let request =
        "PUT /devhost/files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n";

    let answer = ask(account.blobs, request).await;

    assert_refused(&answer, 401, "NoAuthenticationInformation");
}
