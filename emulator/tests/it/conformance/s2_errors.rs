//! 2: error responses of the REST API.

use crate::support::{KEY, TestEmulator, facts, sign};
use serde_json::json;

const VERSIONS: &str = "2021-10-01, 2022-11-01, 2023-07-01, 2024-01-01, 2024-12-01";

/// Checks the status and the error code, which is in a header and, except for HEAD, in the body.
async fn fails(method: &str, path: &str, status: u16, code: Option<&str>) {
    let emulator = TestEmulator::start().await;

    let answered = emulator.rest(method, path, "text/plain", "x").await;

    assert_eq!(answered.status, status, "{path}");
    let header = |name| {
        answered
            .headers
            .get(name)
            .map(|text| text.to_str().unwrap())
    };
    assert_eq!(header("x-ms-error-code"), code, "{path}");
    assert_eq!(header("api-supported-versions"), Some(VERSIONS));
    if let Some(code) = code
        && method != "HEAD"
    {
        assert_eq!(answered.json()["code"], code);
    }
}

const BAD: Option<&str> = Some("Error.BadRequest");

facts! { fails;
    a_bad_filter: "POST", ":send?filter=userId%20eq", 400, BAD;
    an_invalid_ttl: "POST", ":send?messageTtlSeconds=301", 400, BAD;
    a_bad_version: "POST", ":send?api-version=2019-01-01", 400, BAD;
    a_bad_group: "POST", "groups/%20/:send", 400, BAD;
    a_missing_target_name: "PUT", "permissions/sendToGroup/connections/c", 400, BAD;
    no_connection: "HEAD", "connections/none", 404, Some("Warning.Connection.NotExisted");
    no_user: "HEAD", "users/none", 404, Some("Warning.User.NotExisted");
    no_group: "HEAD", "groups/none", 404, Some("Warning.Group.NotExisted");
    adding_an_unknown_connection: "PUT", "groups/g/connections/none", 404, Some("Error.Connection.NotExisted");
    adding_an_unknown_user: "PUT", "users/none/groups/g", 404, Some("Warning.User.NotExisted");
    no_operation: "GET", "nosuch", 404, None;
}

/// The type and the body of an error response.
async fn body(method: &str, path: &str, expected: (&str, &str)) {
    let emulator = TestEmulator::start().await;

    let answered = emulator.rest(method, path, "text/plain", "x").await;

    let body = String::from_utf8(answered.body.to_vec()).unwrap();
    let declared = answered.headers["content-type"].to_str().unwrap();
    assert_eq!((declared, body.as_str()), expected, "{path}");
}

const JSON: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json; charset=utf-8";

facts! { body;
    the_body_for_a_bad_filter: "POST", ":send?filter=invalid%20filter", (
        PROBLEM,
        r#"{"code":"Error.BadRequest","message":"Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')","target":"filter","errors":{"filter":["Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')"]},"type":null,"title":"One or more validation errors occurred.","status":400,"detail":null,"instance":null,"extensions":{}}"#,
    );
    the_body_for_a_bad_group: "POST", "groups/%20/:send", (
        PROBLEM,
        r#"{"code":"Error.BadRequest","message":"The group name must be between 1 and 1024 characters long.","target":"group","errors":{"group":["The group name must be between 1 and 1024 characters long."]},"type":null,"title":"One or more validation errors occurred.","status":400,"detail":null,"instance":null,"extensions":{}}"#,
    );
    the_body_for_an_unknown_user: "PUT", "users/some_user/groups/g", (
        JSON,
        r#"{"code":"Warning.User.NotExisted","message":"User `some_user` is not found.","target":"User","details":null,"innererror":null}"#,
    );
    the_body_for_an_unknown_connection: "PUT", "permissions/joinLeaveGroup/connections/xxx?targetName=x", (
        JSON,
        r#"{"code":"Info.Connection.NotExisted","message":"Connection `xxx` is not found.","target":"Connection","details":null,"innererror":null}"#,
    );
    the_type_for_an_unknown_connection: "HEAD", "connections/none", (JSON, "");
}

#[tokio::test]
async fn the_filter_of_a_body_is_named_with_a_capital() {
    let emulator = TestEmulator::start().await;

    for path in [":addToGroups", ":removeFromGroups"] {
        let body = r#"{"groups":["g"],"filter":"invalid filter"}"#;
        let answered = emulator.rest("POST", path, "application/json", body).await;

        assert_eq!(answered.status, 400);
        assert_eq!(answered.json()["target"], "Filter");
        assert!(answered.json()["errors"]["Filter"].is_array());
    }
}

#[tokio::test]
async fn every_response_names_the_supported_versions() {
    let emulator = TestEmulator::start().await;

    let sent = emulator.rest("POST", ":send", "text/plain", "x").await;

    assert_eq!(sent.headers["api-supported-versions"], VERSIONS);
}

#[tokio::test]
async fn an_invalid_filter_is_explained() {
    let emulator = TestEmulator::start().await;
    let path = ":send?filter=not%20length(userId)%20gt%205";

    let answered = emulator.rest("POST", path, "text/plain", "x").await;

    let message = "Invalid syntax for 'not length(userId) gt 5': Type 'int', expect 'bool'. (Parameter 'filter')";
    assert_eq!(answered.json()["message"], message);
}

/// A caller without a valid token learns nothing else.
#[tokio::test]
async fn a_bad_token_is_reported_before_other_errors() {
    let emulator = TestEmulator::start().await;
    let expired = sign(
        &json!({ "aud": emulator.rest_url("groups/%20/:send"), "exp": 1000 }),
        KEY,
    );

    let answered = emulator.rest_with_token("POST", "groups/%20/:send", &expired, "text/html", "x");

    assert_eq!(answered.await.status, 401);
}
