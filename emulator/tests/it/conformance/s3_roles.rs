//! 3: permissions by roles.

use serde_json::{Value, json};

use crate::support::{Answer, Handler, JSON, TestEmulator, facts};

const JOIN: &str = "joinGroup";
const LEAVE: &str = "leaveGroup";
const SEND: &str = "sendToGroup";
const MAY: Result<(), &str> = Ok(());
const MAY_NOT: Result<(), &str> = Err("Forbidden");

/// Checks whether a client with this role may do this in this group.
async fn allows(role: impl Into<Value>, what: &str, group: &str, expected: Result<(), &str>) {
    let role: Value = role.into();
    let emulator = TestEmulator::start().await;
    let mut client = emulator.connect(Some(JSON), json!({ "role": role })).await;
    client.connected().await;

    let frame = json!({ "type": what, "group": group, "ackId": 1, "data": 1 });
    let answer = client.ask(frame).await;

    assert_eq!(
        answer.as_ref().copied().map_err(String::as_str),
        expected,
        "{role}"
    );
}

facts! { allows;
    joining_needs_a_role: json!([]), JOIN, "g", MAY_NOT;
    leaving_needs_a_role: json!([]), LEAVE, "g", MAY_NOT;
    sending_needs_a_role: json!([]), SEND, "g", MAY_NOT;
    a_bare_role_to_join_is_for_every_group: "webpubsub.joinLeaveGroup", JOIN, "any.thing", MAY;
    a_bare_role_to_join_includes_leaving: "webpubsub.joinLeaveGroup", LEAVE, "any.thing", MAY;
    a_bare_role_to_send_is_for_every_group: "webpubsub.sendToGroup", SEND, "any.thing", MAY;
    joining_is_not_needed_to_send: "webpubsub.sendToGroup", JOIN, "g", MAY_NOT;
    sending_is_not_needed_to_join: "webpubsub.joinLeaveGroup", SEND, "g", MAY_NOT;
    a_role_may_name_its_group: "webpubsub.sendToGroup.g", SEND, "g", MAY;
    a_role_for_one_group_excludes_others: "webpubsub.sendToGroup.g", SEND, "h", MAY_NOT;
    the_group_of_a_role_is_case_sensitive: "webpubsub.sendToGroup.g", SEND, "G", MAY_NOT;
    the_group_is_everything_after_the_prefix: "webpubsub.joinLeaveGroup.a.b c", JOIN, "a.b c", MAY;
    a_part_of_the_name_is_not_enough: "webpubsub.joinLeaveGroup.a.b", JOIN, "a", MAY_NOT;
    each_of_several_roles_counts: json!(["x", "webpubsub.sendToGroup.g"]), SEND, "g", MAY;
    roles_are_case_sensitive: "webpubsub.sendtogroup", SEND, "g", MAY_NOT;
    unknown_roles_are_ignored: json!(["webpubsub.sendToGroupie", "webpubsub.", "", "."]), SEND, "ie", MAY_NOT;

    a_pattern_needs_the_plural: "webpubsub.sendToGroups.x*", SEND, "xyz", MAY;
    a_role_for_one_group_has_no_wildcards: "webpubsub.sendToGroup.x*", SEND, "xyz", MAY_NOT;
    a_role_for_one_group_may_contain_a_star: "webpubsub.sendToGroup.x*", SEND, "x*", MAY;
    a_question_mark_is_one_character: "webpubsub.joinLeaveGroups.a?c", JOIN, "aéc", MAY;
    a_question_mark_is_not_a_dot: "webpubsub.joinLeaveGroups.a?c", JOIN, "a.c", MAY_NOT;
    a_question_mark_is_not_empty: "webpubsub.joinLeaveGroups.a?c", JOIN, "ac", MAY_NOT;
    a_star_matches_any_characters: "webpubsub.sendToGroups.a*c", SEND, "abbc", MAY;
    a_star_may_match_nothing: "webpubsub.sendToGroups.a*", SEND, "a", MAY;
    a_star_stops_at_a_dot: "webpubsub.sendToGroups.a*", SEND, "a.b", MAY_NOT;
    two_stars_cross_dots: "webpubsub.sendToGroups.a.**", SEND, "a.b.c", MAY;
    two_stars_may_match_nothing: "webpubsub.sendToGroups.a.**", SEND, "a.", MAY;
    patterns_are_case_sensitive: "webpubsub.sendToGroups.a*", SEND, "Ab", MAY_NOT;
    a_pattern_matches_the_whole_name: "webpubsub.sendToGroups.a?", SEND, "xab", MAY_NOT;
    a_backslash_escapes_a_star: r"webpubsub.sendToGroups.a\*", SEND, "a*", MAY;
    an_escaped_star_matches_only_a_star: r"webpubsub.sendToGroups.a\*", SEND, "ab", MAY_NOT;
    a_backslash_escapes_a_question_mark: r"webpubsub.sendToGroups.a\?", SEND, "a?", MAY;
    a_backslash_escapes_a_backslash: r"webpubsub.sendToGroups.a\\b", SEND, r"a\b", MAY;
    a_trailing_backslash_is_invalid: r"webpubsub.sendToGroups.*\", SEND, "ab", MAY_NOT;
    a_backslash_before_another_character_is_invalid: r"webpubsub.sendToGroups.*\b", SEND, "ab", MAY_NOT;
    five_stars_are_allowed: "webpubsub.sendToGroups.*a**b**", SEND, "xayzb", MAY;
    six_stars_are_invalid: "webpubsub.sendToGroups.**a**b**", SEND, "xayzb", MAY_NOT;
    a_pattern_has_up_to_1024_characters: format!("webpubsub.sendToGroups.*{}", "a".repeat(1023)), SEND, &"a".repeat(1023), MAY;
    a_pattern_of_1025_characters_is_invalid: format!("webpubsub.sendToGroups.*{}", "a".repeat(1024)), SEND, &"a".repeat(1024), MAY_NOT;
    the_tenth_pattern_counts: patterns(10), SEND, "9x", MAY;
    the_eleventh_pattern_is_ignored: patterns(11), SEND, "10x", MAY_NOT;
    at_most_a_thousand_groups_can_be_named: groups(1000), SEND, "999", MAY;
    group_1001_is_ignored: groups(1001), SEND, "1000", MAY_NOT;
    a_pattern_matches_quickly: "webpubsub.sendToGroups.**a**a*", SEND, &"a".repeat(1024), MAY;
}

