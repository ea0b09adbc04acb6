//! The account of one's own, used by Microsoft's clients and by callers that mean harm.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use devhost::CorsSettings;
use devhost::storage::{Settings, Storage, StorageError};
use serde_json::{Value, json};
use testkit::Scripts;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::azurite::Azurite;
use crate::support::Folder;

struct Account {
    connection: String,
    blobs: SocketAddr,
    queues: SocketAddr,
    running: JoinHandle<()>,
}

async fn listen() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

impl Account {
    async fn open(folder: &Path) -> Self {
        Self::open_with(Settings::in_folder(folder)).await
    }

    async fn open_with(settings: Settings) -> Self {
        let (blobs, queues) = (listen().await, listen().await);
        let addresses = [blobs.local_addr().unwrap(), queues.local_addr().unwrap()];
        let storage = Storage::open(blobs, queues, settings).unwrap();
        Self {
            connection: storage.connection_string().to_owned(),
            blobs: addresses[0],
            queues: addresses[1],
            running: tokio::spawn(storage.run(std::future::pending())),
        }
    }

    async fn close(self) {
        self.running.abort();
        let _ = self.running.await;
    }

    /// What a script with Microsoft's client saw.
    async fn script(&self, name: &str) -> Value {
        script(name, &[("STORAGE", &self.connection)]).await
    }
}

