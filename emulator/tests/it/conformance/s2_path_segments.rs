//! 2: escaped names in paths.

use serde_json::json;

use crate::support::{JSON, TestEmulator, facts};

/// Checks that a path segment names this user, and this group.
async fn names(segment: &str, name: &str) {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "sub": name, "webpubsub.group": name });
    let mut client = emulator.connect(Some(JSON), claims).await;
    client.connected().await;

    let user = emulator.status("HEAD", &format!("users/{segment}")).await;
    let group = emulator.status("HEAD", &format!("groups/{segment}")).await;

    assert_eq!((user, group), (200, 200), "{segment} for {name}");
}

facts! { names;
    plain_characters_are_unchanged: "a-b_c.d~e", "a-b_c.d~e";
    a_space_is_escaped: "g%201", "g 1";
    other_alphabets_are_utf_8: "%C3%A9", "é";
    a_plus_is_unchanged: "a+b", "a+b";
    an_escaped_plus_is_a_plus_too: "a%2Bb", "a+b";
    a_percent_sign_is_escaped: "100%25", "100%";
    an_escaped_slash_stays_escaped: "tenant%2Falice", "tenant%2Falice";
    an_escaped_slash_stays_escaped_in_lower_case: "tenant%2falice", "tenant%2falice";
    a_doubly_escaped_slash_is_decoded_once: "%252F", "%2F";
    reserved_characters_are_escaped: "a%3Fb%23c%26d%3De", "a?b#c&d=e";
    a_colon_needs_no_escape: "room:1", "room:1";
    dots_do_not_leave_the_path: "..%5Cx", r"..\x";
}