fn patterns(count: usize) -> Value {
    (0..count)
        .map(|n| format!("webpubsub.sendToGroups.{n}?"))
        .collect()
}

fn groups(count: usize) -> Value {
    (0..count)
        .map(|n| format!("webpubsub.sendToGroup.{n}"))
        .collect()
}

#[tokio::test]
async fn a_forbidden_error_names_the_action_and_the_group() {
    let emulator = TestEmulator::start().await;
    let mut eve = emulator.connect(Some(JSON), json!({})).await;
    eve.connected().await;

    for (what, verb) in [(JOIN, "join"), (LEAVE, "leave"), (SEND, "send to")] {
        eve.send(json!({ "type": what, "group": "g", "ackId": 1, "data": 1 }))
            .await;
        let message = format!("The client does not have permission to {verb} group 'g'.");
        let error = json!({ "name": "Forbidden", "message": message });
        let expected = json!({ "type": "ack", "ackId": 1, "success": false, "error": error });
        assert_eq!(eve.next().await, expected);
    }
}

#[tokio::test]
async fn without_an_ack_id_there_is_no_error() {
    let emulator = TestEmulator::start().await;
    let mut eve = emulator.connect(Some(JSON), json!({})).await;
    eve.connected().await;

    eve.send(json!({ "type": JOIN, "group": "g" })).await;

    assert!(eve.until_pong().await.is_empty());
}

#[tokio::test]
async fn a_connect_handler_replaces_the_roles_of_the_token() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" => Handler::json(r#"{"roles":["webpubsub.sendToGroup"]}"#),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut client = emulator.member("ann", &[]).await;

    let joined = client
        .ask(json!({ "type": JOIN, "group": "g", "ackId": 1 }))
        .await;
    let sent = client
        .ask(json!({ "type": SEND, "group": "g", "ackId": 2, "data": 1 }))
        .await;

    assert_eq!((joined, sent), (Err("Forbidden".to_owned()), Ok(())));
}

/// From a token, from the response to `connect`, and over REST.
#[tokio::test]
async fn groups_from_elsewhere_need_no_role() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" if seen.header("ce-userid") == Some("bob") => {
            Handler::json(r#"{"groups":["given"]}"#)
        }
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut connected = Vec::new();
    for claims in [
        json!({ "sub": "ann", "webpubsub.group": "given" }),
        json!({ "sub": "bob" }),
        json!({ "sub": "eve" }),
    ] {
        let mut client = emulator.connect(Some(JSON), claims).await;
        client.connected().await;
        connected.push(client);
    }

    emulator.status("PUT", "users/eve/groups/given").await;
    emulator.send_text("groups/given/:send", "hi").await;

    for client in &mut connected {
        assert_eq!(client.next().await["data"], "hi");
    }
}

#[tokio::test]
async fn events_need_no_role() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut eve = emulator.connect(Some(JSON), json!({})).await;
    eve.connected().await;

    let sent = eve
        .ask(json!({ "type": "event", "event": "e", "ackId": 1, "data": 1 }))
        .await;

    assert_eq!(sent, Ok(()));
}

#[tokio::test]
async fn a_sender_outside_the_group_gets_no_echo() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &["g"]).await;

    ann.send(json!({ "type": SEND, "group": "g", "data": 1 }))
        .await;

    assert_eq!(bob.next().await["data"], 1);
    assert!(ann.until_pong().await.is_empty());
}
