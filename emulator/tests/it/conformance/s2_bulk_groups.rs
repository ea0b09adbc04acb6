//! 2: `:addToGroups` and `:removeFromGroups`.

use crate::support::{TestEmulator, facts};

/// Checks whether `ann` is in the group `new` after this body.
async fn adds(body: &'static str, status: u16, joined: bool) {
    let emulator = TestEmulator::start().await;
    let _ann = emulator.member("ann", &["g"]).await;

    let answered = emulator.rest("POST", ":addToGroups", "application/json", body);

    assert_eq!(answered.await.status, status, "{body}");
    assert_eq!(
        emulator.status("HEAD", "groups/new").await == 200,
        joined,
        "{body}"
    );
}

facts! { adds;
    a_filter_selects: r#"{"groups":["other","new"],"filter":"userId eq 'ann' and 'g' in groups"}"#, 200, true;
    a_filter_may_match_nothing: r#"{"groups":["new"],"filter":"userId eq 'bob'"}"#, 200, false;
    without_a_filter_everyone_matches: r#"{"groups":["new"]}"#, 200, true;
    a_filter_may_be_null: r#"{"groups":["new"],"filter":null}"#, 200, true;
    a_filter_may_be_empty: r#"{"groups":["new"],"filter":""}"#, 200, true;
    groups_are_needed: r#"{"filter":"true"}"#, 400, false;
    groups_are_not_empty: r#"{"groups":[]}"#, 400, false;
    groups_are_not_null: r#"{"groups":null}"#, 400, false;
    groups_are_a_list: r#"{"groups":"new"}"#, 400, false;
    an_invalid_group_is_refused: r#"{"groups":["new"," "]}"#, 400, false;
    an_invalid_filter_is_refused: r#"{"groups":["new"],"filter":"nosuch"}"#, 400, false;
    a_body_is_json: "{", 400, false;
    a_body_is_needed: "", 400, false;
}

#[tokio::test]
async fn added_groups_can_be_removed() {
    let emulator = TestEmulator::start().await;
    let _ann = emulator.member("ann", &["g", "h"]).await;

    let body = r#"{"groups":["g"],"filter":"startswith(userId, 'a')"}"#;
    emulator
        .rest("POST", ":removeFromGroups", "application/json", body)
        .await;

    assert_eq!(emulator.status("HEAD", "groups/g").await, 404);
    assert_eq!(emulator.status("HEAD", "groups/h").await, 200);
}
