//! Errors and warnings about an app.

use devhost::{App, Keys, LocalSettings, Options};
use serde_json::{Value, json};

use crate::support::Folder;

#[track_caller]
fn refusal(folder: &Folder) -> String {
    let refused = folder.load().unwrap_err().to_string();
    refused.replace(&format!("{}/", folder.path().display()), "")
}

fn http_output() -> Value {
    json!({ "type": "http", "direction": "out", "name": "res" })
}

fn trigger(more: Value) -> Value {
    let mut trigger = json!({ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" });
    trigger
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    trigger
}

#[test]
fn a_folder_without_host_json_is_refused() {
    let folder = Folder::empty();

    assert!(refusal(&folder).starts_with("there is no host.json in "));
}

#[test]
fn invalid_json_is_reported_with_its_line() {
    let folder = Folder::empty();
    folder.write("host.json", "{\n  \"version\": \n}");

    assert!(refusal(&folder).contains("host.json is not valid JSON: expected value at line 3"));
}

#[test]
fn the_version_must_be_exactly_2_0() {
    let folder = Folder::with_handler(json!({ "version": "2" }));

    assert_eq!(
        refusal(&folder),
        "host.json: version must be exactly \"2.0\""
    );
}

#[test]
fn a_missing_handler_is_reported() {
    let folder = Folder::with_handler(
        json!({ "customHandler": { "description": { "defaultExecutablePath": "bin/handler" } } }),
    );

    assert!(refusal(&folder).starts_with("the handler bin/handler does not exist; build it"));
}

#[test]
fn a_handler_that_is_not_executable_is_reported() {
    let folder = Folder::with_handler(
        json!({ "customHandler": { "description": { "defaultExecutablePath": "handler" } } }),
    );
    folder.write("handler", "#!/bin/sh");

    assert_eq!(
        refusal(&folder),
        "the handler handler is not executable; run `chmod +x` on it"
    );
}

#[test]
fn an_error_in_a_function_json_is_reported_with_its_key() {
    for (bindings, sentence) in [
        (
            json!([]),
            "bindings must be a list with at least one binding",
        ),
        (
            json!([http_output()]),
            "bindings has 0 triggers; a function must have exactly one",
        ),
        (
            json!([trigger(json!({})), { "type": "http" }]),
            "bindings[1].name must be a string",
        ),
        (
            json!([trigger(json!({ "direction": "up" }))]),
            "bindings[0].direction must be \"in\" or \"out\"",
        ),
        (
            json!([trigger(json!({ "authLevel": "all" }))]),
            "bindings[0].authLevel must be \"anonymous\", \"function\" or \"admin\"",
        ),
        (
            json!([trigger(json!({ "methods": "get" }))]),
            "bindings[0].methods must be a list of strings",
        ),
        (
            json!([trigger(json!({ "route": "a/{b" }))]),
            "the route \"a/{b\" has a brace that is not closed",
        ),
        (
            json!([trigger(json!({ "route": "admin/x" }))]),
            "the route \"admin/x\" starts with \"admin\", which the host reserves for itself",
        ),
        (
            json!([{ "type": "queueTrigger", "name": "q" }]),
            "bindings[0].queueName is missing; a queueTrigger requires it",
        ),
    ] {
        let folder = Folder::with_handler(json!({}));
        folder.function("f", bindings);

        assert_eq!(refusal(&folder), format!("f/function.json: {sentence}"));
    }
}

#[test]
fn two_functions_may_share_a_route_but_not_a_method() {
    let folder = Folder::with_handler(json!({}));
    let function = |methods| {
        json!([
            trigger(json!({ "route": "same", "methods": methods })),
            http_output()
        ])
    };
    folder
        .function("one", function(["get"]))
        .function("two", function(["post"]));
    assert!(folder.load().is_ok());

    folder.function("three", function(["POST"]));

    assert!(
        refusal(&folder)
            .starts_with("the functions three and two share the route \"api/same\" and a method")
    );
}

#[test]
fn a_setting_overrides_host_json_and_disables_a_function() {
    let folder = Folder::with_handler(json!({}));
    folder.http("f", "f").http("g", "g");
    let settings = [
        ("AzureFunctionsJobHost__extensions__http__routePrefix", "v1"),
        ("AzureWebJobs.g.Disabled", "true"),
    ];
    let settings = settings
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();

    let app = App::load(
        folder.path(),
        Options {
            settings,
            ..Options::default()
        },
    )
    .unwrap();

    let functions = app.functions();
    assert_eq!(functions[0].route.as_deref(), Some("v1/f"));
    assert!(!functions[0].disabled && functions[1].disabled);
}

#[test]
fn there_are_warnings_about_misspelled_keys_and_unsafe_routes() {
    let folder =
        Folder::with_handler(json!({ "customHandler": { "enableForwardingHttpRequests": true } }));
    folder
        .http("events", "events/{org_id}")
        .http("safe", "safe/{id:guid}");

    let app = folder.load().unwrap();

    let [misspelled, route] = app.warnings() else {
        panic!("{:?}", app.warnings())
    };
    assert!(
        misspelled.ends_with("did you mean \"enableForwardingHttpRequest\"?"),
        "{misspelled}"
    );
    assert!(
        route.starts_with("events: in the route \"api/events/{org_id}\", org_id can contain"),
        "{route}"
    );
    assert!(
        route.contains("{org_id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}"),
        "{route}"
    );
}

#[test]
fn there_is_a_warning_about_a_misspelled_key_of_a_function_json() {
    let folder = Folder::with_handler(json!({}));
    let bindings = json!([trigger(json!({ "rout": "a" })), http_output()]);
    folder.function("f", bindings);

    let app = folder.load().unwrap();

    assert_eq!(
        app.warnings(),
        ["f/function.json: bindings[0].rout means nothing to the host; did you mean \"route\"?"]
    );
}

#[test]
fn a_function_is_disabled_if_the_setting_with_its_queue_is_missing() {
    let folder = Folder::with_handler(json!({}));
    let queue = json!({ "type": "queueTrigger", "name": "m", "queueName": "%NO_SUCH_Setting%" });
    folder.function("f", json!([queue]));

    let app = folder.load().unwrap();

    assert!(app.functions()[0].disabled);
    assert!(
        app.warnings()[0].starts_with("f: the setting NO_SUCH_Setting is missing"),
        "{:?}",
        app.warnings()
    );
}

#[test]
fn keys_are_created_once_and_only_their_owner_can_read_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::empty();
    let file = folder.path().join("new/keys.json");

    let created = Keys::read_or_create(&file).unwrap();
    let read = Keys::read_or_create(&file).unwrap();

    assert_eq!(created, read);
    assert_ne!(created.function, created.master);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn local_settings_are_read_as_by_func() {
    let folder = Folder::empty();
    folder.write(
        "local.settings.json",
        r#"{
            // Never deployed.
            "IsEncrypted": false,
            "Values": { "A": "1", "FLAG": true },
            "Host": { "LocalHttpPort": 7075, "CORS": "http://a.test,http://b.test", "CORSCredentials": true }
        }"#,
    );

    let local = LocalSettings::read(folder.path()).unwrap();

    assert_eq!(local.values["FLAG"], "True");
    assert_eq!(local.port, Some(7075));
    let cors = local.cors.unwrap();
    assert_eq!((cors.origins.len(), cors.credentials), (2, true));
}
