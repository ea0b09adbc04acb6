//! Blobs: uploads and downloads through signed addresses.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::StorageAccount;
use switchboard::azure::storage_account::blob::{BlobContainer, BlobProperties};
use switchboard::clock::Clock;
use url::Url;

use crate::support::Azurite;

const HOUR: Duration = Duration::from_secs(60 * 60);
const NAME: &str = "switchboard-files";

fn container_at(account: &StorageAccount, clock: Clock) -> BlobContainer {
    let outgoing = SharedHttpClient::new();
    let identities = ManagedIdentities::new(outgoing.clone());
    BlobContainer::new(account, NAME, outgoing, clock, &identities).unwrap()
}

pub(crate) fn container_of(account: &StorageAccount) -> BlobContainer {
    container_at(account, Clock::system())
}

async fn container() -> BlobContainer {
    container_of(&Azurite::shared().await.account().settings())
}

/// Uploads in the way that a browser does.
pub(crate) async fn put(url: Url, kind: &str, body: &str) -> StatusCode {
    let request = SharedHttpClient::new().client().unwrap().put(url);
    let request = request
        .header("x-ms-blob-type", "BlockBlob")
        .header("content-type", kind);
    request.body(body.to_owned()).send().await.unwrap().status()
}

async fn get(url: Url) -> reqwest::Response {
    let request = SharedHttpClient::new().client().unwrap().get(url);
    request.send().await.unwrap()
}

const BLOB: &str = "room.1/0190-a b€";

/// The life of a blob. Runs on every service that we support.
pub(crate) async fn assert_files_come_and_go(container: &BlobContainer) {
    assert_eq!(container.properties(BLOB).await.unwrap(), None);
    container.delete(BLOB).await.unwrap();

    let upload = container.upload_url(BLOB, HOUR).await.unwrap();
    assert_eq!(container.properties(BLOB).await.unwrap(), None);
    assert_eq!(put(upload, "text/html", "<script>").await, 201);

    let expected = BlobProperties {
        size: 8,
        content_type: Some("text/html".to_owned()),
    };
    assert_eq!(container.properties(BLOB).await.unwrap(), Some(expected));

    container.delete(BLOB).await.unwrap();
    assert_eq!(container.properties(BLOB).await.unwrap(), None);
    container.delete(BLOB).await.unwrap();
}

pub(crate) async fn assert_downloads_are_attachments(container: &BlobContainer) {
    let upload = container.upload_url(BLOB, HOUR).await.unwrap();
    assert_eq!(put(upload, "text/html", "<script>").await, 201);

    let url = container.download_url(BLOB, "my €.txt", "text/plain", HOUR);
    let file = get(url.await.unwrap()).await;

    assert_eq!(file.status(), 200);
    assert_eq!(file.headers()["content-type"], "text/plain");
    assert_eq!(
        file.headers()["content-disposition"],
        "attachment; filename=\"my _.txt\"; filename*=UTF-8''my%20%E2%82%AC.txt"
    );
    assert_eq!(file.text().await.unwrap(), "<script>");
}

#[tokio::test]
async fn a_file_is_uploaded_found_and_deleted() {
    assert_files_come_and_go(&container().await).await;
}

#[tokio::test]
async fn a_download_is_an_attachment_whatever_the_upload_declared() {
    assert_downloads_are_attachments(&container().await).await;
}

#[tokio::test]
async fn an_address_permits_one_operation_on_one_blob() {
    let container = container().await;
    let upload = container.upload_url("a", HOUR).await.unwrap();
    assert_eq!(put(upload.clone(), "text/plain", "x").await, 201);
    let download = container.download_url("a", "a", "text/plain", HOUR);
    let download = download.await.unwrap();
    let mut other = download.clone();
    other.set_path(&download.path().replace("/a", "/b"));
    let mut inline = download.clone();
    let query = download.query().unwrap().replace("attachment", "inline");
    inline.set_query(Some(&query));

    assert_eq!(get(upload).await.status(), 403);
    assert_eq!(put(download.clone(), "text/plain", "y").await, 403);
    assert_eq!(get(other).await.status(), 403);
    assert_eq!(get(inline).await.status(), 403);
    assert_eq!(get(download).await.text().await.unwrap(), "x");
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_refused() {
    let container = container().await;

    for name in ["..", "a/../b", "./a", "a//b", ""] {
        let upload = container.upload_url(name, HOUR).await;
        let download = container.download_url(name, "a", "text/plain", HOUR);

        assert!(upload.is_err(), "{name}");
        assert!(download.await.is_err(), "{name}");
        assert!(container.properties(name).await.is_err(), "{name}");
        assert!(container.delete(name).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn an_address_expires() {
    let account = Azurite::shared().await.account().settings();
    let earlier = Clock::from_fn(|| Clock::system().now() - 2 * HOUR);

    let container = container_at(&account, earlier);

    let upload = container.upload_url("a", HOUR).await.unwrap();

    assert_eq!(put(upload, "text/plain", "x").await, 403);
}

#[tokio::test]
async fn an_address_holds_neither_the_key_nor_more_than_it_needs() {
    let account = "AccountName=shop;AccountKey=c2VjcmV0".parse().unwrap();
    let container = container_of(&account);

    let url = container.download_url("a", "a", "text/plain", HOUR);
    let url = url.await.unwrap();

    assert!(
        url.as_str()
            .starts_with("https://shop.blob.core.windows.net/switchboard-files/a?")
    );
    assert!(url.query().unwrap().contains("&spr=https&"), "{url}");
    assert!(url.query().unwrap().contains("&sr=b&sp=r&"), "{url}");
    assert!(!url.as_str().contains("c2VjcmV0"), "{url}");
}

#[tokio::test]
async fn the_container_is_not_public() {
    let account = Azurite::shared().await.account();
    let container = container_of(&account.settings());
    container.upload_url("a", HOUR).await.unwrap();

    assert_eq!(
        account.run_script("blobs.mjs", &["access", NAME]).await,
        "none\n"
    );
}

#[tokio::test]
async fn a_deleted_container_is_created_again() {
    let account = Azurite::shared().await.account();
    let container = container_of(&account.settings());
    let upload = container.upload_url("a", HOUR).await.unwrap();
    assert_eq!(put(upload, "text/plain", "x").await, 201);

    account.run_script("blobs.mjs", &["drop", NAME]).await;

    assert_eq!(container.properties("a").await.unwrap(), None);
    let upload = container.upload_url("a", HOUR).await.unwrap();
    assert_eq!(put(upload, "text/plain", "x").await, 201);
}

#[tokio::test]
async fn the_size_of_a_compressed_blob_is_known() {
    let container = container().await;
    let upload = container.upload_url("a", HOUR).await.unwrap();
    let client = SharedHttpClient::new().client().unwrap();
    let request = client
        .request(Method::PUT, upload)
        .header("x-ms-blob-type", "BlockBlob")
        .header("x-ms-blob-content-encoding", "gzip");
    assert_eq!(request.body("not gzip").send().await.unwrap().status(), 201);

    assert_eq!(container.properties("a").await.unwrap().unwrap().size, 8);
}
