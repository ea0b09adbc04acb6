//! Microsoft's clients and a browser's requests, against the emulator and against Azurite.

use serde_json::json;
use storage_emulator::{CorsSettings, Settings};
use tempfile::TempDir;

use crate::azurite::Azurite;
use crate::support::{Account, run_script};

#[tokio::test]
async fn microsofts_queue_client_gets_the_expected_answers() {
    let folder = TempDir::new().unwrap();
    let azurite = Azurite::queues().await;
    let account = Account::open(folder.path()).await;

    let ours = account.run_script("queues.mjs").await;
    let theirs = run_script("queues.mjs", &[("STORAGE", &azurite.connection)]).await;

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
    assert_eq!(ours, expected);
    assert_eq!(theirs, expected);
}

#[tokio::test]
async fn microsofts_blob_client_gets_the_expected_answers() {
    let folder = TempDir::new().unwrap();
    let azurite = Azurite::blobs().await;
    let account = Account::open(folder.path()).await;

    let ours = account.run_script("blobs.mjs").await;
    let mut theirs = run_script("blobs.mjs", &[("STORAGE", &azurite.connection)]).await;

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
        "appended": "0",
        "appendedAgain": "AppendPositionConditionNotMet",
        "appendedNext": "3",
        "appendedTooMuch": "MaxBlobSizeConditionNotMet",
        "appendedToAnother": "InvalidBlobType",
        "createdOnce": "BlobAlreadyExists",
        "log": "abcde",
        "logProperties": [5, "AppendBlob"],
        "appendedToNothing": "BlobNotFound",
        "blocks": "NotImplemented",
        "deleted": "done",
        "deletedAgain": "BlobNotFound",
        "exists": false,
    });
    assert_eq!(ours, expected);
    // The emulator does not support blocks; Azurite answers the others differently from Azure.
    for different in ["another", "behind", "blocks", "expired"] {
        theirs[different] = expected[different].clone();
    }
    assert_eq!(theirs, expected);
}

/// Requests that Azurite answers differently from Azure, with the answers of Azure.
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
async fn a_browser_gets_the_same_answers_as_from_azurite() {
    let folder = TempDir::new().unwrap();
    let azurite = Azurite::blobs().await;
    let account = Account::open_with(Settings {
        cors: Some(CorsSettings {
            origins: vec!["http://page.test".to_owned()],
            credentials: false,
        }),
        ..Settings::in_folder(folder.path())
    })
    .await;

    let environment = [("STORAGE", azurite.connection.as_str()), ("CONFIGURE", "1")];
    let theirs = run_script("uploads.mjs", &environment).await;
    let ours = account.run_script("uploads.mjs").await;

    for (name, saw) in ours.as_object().unwrap() {
        if let Some((_, status, code)) = AZURITE_ERRS.iter().find(|(other, ..)| other == name) {
            assert_eq!(
                (&saw["status"], &saw["error"]),
                (&json!(status), &json!(code)),
                "{name}"
            );
        } else if name.ends_with("bytes=-3") {
            // Azurite's answer is not valid HTTP. Azure ignores such a range and sends the whole blob.
            assert_eq!(saw["text"], "0123456789", "{name}");
        } else {
            assert_eq!(*saw, theirs[name], "{name}");
        }
    }
}
