//! The npm package of `web/client`: its types, its samples, and what it does against `dev`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::dev::FREE_PORTS;
use crate::support::{ClientPackage, Dev, Script, TestApp};

/// Runs a scenario of `tests/it/clients/client-layer` against `dev`, and returns what it found.
pub(crate) async fn run(scenario: &str) -> Value {
    run_with(scenario, &json!({})).await
}

async fn run_with(scenario: &str, details: &Value) -> Value {
    run_with_arguments(scenario, &[], details).await
}

/// With these arguments for `dev`.
pub(crate) async fn run_with_arguments(
    scenario: &str,
    arguments: &[&str],
    details: &Value,
) -> Value {
    ClientPackage::get().await;
    let arguments = [&FREE_PORTS, arguments].concat();
    let dev = Dev::start(&format!("client-{scenario}"), &arguments).await;
    let world = world(&dev, details).to_string();
    Script::start_with("client-layer/run.mjs", &[scenario, &world])
        .await
        .read()
        .await
}

/// Runs a scenario that needs no server.
async fn run_alone(scenario: &str) -> Value {
    ClientPackage::get().await;
    let world = json!({ "connectionString": "Endpoint=http://localhost;" }).to_string();
    Script::start_with("client-layer/run.mjs", &[scenario, &world])
        .await
        .read()
        .await
}

/// Describes the server to a scenario.
fn world(dev: &Dev, details: &Value) -> Value {
    let secrets = fs::read(dev.folder.join("data/dev-secrets.json")).unwrap();
    json!({
        "api": format!("{}/api", dev.base),
        "connectionString": dev.emulator,
        "apiToken": dev.api_token,
        "secrets": serde_json::from_slice::<Value>(&secrets).unwrap(),
        "details": details,
    })
}

#[tokio::test]
async fn the_types_are_those_of_the_servers_description() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/openapi.json").await.ok();
    let package = ClientPackage::get().await;

    let generated = package.generate_types(&document.to_string());

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = root.join("web/client/src/generated.ts");
    if fs::read_to_string(&committed).unwrap() != generated {
        let made = package.write("generated.ts.new", &generated);
        panic!(
            "web/client/src/generated.ts is out of date:\ncp {} {}",
            made.display(),
            committed.display()
        );
    }
}

/// The code blocks of a document that are named by a comment in their first line.
fn code_blocks(document: &str) -> Vec<(String, String)> {
    let blocks = document.split("```ts").skip(1);
    let named = blocks.filter_map(|block| {
        let block = block.trim_start_matches('x').strip_prefix("\n// ")?;
        let (name, code) = block.split_once('\n').unwrap();
        let (code, _) = code.split_once("\n```").unwrap();
        Some((name.to_owned(), format!("{code}\n")))
    });
    named.collect()
}