async fn script(name: &str, environment: &[(&str, &str)]) -> Value {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storage");
    let scripts = tokio::task::spawn_blocking(move || {
        Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
    });
    let mut command = Command::from(scripts.await.unwrap().command(name));
    let environment = environment.iter().copied();
    let output = command.envs(environment).output().await.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn folder(name: &str) -> PathBuf {
    Folder::empty(name).0
}

/// The whole answer to one request of a caller that closes.
async fn ask(to: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let end = "Connection: close\r\n\r\n";
    let request = format!("{request}{end}");
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[track_caller]
fn assert_refused(answer: &str, status: u16, code: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
    assert!(answer.contains(&format!("<Code>{code}</Code>")), "{answer}");
}

#[tokio::test]
async fn microsofts_queue_client_finds_what_it_expects() {
    let azurite = Azurite::queues().await;
    let account = Account::open(&folder("storage_queues")).await;

    let saw = account.script("queues.mjs").await;
    let saw_there = script("queues.mjs", &[("STORAGE", &azurite.connection)]).await;

    let expected = json!({
        "absent": "QueueNotFound",
        "createdAgain": "QueueAlreadyExists",
        "peeked": [["first & <foremost>, wörld", 0]],
        "received": ["first & <foremost>, wörld", 1],
        "receivedAgain": 0,
        "oldReceipt": "PopReceiptMismatch",
        "updated": ["second", 2, true],
        "updatedReceipt": "PopReceiptMismatch",
        "deleted": "done",
        "deletedAgain": "MessageNotFound",
        "properties": [1, { "owner": "me" }],
        "cleared": [0, { "owner": "you" }],
        "tooLarge": "RequestBodyTooLarge",
        "mayAdd": "done",
        "mayNotRead": "AuthorizationPermissionMismatch",
        "mayProcess": "done",
        "expired": "AuthenticationFailed",
        "listed": ["letters"],
        "removed": "done",
    });
    assert_eq!(saw, expected);
    assert_eq!(saw_there, expected);
}

#[tokio::test]
async fn microsofts_blob_client_finds_what_it_expects() {
    let azurite = Azurite::blobs().await;
    let account = Account::open(&folder("storage_blobs")).await;

    let saw = account.script("blobs.mjs").await;
    let mut saw_there = script("blobs.mjs", &[("STORAGE", &azurite.connection)]).await;

    let name = "notes/ä & <b>/one.txt";
    let expected = json!({
        "absent": "ContainerNotFound",
        "createdAgain": "ContainerAlreadyExists",
        "whole": "0123456789",
        "part": "234",
        "rest": "89",
        "behind": "InvalidRange",
        "properties": [10, "text/plain", "no-cache", { "owner": "me" }],
        "notAgain": "BlobAlreadyExists",
        "wrongTag": "ConditionNotMet",
        "rightTag": "done",
        "replaced": "new",
        "flat": [[["notes/two.txt", 0], [name, 3]], [["top.txt", 1]]],
        "folders": [["prefix", "notes/"], ["blob", "top.txt"]],
        "mayRead": "new",
        "mayNotWrite": "AuthorizationPermissionMismatch",
        "mayOnlyCreate": "AuthorizationPermissionMismatch",
        "expired": "AuthenticationFailed",
        "another": "AuthenticationFailed",
        "blocks": "NotImplemented",
        "deleted": "done",
        "deletedAgain": "BlobNotFound",
        "exists": false,
    });
    assert_eq!(saw, expected);
    // Blocks are not taken here; the others Azurite answers otherwise than Azure does.
    for different in ["another", "behind", "blocks", "expired"] {
        saw_there[different] = expected[different].clone();
    }
    assert_eq!(saw_there, expected);
}

/// Where Azurite answers a browser otherwise than Azure does, and what Azure answers.
const AZURITE_ERRS: [(&str, u16, &str); 12] = [
    ("brokenSignature", 403, "AuthenticationFailed"),
    ("early", 403, "AuthenticationFailed"),
    ("expired", 403, "AuthenticationFailed"),
    ("fromElsewhere", 403, "AuthorizationSourceIPMismatch"),
    ("listByBlob", 403, "AuthenticationFailed"),
    ("morePermissions", 403, "AuthenticationFailed"),
    ("otherBlob", 403, "AuthenticationFailed"),
    ("overriddenByAnother", 403, "AuthenticationFailed"),
    ("range bytes=10-", 416, "InvalidRange"),
    ("refusedToPage", 403, "AuthenticationFailed"),
    ("unsigned", 401, "NoAuthenticationInformation"),
    ("x-ms-range bytes=10-", 416, "InvalidRange"),
];

#[tokio::test]
async fn a_browser_is_answered_as_azurite_answers_it() {
    let azurite = Azurite::blobs().await;
    let account = Account::open_with(Settings {
        cors: Some(CorsSettings {
            origins: vec!["http://page.test".to_owned()],
            credentials: false,
        }),
        ..Settings::in_folder(folder("storage_uploads"))
    })
    .await;

    let theirs = [("STORAGE", azurite.connection.as_str()), ("CONFIGURE", "1")];
    let theirs = script("uploads.mjs", &theirs).await;
    let ours = account.script("uploads.mjs").await;

    for (name, saw) in ours.as_object().unwrap() {
        if let Some((_, status, code)) = AZURITE_ERRS.iter().find(|(other, ..)| other == name) {
            assert_eq!(
                (&saw["status"], &saw["error"]),
                (&json!(status), &json!(code)),
                "{name}"
            );
        } else if name.ends_with("bytes=-3") {
            // Not even HTTP at Azurite; Azure knows no such range and sends the whole blob.
            assert_eq!(saw["text"], "0123456789", "{name}");
        } else {
            assert_eq!(*saw, theirs[name], "{name}");
        }
    }
}

#[tokio::test]
async fn a_signature_cannot_split_an_answer_in_two() {
    let account = Account::open(&folder("storage_splitting")).await;
    let request = "GET /devhost/files/a?sv=2021-12-02&sr=b&sp=r&se=2999-01-01&sig=AAAA\
        &rscd=a%0D%0AX-Own:%20b HTTP/1.1\r\nHost: localhost\r\n";

    let answer = ask(account.blobs, request).await;

    assert_refused(&answer, 400, "OutOfRangeQueryParameterValue");
}

#[tokio::test]
async fn what_was_stored_is_there_again_and_the_key_is_not() {
    let folder = folder("storage_again");
    let first = Account::open(&folder).await;
    first.script("queues.mjs").await;
    let old_connection = first.connection.clone();
    first.close().await;

    let again = Account::open(&folder).await;

    assert_ne!(again.connection, old_connection);
    let journal = std::fs::read_to_string(folder.join("queues.journal")).unwrap();
    assert_eq!(journal, "{\"Queue\":[\"other\",{}]}\n");
}

#[tokio::test]
async fn a_folder_has_one_process_at_a_time() {
    let folder = folder("storage_locked");
    let _first = Account::open(&folder).await;

    let second = Storage::open(listen().await, listen().await, Settings::in_folder(&folder));

    assert!(matches!(second.unwrap_err(), StorageError::InUse { .. }));
}

#[tokio::test]
async fn a_damaged_journal_is_told_of() {
    let folder = folder("storage_damaged");
    std::fs::write(folder.join("queues.journal"), "nonsense\n").unwrap();

    let opened = Storage::open(listen().await, listen().await, Settings::in_folder(&folder));

    assert!(matches!(
        opened.unwrap_err(),
        StorageError::Damaged { line: 1, .. }
    ));
}

#[tokio::test]
async fn foreign_names_and_pages_are_kept_out() {
    let account = Account::open(&folder("storage_foreign")).await;

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
async fn nobody_is_let_in_without_a_good_signature() {
    let account = Account::open(&folder("storage_unsigned")).await;
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

/// A request signed with the account's key, by hand: clients do not let one write such paths.
async fn ask_signed(account: &Account, method: &str, path: &str, body: &str) -> String {
    ask_signed_at(account, &date(0), method, path, body).await
}

/// So many minutes from now.
fn date(minutes: i64) -> String {
    let then = jiff::Zoned::now() + jiff::SignedDuration::from_mins(minutes);
    jiff::fmt::rfc2822::to_string(&then).unwrap()
}

async fn ask_signed_at(
    account: &Account,
    date: &str,
    method: &str,
    path: &str,
    body: &str,
) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let (_, key) = account.connection.split_once("AccountKey=").unwrap();
    let key = STANDARD.decode(key.split(';').next().unwrap()).unwrap();
    let length = match body.len() {
        0 => String::new(),
        length => length.to_string(),
    };
    let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.replace('=', ":");
    let query = query.split('&').filter(|pair| !pair.is_empty());
    let resource: String = query.map(|pair| format!("\n{pair}")).collect();
    let to_sign = format!(
        "{method}\n\n\n{length}\n\n\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:{date}\n\
         /devhost{raw_path}{resource}"
    );
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(to_sign.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nx-ms-blob-type: BlockBlob\r\nx-ms-date: {date}\r\n\
         Authorization: SharedKey devhost:{signature}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(account.blobs).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_signature_is_good_for_a_quarter_of_an_hour() {
    let account = Account::open(&folder("storage_stale")).await;
    let list = "/devhost?comp=list";

    for (minutes, good) in [(-14, true), (14, true), (-16, false), (16, false)] {
        let answer = ask_signed_at(&account, &date(minutes), "GET", list, "").await;
        assert_eq!(answer.starts_with("HTTP/1.1 200 "), good, "{answer}");
    }
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let folder = folder("storage_traversal");
    let account = Account::open(&folder.join("account")).await;
    let created = ask_signed(&account, "PUT", "/devhost/files?restype=container", "").await;
    assert!(created.starts_with("HTTP/1.1 201 "), "{created}");

    for name in [
        "..%2F..%2Fout",
        "../../out",
        "%2Fout",
        "..",
        "%2e%2e/%2e%2e/out",
    ] {
        let path = format!("/devhost/files/{name}");
        let stored = ask_signed(&account, "PUT", &path, "content").await;
        let read = ask_signed(&account, "GET", &path, "").await;
        assert!(stored.starts_with("HTTP/1.1 201 "), "{name}: {stored}");
        assert!(read.ends_with("\r\n\r\ncontent"), "{name}: {read}");
    }
    for parent in ["..%2Fout", "..", "%2e%2e", "UPPER", "a%00b"] {
        let path = format!("/devhost/{parent}?restype=container");
        let answer = ask_signed(&account, "PUT", &path, "").await;
        assert_refused(&answer, 400, "InvalidResourceName");
    }

    let beside: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(beside.len(), 1);
}

#[tokio::test]
async fn a_blob_above_the_limit_is_refused() {
    let account = Account::open_with(Settings {
        largest_blob: 4,
        ..Settings::in_folder(folder("storage_limit"))
    })
    .await;
    ask_signed(&account, "PUT", "/devhost/files?restype=container", "").await;

    let fits = ask_signed(&account, "PUT", "/devhost/files/a", "1234").await;
    let too_large = ask_signed(&account, "PUT", "/devhost/files/a", "12345").await;

    assert!(fits.starts_with("HTTP/1.1 201 "), "{fits}");
    assert_refused(&too_large, 413, "RequestBodyTooLarge");
}

#[tokio::test]
async fn a_body_is_not_waited_for_from_somebody_who_may_not_send_it() {
    let account = Account::open(&folder("storage_oversize")).await;
    let request =
        "PUT /devhost/files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n";

    let answer = ask(account.blobs, request).await;

    assert_refused(&answer, 401, "NoAuthenticationInformation");
}

#[tokio::test]
async fn listed_pages_reach_blobs_and_others_do_not() {
    let folder = folder("storage_cors");
    let account = Account::open_with(Settings {
        cors: Some(CorsSettings {
            origins: vec!["http://page.test".to_owned()],
            credentials: false,
        }),
        ..Settings::in_folder(&folder)
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
