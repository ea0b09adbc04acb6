//! Runs Microsoft's client against our double: both must understand Cosmos DB in the same way.

use serde_json::{Value, json};
use tokio::process::Command;

use super::npm::scripts;
use super::{session, start};
use crate::store::cosmos_double::{KEY, Options};

async fn seen(options: Options) -> Vec<Value> {
    let (_, endpoint, _) = start(options).await;
    let script = tokio::task::spawn_blocking(|| scripts().command("client.mjs"));
    let mut command = Command::from(script.await.unwrap());
    command.args([&endpoint, KEY]).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[tokio::test]
async fn microsofts_client_accepts_the_double() {
    let seen = seen(Options::default()).await;

    assert_eq!(
        seen[0],
        json!({
            "create": 201, "createAgain": 409, "replace": 200, "replaceOld": 412,
            "deleteOld": 412, "read": 2, "readOtherCase": 404, "upsert": 201, "delete": 204,
            "readDeleted": 404, "wrongKey": 401,
        })
    );
    assert_eq!(
        seen[1],
        json!({
            "batch": [201, 201, 201],
            "batchOfConflict": [424, 409, 424],
            "batchOfOld": [424, 412],
            "batchOfNothing": [404, 424],
            "batchOfReads": 2,
            "nothingLeft": 404,
        })
    );
    assert_eq!(seen[2], json!({ "pages": [["c", "d"], ["e"]] }));
    assert_eq!(
        seen[3],
        json!({
            "own": 200, "ownQuery": true, "others": 200, "othersQuery": true,
            "othersBatch": [200], "othersAfterBatch": 200,
        })
    );
}

/// Another client does not see a write until it has a session token that includes it. A batch
/// returns one.
#[tokio::test]
async fn microsofts_client_accepts_the_doubles_sessions() {
    let seen = seen(session()).await;

    assert_eq!(
        seen[3],
        json!({
            "own": 200, "ownQuery": true, "others": 404, "othersQuery": false,
            "othersBatch": [200], "othersAfterBatch": 200,
        })
    );
}
