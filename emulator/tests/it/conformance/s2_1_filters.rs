//! 2.1: the filter language.

use serde_json::json;

use crate::support::{JSON, TestEmulator, facts};

#[derive(Clone, Copy)]
enum Says {
    Yes,
    No,
    Nonsense,
}
use Says::{No, Nonsense, Yes};

/// Checks whether a filter selects the only client.
async fn select(user: Option<&str>, filter: &str, expected: Says) {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "sub": user, "webpubsub.group": ["g", "room:1"] });
    let mut client = emulator.connect(Some(JSON), claims).await;
    client.connected().await;
    let body = json!({ "groups": ["selected"], "filter": filter }).to_string();

    let answered = emulator.rest("POST", ":addToGroups", "application/json", body);

    let status = answered.await.status.as_u16();
    let selected = emulator.status("HEAD", "groups/selected").await == 200;
    let expected = match expected {
        Yes => (200, true),
        No => (200, false),
        Nonsense => (400, false),
    };
    assert_eq!((status, selected), expected, "{filter}");
}

/// For the user `O'Neil` in the groups `g` and `room:1`.
async fn says(filter: &str, expected: Says) {
    select(Some("O'Neil"), filter, expected).await;
}

facts! { says;
    a_user_is_known_by_its_id: "userId eq 'O''Neil'", Yes;
    names_are_case_insensitive: "USERID eq 'O''Neil'", Yes;
    a_connection_has_an_id: "length(connectionId) gt 0", Yes;
    a_connection_has_a_protocol: "protocol eq 'json.webpubsub.azure.v1'", Yes;
    a_group_can_be_searched_in_the_groups: "'room:1' in groups", Yes;
    groups_are_case_sensitive: "'G' in groups", No;
    groups_can_be_counted: "length(groups) eq 2", Yes;
    there_are_no_other_fields: "roles eq 'x'", Nonsense;

    equality_is_case_sensitive: "userId eq 'o''neil'", No;
    equality_takes_any_types: "userId eq 5", No;
    inequality_takes_any_types: "userId ne 5", Yes;
    ordering_takes_only_integers: "length(userId) ge 6 and length(userId) le 6", Yes;
    strict_ordering_is_strict: "length(userId) gt 6 or length(userId) lt 6", No;
    ordering_does_not_take_text: "userId gt 'A'", Nonsense;
    numbers_have_signs: "-1 lt +1", Yes;
    an_integer_has_64_bits: "1 eq 99999999999999999999", Nonsense;
    numbers_have_no_fractions: "1.5 gt 1", Nonsense;
    a_value_may_be_one_of_a_list: "userId in ('x','O''Neil')", Yes;
    a_value_may_be_none_of_a_list: "userId in ('x')", No;
    a_list_is_not_empty: "userId in ()", Nonsense;
    only_groups_can_be_searched: "'x' in userId", Nonsense;

    a_quote_is_doubled: "contains(userId, '''')", Yes;
    text_must_be_terminated: "userId eq 'O", Nonsense;
    true_is_a_filter: "true", Yes;
    false_is_a_filter: "false", No;
    null_is_not_a_filter: "null", Nonsense;
    text_is_not_a_filter: "userId", Nonsense;
    a_number_is_not_a_filter: "1", Nonsense;

    not_binds_tightest: "not false and false", No;
    not_binds_tighter_than_comparisons: "not true eq false", Yes;
    not_needs_a_condition: "not length(userId) gt 5", Nonsense;
    not_may_be_repeated: "not not true", Yes;
    comparisons_bind_tighter_than_and: "1 eq 1 and 2 eq 2", Yes;
    and_binds_tighter_than_or: "true or true and false", Yes;
    parentheses_bind_first: "(true or true) and false", No;
    both_sides_of_and_are_conditions: "true and 5", Nonsense;
    both_sides_of_or_are_conditions: "true or 5", Nonsense;

    length: "length('abc') eq 3", Yes;
    length_counts_characters: "length('éé') eq 2", Yes;
    tolower: "tolower(userId) eq 'o''neil'", Yes;
    toupper: "toupper('é') eq 'É'", Yes;
    trim: "trim('  a ') eq 'a'", Yes;
    substring_to_the_end: "substring('abc', 1) eq 'bc'", Yes;
    substring_of_a_length: "substring('abc', 1, 1) eq 'b'", Yes;
    substring_beyond_the_end: "substring('abc', 9) eq ''", Yes;
    concat: "concat('a', 'b') eq 'ab'", Yes;
    indexof: "indexof('abc', 'c') eq 2", Yes;
    indexof_a_missing_part: "indexof('abc', 'x') eq -1", Yes;
    contains: "contains(userId, 'Nei')", Yes;
    startswith: "startswith(userId, 'O')", Yes;
    endswith: "endswith(userId, 'x')", No;
    functions_can_be_nested: "startswith(tolower(substring(userId, 2)), 'neil')", Yes;
    functions_are_in_lower_case: "Contains(userId, 'N')", Nonsense;
    functions_have_their_arguments: "contains(userId)", Nonsense;
    functions_have_their_types: "length(1) eq 1", Nonsense;
    there_are_no_other_functions: "matchesPattern(userId, '.*')", Nonsense;

    an_empty_filter_selects_everyone: "", Yes;
    a_blank_filter_selects_everyone: "  ", Yes;
    operators_are_words: "userId = 'O'", Nonsense;
    operators_are_in_lower_case: "true AND true", Nonsense;
    a_filter_has_nothing_after_it: "true true", Nonsense;
    parentheses_are_closed: "(true", Nonsense;
    a_hundred_levels_are_not_too_deep: &format!("{}true{}", "(".repeat(100), ")".repeat(100)), Yes;
    a_hundred_and_one_are: &format!("{}true{}", "(".repeat(101), ")".repeat(101)), Nonsense;
    no_depth_breaks_anything: &"not ".repeat(100_000), Nonsense;
    no_number_of_comparisons_breaks_anything: &["true"; 100_000].join(" eq "), Nonsense;
    a_comparison_may_be_compared: "1 eq 1 eq true", Yes;
    no_width_breaks_anything: &["true"; 100_000].join(" and "), Yes;
}

async fn of_nobody(filter: &str, expected: Says) {
    select(None, filter, expected).await;
}

facts! { of_nobody;
    the_user_of_an_anonymous_client_is_null: "userId eq null", Yes;
    null_differs_from_text: "userId ne 'x'", Yes;
    the_length_of_null_is_null: "length(userId) eq null", Yes;
    ordering_with_null_is_false: "length(userId) gt 0 or length(userId) le 0", No;
    null_in_lower_case_is_null: "tolower(userId) eq null", Yes;
    null_contains_nothing: "contains(userId, 'x')", No;
    null_starts_with_nothing: "startswith(userId, '')", No;
    indexof_in_null_is_minus_one: "indexof(userId, 'x') eq -1", Yes;
    null_may_be_one_of_a_list: "userId in ('x', null)", Yes;
    null_is_in_no_group: "userId in groups", No;
}

#[tokio::test]
async fn a_simple_client_has_no_protocol() {
    let emulator = TestEmulator::start().await;
    let mut simple = emulator.connect(None, json!({ "sub": "ann" })).await;

    emulator
        .send_text(":send?filter=protocol%20eq%20null", "hi")
        .await;

    assert_eq!(simple.next_text().await, "hi");
}
