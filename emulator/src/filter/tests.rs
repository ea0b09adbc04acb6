//! Tests of the filter language.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_text_breaks_the_parser(
        words in proptest::collection::vec(
            prop_oneof![
                Just("not"), Just("and"), Just("or"), Just("in"), Just("eq"), Just("gt"), Just("("), Just(")"),
                Just(","), Just("userId"), Just("groups"), Just("'a'"), Just("'"), Just("-1"), Just("length"), Just("é"),
            ],
            0..20,
        )
    ) {
        let text = words.join(" ");
        if let Ok(filter) = Filter::parse(&text) {
            filter.holds(&Subject { user: None, connection: "c", protocol: None, groups: &BTreeSet::new() });
        }
    }
}

fn holds_for(user: Option<&str>, filter: &str) -> bool {
    let groups = BTreeSet::from(["g".into(), "chat:1".into()]);
    let subject = Subject {
        user,
        connection: "c1",
        protocol: None,
        groups: &groups,
    };
    match Filter::parse(filter) {
        Ok(filter) => filter.holds(&subject),
        Err(error) => panic!("{filter}: {error}"),
    }
}

#[track_caller]
fn check(filter: &str, expected: bool) {
    assert_eq!(holds_for(Some("O'Neil"), filter), expected, "{filter}");
}

#[track_caller]
fn refused(filter: &str, why: FilterError) {
    assert_eq!(Filter::parse(filter).unwrap_err(), why, "{filter}");
}

#[test]
fn equality_is_case_sensitive_and_names_are_not() {
    check("userId eq 'O''Neil'", true);
    check("USERID eq 'O''Neil'", true);
    check("userId eq 'o''neil'", false);
    check("userId ne 'x'", true);
    check("userId eq 5", false);
    check("connectionId eq 'c1'", true);
    check("protocol eq null", true);
}

#[test]
fn not_binds_tighter_than_comparison_and_and_tighter_than_or() {
    check("true or true and false", true);
    check("(true or true) and false", false);
    check("not (userId eq 'x')", true);
    check("not true eq false", true);
    check("not not true", true);
    refused(
        "not length(userId) gt 5",
        FilterError::WrongType {
            found: "int",
            expected: "bool",
        },
    );
}

#[test]
fn groups_can_be_searched_and_counted() {
    check("'g' in groups", true);
    check("'G' in groups", false);
    check("userId eq 'O''Neil' and 'chat:1' in groups", true);
    check("length(groups) eq 2", true);
    check("null in groups", false);
}

#[test]
fn a_value_may_be_one_of_a_list() {
    check("connectionId in ('c0','c1')", true);
    check("connectionId in ('c0')", false);
    refused("connectionId in ()", FilterError::ExpressionExpected(18));
}

#[test]
fn ordering_takes_only_integers() {
    check("length(userId) ge +6", true);
    check("length(userId) lt 6", false);
    check("-1 lt 0", true);
    check("length(null) gt 0", false);
    check("null le null", false);
    refused(
        "userId gt 'a'",
        FilterError::WrongType {
            found: "string",
            expected: "int",
        },
    );
}

#[test]
fn functions_on_text() {
    check("tolower(userId) eq 'o''neil'", true);
    check("toupper('é') eq 'É'", true);
    check("trim('  a ') eq 'a'", true);
    check("substring('abc', 1) eq 'bc'", true);
    check("substring('abc', 1, 1) eq 'b'", true);
    check("substring('abc', 5, 1) eq ''", true);
    check("concat('a', 'b') eq 'ab'", true);
    check("indexof('éab', 'b') eq 2", true);
    check("startswith(userId, 'O')", true);
    check("endswith(userId, 'x')", false);
    check("contains(userId, '''')", true);
}

#[test]
fn functions_of_null_are_null() {
    let anonymous = |filter| holds_for(None, filter);

    assert!(anonymous("userId eq null"));
    assert!(anonymous("userId ne 'x'"));
    assert!(!anonymous("contains(userId, 'x')"));
    assert!(!anonymous("not (userId eq null)"));
    assert!(anonymous("indexof(userId, 'x') eq -1"));
    assert!(anonymous("tolower(userId) eq null"));
    assert!(anonymous("length(userId) eq null"));
}

#[test]
fn a_filter_that_is_not_boolean_is_refused() {
    refused(
        "userId",
        FilterError::WrongType {
            found: "string",
            expected: "bool",
        },
    );
    refused(
        "null",
        FilterError::WrongType {
            found: "null",
            expected: "bool",
        },
    );
    refused(
        "true or 5",
        FilterError::WrongType {
            found: "int",
            expected: "bool",
        },
    );
    refused(
        "5 and true",
        FilterError::WrongType {
            found: "int",
            expected: "bool",
        },
    );
}

#[test]
fn an_invalid_filter_is_refused_with_its_position() {
    refused("userId eq", FilterError::ExpressionExpected(9));
    refused("nosuch", FilterError::UnknownName("nosuch".to_owned()));
    refused("nosuch('a')", FilterError::UnknownName("nosuch".to_owned()));
    refused(
        "Contains(userId,'a')",
        FilterError::UnknownName("Contains".to_owned()),
    );
    refused("(true", FilterError::ParenthesisExpected(5));
    refused("true true", FilterError::Unexpected(9));
    refused("userId eq 'a", FilterError::UnterminatedText(10));
    refused("userId = 'a'", FilterError::Unexpected(8));
    refused(
        "length(1) eq 1",
        FilterError::WrongArguments("length".to_owned()),
    );
    refused("1 eq 99999999999999999999", FilterError::NumberTooLarge(5));
    refused("1 eq -", FilterError::Unexpected(6));
}

#[test]
fn a_syntax_error_is_reported_before_other_errors() {
    refused("nosuch filter", FilterError::Unexpected(13));
    refused("nosuch(1) and (true", FilterError::ParenthesisExpected(19));
    refused("5 and true true", FilterError::Unexpected(15));
    refused("length(1) gt", FilterError::ExpressionExpected(12));
}

#[test]
fn depth_is_limited_so_that_no_filter_exhausts_the_stack() {
    let nested = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));

    assert!(Filter::parse(&nested(100)).is_ok());
    refused(&nested(101), FilterError::TooDeep);
    refused(&"not ".repeat(100_000), FilterError::TooDeep);
}

#[test]
fn length_is_not_depth() {
    let long = |word: &str| ["true"; 100_000].join(word);

    check(&long(" and "), true);
    check(&long(" or "), true);
    refused(&long(" eq "), FilterError::TooDeep);
}