/// Writes the samples of the package's documents beside the package.
async fn samples() -> (&'static ClientPackage, String) {
    let package = ClientPackage::get().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (document, count) in [("docs/clients/react.md", 4), ("web/client/README.md", 2)] {
        let blocks = code_blocks(&fs::read_to_string(root.join(document)).unwrap());
        assert_eq!(blocks.len(), count, "{document}");
        for (name, code) in blocks {
            package.write(&format!("samples/{name}"), &code);
        }
    }
    let folder = package.home().join("samples");
    (package, folder.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_samples_have_no_type_errors() {
    let (package, _) = samples().await;

    package.compile("tsconfig.check.json");
}

#[tokio::test]
async fn the_session_sample_works_with_react() {
    let (_, samples) = samples().await;
    let dev = Dev::start("client-samples", &FREE_PORTS).await;
    let session = "550e8400-e29b-41d4-a716-446655440000";
    let participants = json!([
        { "userId": "john", "name": "John Doe" },
        { "userId": "jane", "name": "Jane Smith" },
    ]);
    let details = json!({ "session": session, "participants": participants, "samples": samples });
    let world = world(&dev, &details);

    let seen = Script::start_with("client-layer/samples.mjs", &[&world.to_string()])
        .await
        .read()
        .await;

    let own = json!([{ "name": "John Doe:", "text": "Hello, climbing partner! ✓" }]);
    assert_eq!(seen["own"], own);
    assert_eq!(seen["other"].as_array().unwrap().len(), 1);
    assert_eq!(seen["typing"], "John Doe is typing...");
    assert_eq!(seen["ownTyping"], false);
    assert_eq!(seen["negotiations"], json!([1, 1]));
}

#[tokio::test]
async fn a_broken_socket_is_recovered() {
    let found = run("recovers_a_broken_socket").await;

    assert_eq!(found["dropped"], 1);
    assert_eq!(found["contents"], json!(["before", "meanwhile"]));
    let statuses = json!(["connecting", "connected", "recovering", "connected"]);
    assert_eq!(found["statuses"], statuses);
    assert_eq!(
        (&found["negotiations"], &found["recoveries"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_reconnect_negotiates_another_address() {
    let found = run("renews_its_address").await;

    assert_eq!(found["contents"], json!(["before", "meanwhile"]));
    assert_eq!(found["negotiations"], 2);
    assert_eq!(found["reconnects"], 1);
}

#[tokio::test]
async fn messages_that_were_written_offline_are_sent_in_their_order() {
    let found = run("queues_while_offline").await;

    let ids = ["id-one", "id-two", "id-three"];
    let states = ["sending", "waiting", "waiting"];
    let pending: Vec<_> = ids
        .iter()
        .zip(states)
        .map(|(id, state)| json!({ "id": id, "state": state }))
        .collect();
    assert_eq!(found["pending"], json!(pending));
    let contents = ["one", "two", "three"];
    let seen: Vec<_> = ids
        .iter()
        .zip(contents)
        .map(|(id, content)| json!({ "id": id, "content": content }))
        .collect();
    assert_eq!(found["seen"], json!(seen));
    assert_eq!(found["seqs"], json!([1, 2, 3]));
    assert_eq!(found["left"], 0);
}

#[tokio::test]
async fn another_target_is_added_without_a_gap() {
    let found = run("adds_a_target_without_a_gap").await;

    assert_eq!(found["isComplete"], true);
    assert_eq!(found["states"], json!(["ready"]));
    assert_eq!(
        (&found["negotiations"], &found["reconnects"]),
        (&json!(2), &json!(0))
    );
}

#[tokio::test]
async fn a_refused_target_does_not_cost_the_others_their_connection() {
    let found = run("isolates_a_refused_target").await;

    let expected = json!({
        "code": "not_a_participant", "closeCode": 4004, "status": 403, "chats": "ready",
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_sign_in_is_renewed_before_it_ends() {
    let found = run("authenticates_before_the_sign_in_ends").await;

    let expected = json!({
        "renewedInTime": true, "negotiations": 1, "errors": [], "lasts": true, "leaks": false,
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_frame_that_came_after_the_sign_in_is_sent_again_with_a_fresh_one() {
    let found = run("renews_a_sign_in_that_has_ended").await;

    let expected = json!({ "name": "after the end", "negotiations": 1, "renewals": 1 });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn refusals_have_the_servers_codes() {
    let found = run("refuses_wrong_credentials").await;

    let expected = json!({
        "wrongPassword": "wrong_password",
        "noPassword": "password_required",
        "rightPassword": "ready",
        "invite": "ready",
        "spentInvite": "invite_spent",
        "ownInvite": "ready",
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn frames_beyond_the_limit_wait() {
    let found = run("waits_when_it_is_limited").await;

    let seqs: Vec<_> = (1..=130).collect();
    assert_eq!(found["seqs"], json!(seqs));
    let contents: Vec<_> = (0..130).map(|n| format!("number {n}")).collect();
    assert_eq!(found["contents"], json!(contents));
}

#[tokio::test]
async fn a_gap_is_filled_from_history() {
    let found = run("fills_a_gap").await;

    assert_eq!(found["contents"], json!(["one", "two", "three", "four"]));
    assert_eq!(found["events"], json!([1, 2, 3, 4]));
    // The last message came by its broadcast, and waited for the other two.
    assert_eq!(found["recovered"][0]["group"], "gap");
}

#[tokio::test]
async fn repeats_are_dropped() {
    let found = run("drops_repeats").await;

    assert_eq!(found["events"], json!([1, 2, 3]));
    assert_eq!(found["again"], true);
    assert_eq!(found["dropped"], 2);
    assert_eq!(found["contents"], json!(["one", "two", "three"]));
}

#[tokio::test]
async fn a_message_that_is_overtaken_keeps_its_place() {
    let found = run("keeps_the_order_of_delayed_messages").await;

    assert_eq!(found["events"], json!(["one", "two", "three"]));
}

#[tokio::test]
async fn older_messages_are_loaded_page_by_page() {
    let found = run("pages_through_history").await;

    assert_eq!(found["pages"], json!([50, 100, 120]));
    assert_eq!(found["isComplete"], true);
}

#[tokio::test]
async fn a_room_that_was_made_anew_begins_anew() {
    let found = run("notices_that_a_room_was_made_anew").await;

    assert_eq!(found, json!({ "contents": ["new"], "seqs": [1] }));
}

#[tokio::test]
async fn typing_and_reading_are_shown_to_the_other() {
    let found = run("shows_typing_and_reading").await;

    let john = json!({ "userId": "john", "name": "JOHN" });
    assert_eq!(
        found,
        json!({ "typing": john, "ownTyping": [], "read": true })
    );
}

#[tokio::test]
async fn a_file_is_sent() {
    let found = run("sends_a_file").await;

    let note = json!({ "name": "note.txt", "contentType": "text/plain", "size": 11 });
    assert_eq!(found["note"], note);
    assert_eq!(found["text"], "a few bytes");
    let users = json!([
        { "userId": "alice", "connections": 1 }, { "userId": "bob", "connections": 1 },
    ]);
    assert_eq!(found["presence"], users);
}

#[tokio::test]
async fn a_refused_message_does_not_stop_those_behind_it() {
    let found = run("keeps_a_refused_message").await;

    let expected = json!({
        "code": "message_too_long",
        "pending": [["long", "failed", "message_too_long"]],
        "left": 0,
        "contents": ["short"],
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_list_of_chats_follows_what_others_do() {
    let found = run("lists_chats").await;

    assert_eq!(
        found,
        json!({ "contents": ["Noon?"], "code": "not_found", "negotiations": 1 })
    );
}

#[tokio::test]
async fn a_writer_of_a_room_cannot_forge_frames() {
    let found = run("ignores_forged_frames").await;

    let expected = json!({
        "contents": ["true"],
        "chat": [],
        "names": ["Plans"],
        "answers": [],
        "typing": [],
        "readBy": {},
        "notifications": [],
        "senders": ["mallory"],
        "broadcasts": 12,
        "untrusted": 12,
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn audio_is_streamed() {
    let found = run("streams_audio").await;

    assert_eq!(
        found,
        json!({ "chunks": 5, "bytes": 400_100, "missing": [], "sent": 400_100 })
    );
}

#[tokio::test]
async fn http_calls_have_the_sign_in_and_the_servers_codes() {
    let found = run("calls_the_api").await;

    let refused = json!({ "code": "forbidden", "status": 403 });
    assert_eq!(found, json!({ "refused": refused, "name": "Made" }));
}

/// The script prints its seed; with that seed in `STORM_SEED` its decisions are the same.
#[tokio::test]
async fn every_message_arrives_once_and_in_order_through_random_faults() {
    let details = json!({ "messages": 2000, "senders": 4 });

    let found = run_with("every_message_arrives_once_and_in_order", &details).await;

    let everyone = json!([true, true, true, true, true]);
    assert_eq!(found["isEachOnceInOrder"], everyone, "{found}");
    assert_eq!(found["isWhatIsShown"], everyone, "{found}");
    assert_eq!(found["isInOrder"], everyone, "{found}");
    assert_eq!(found["isSame"], true, "{found}");
    assert_eq!(found["pending"], json!([0, 0, 0, 0, 0]), "{found}");
    for (fault, count) in found["faults"].as_object().unwrap() {
        assert!(count.as_u64().unwrap() > 0, "no {fault}: {found}");
    }
}

#[tokio::test]
async fn answers_are_shown_by_the_rules() {
    let found = run_alone("shows_answers_by_the_rules").await;

    let expected = json!({
        "inOrder": [["ab", 1, "streaming"]],
        "repeated": [["ab", 1, "streaming"]],
        "anotherRun": [["c", 2, "streaming"]],
        "lateJoiner": [["abc", 1, "streaming"]],
        "lateJoinerOfAnOlderRun": [["x", 2, "streaming"]],
        "pageFromBefore": ["ab"],
        "failed": [["a", 1, "failed"]],
        "over": [],
        "stored": [],
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn messages_in_any_order_are_kept_once_and_in_theirs() {
    assert_eq!(
        run_alone("keeps_every_message_once").await,
        json!({ "broken": 0 })
    );
}

#[tokio::test]
async fn writers_broadcast_to_a_room_without_storing() {
    let found = run("broadcasts_in_a_room").await;

    let heard = json!([{ "data": { "x": 1, "y": 2 }, "fromUserId": "anon:alice" }]);
    let expected = json!({ "heard": heard, "refused": "forbidden", "messages": [] });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_closed_view_still_sends_what_waits() {
    let found = run("sends_what_waits_before_it_closes").await;

    let contents = json!(["the last word"]);
    let expected = json!({ "seq": 1, "contents": contents, "isAnother": true, "again": contents });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_closed_switchboard_rejects_what_waits() {
    let found = run("rejects_what_waits_when_all_is_closed").await;

    let expected = json!({
        "error": "network", "sent": "closed", "later": "closed", "status": "closed", "room": "closed",
    });
    assert_eq!(found, expected);
}
