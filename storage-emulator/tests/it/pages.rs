//! Requests from web pages.

use storage_emulator::{CorsSettings, Settings};
use tempfile::TempDir;

use crate::support::{Account, ask, assert_refused};

#[tokio::test]
async fn only_listed_pages_can_use_blobs() {
    let folder = TempDir::new().unwrap();
    let account = Account::open_with(Settings {
        cors: Some(CorsSettings {
            origins: vec!["http://page.test".to_owned()],
            credentials: false,
        }),
        ..Settings::in_folder(folder.path())
    })
    .await;
    let preflight = |origin: &str| {
        format!(
            "OPTIONS /devhost/files/a HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-ms-blob-type\r\n"
        )
    };

    let listed = ask(account.blobs, &preflight("http://page.test")).await;
    let other = ask(account.blobs, &preflight("http://other.test")).await;

    assert!(
        listed.contains("Access-Control-Allow-Origin: http://page.test\r\n"),
        "{listed}"
    );
    assert!(
        listed.contains("Access-Control-Allow-Headers: x-ms-blob-type\r\n"),
        "{listed}"
    );
    assert_refused(&other, 403, "CorsPreflightFailure");
    assert!(!other.contains("Access-Control-Allow"), "{other}");
}
