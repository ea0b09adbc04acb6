//! 2: error responses of the REST API.

use crate::support::{KEY, TestEmulator, facts, sign};
use serde_json::json;

/// The status, the code in the body and the code in the header.
async fn says(method: &str, path: &str, status: u16, body: Option<&str>, header: Option<&str>) {
    let emulator = TestEmulator::start().await;

    let answered = emulator.rest(method, path, "text/plain", "x").await;

    assert_eq!(answered.status, status, "{path}");
    let code = answered.headers.get("x-ms-error-code");
    assert_eq!(code.map(|code| code.to_str().unwrap()), header, "{path}");
    if let Some(code) = body {
        let said = answered.json();
        assert_eq!(said["code"], code);
        assert!(
            said["message"].is_string() && said["target"].is_string(),
            "{said}"
        );
    }
}

const BAD: Option<&str> = Some("Error.BadRequest");

facts! { says;
    a_bad_filter: "POST", ":send?filter=userId%20eq", 400, BAD, None;
    an_invalid_ttl: "POST", ":send?messageTtlSeconds=301", 400, BAD, None;
    a_bad_version: "POST", ":send?api-version=2019-01-01", 400, BAD, None;
    a_bad_group: "POST", "groups/%20/:send", 400, BAD, None;
    no_user: "HEAD", "users/none", 404, None, Some("Warning.User.NotExisted");
    no_group: "HEAD", "groups/none", 404, None, Some("Warning.Group.NotExisted");
    adding_an_unknown_connection: "PUT", "groups/g/connections/none", 404, Some("Error.Connection.NotExisted"), Some("Error.Connection.NotExisted");
    adding_an_unknown_user: "PUT", "users/none/groups/g", 404, None, None;
    no_operation: "GET", "nosuch", 404, None, None;
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
