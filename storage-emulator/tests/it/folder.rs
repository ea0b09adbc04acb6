//! What lies in an account's folder, and what stays out of it.

use storage_emulator::{OpenError, Settings, Storage};
use tempfile::TempDir;

use crate::support::{Account, ask_signed, assert_refused, listen};

#[tokio::test]
async fn queues_outlive_the_process_and_the_key_does_not() {
    let folder = TempDir::new().unwrap();
    let first = Account::open(folder.path()).await;
    first.run_script("queues.mjs").await;
    let old_connection = first.connection.clone();
    first.close().await;

    let again = Account::open(folder.path()).await;

    assert_ne!(again.connection, old_connection);
    let journal = std::fs::read_to_string(folder.path().join("queues.journal")).unwrap();
    assert_eq!(journal, "{\"Queue\":[\"other\",{}]}\n");
}

#[tokio::test]
async fn only_one_process_can_use_a_folder() {
    let folder = TempDir::new().unwrap();
    let _first = Account::open(folder.path()).await;

    let second = Storage::open(
        listen().await,
        listen().await,
        Settings::in_folder(folder.path()),
    );

    assert!(matches!(second.unwrap_err(), OpenError::InUse { .. }));
}

#[tokio::test]
async fn a_damaged_journal_is_an_error() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("queues.journal"), "nonsense\n").unwrap();

    let opened = Storage::open(
        listen().await,
        listen().await,
        Settings::in_folder(folder.path()),
    );

    assert!(matches!(
        opened.unwrap_err(),
        OpenError::Damaged { line: 1, .. }
    ));
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let folder = TempDir::new().unwrap();
    let account = Account::open(&folder.path().join("account")).await;
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

    let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 1);
}
