//! Tests of the configuration.

use std::time::Duration;

use super::*;

const FULL: &str = r#"{ "WebPubSub": {
    "AccessKey": "0123456789012345678901234567890123456789",
    "SecondaryAccessKey": "9876543210987654321098765432109876543210",
    "Hubs": { "Chat": {
        "AnonymousConnectPolicy": "allow",
        "WebSocketKeepAliveIntervalInSeconds": 5,
        "EventHandlers": [
            { "UrlTemplate": "http://127.0.0.1:7071/api/connect_event", "SystemEvents": ["connect"] },
            { "UrlTemplate": "http://localhost/{hub}/x-{event}?code=1", "EventPattern": "a,B", "Auth": { "Type": "None" } }
        ] } } } }"#;

fn message(json: &str) -> String {
    Config::from_json(json).unwrap_err().to_string()
}

#[test]
fn every_known_setting_is_read() {
    let config = Config::from_json(FULL).unwrap();

    let hub = &config.hubs["chat"];
    assert_eq!(config.keys.iter().count(), 2);
    assert!(hub.anonymous);
    assert_eq!(hub.keep_alive, Duration::from_secs(5));
    assert!(hub.handlers[0].wants_system(SystemEvent::Connect));
    assert!(!hub.handlers[0].wants_system(SystemEvent::Connected));
    assert!(!hub.handlers[0].wants_user("a"));
    assert!(hub.handlers[1].wants_user("b"));
    assert!(!hub.handlers[1].wants_user("c"));
}

#[test]
fn an_empty_configuration_has_microsofts_key_and_no_hubs() {
    let config = Config::from_json("{}").unwrap();

    let connection_string = config.connection_string("127.0.0.1:8080".parse().unwrap());
    assert!(config.hubs.is_empty());
    assert_eq!(
        connection_string,
        "Endpoint=http://localhost:8080;AccessKey=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH;Version=1.0;"
    );
}

#[test]
fn an_unknown_setting_is_named_with_its_path() {
    assert_eq!(
        message(r#"{"WebPubSub":{"Hubs":{"chat":{"EventHandler":[]}}}}"#),
        "unknown setting WebPubSub:Hubs:chat:EventHandler"
    );
    assert_eq!(message(r#"{"Other":1}"#), "unknown setting Other");
}

#[test]
fn a_wrong_value_is_named_with_its_path() {
    assert_eq!(
        message(r#"{"WebPubSub":{"Hubs":{"chat":{"WebSocketKeepAliveIntervalInSeconds":0}}}}"#),
        "the setting WebPubSub:Hubs:chat:WebSocketKeepAliveIntervalInSeconds must be between 1 and 120"
    );
    assert!(message(r#"{"WebPubSub":{"AccessKey":"short"}}"#).contains("WebPubSub:AccessKey"));
    assert_eq!(
        message(r#"{"WebPubSub":{"Hubs":{"chat":{"EventHandlers":[{}]}}}}"#),
        "the setting WebPubSub:Hubs:chat:EventHandlers:0:UrlTemplate is missing"
    );
}

#[test]
fn a_managed_identity_has_a_resource() {
    let handler = |auth: &str| {
        Config::from_json(&format!(
            r#"{{"WebPubSub":{{"Hubs":{{"chat":{{"EventHandlers":[{{"UrlTemplate":"http://h/","Auth":{auth}}}]}}}}}}}}"#
        ))
    };
    let why = |auth| handler(auth).unwrap_err().to_string();

    let config =
        handler(r#"{"Type":"ManagedIdentity","ManagedIdentity":{"Resource":"api://app"}}"#);
    assert_eq!(
        config.unwrap().hubs["chat"].handlers[0].resource(),
        Some("api://app")
    );
    assert!(why(r#"{"Type":"ManagedIdentity"}"#).contains("Auth:ManagedIdentity:Resource"));
    assert!(why(r#"{"Type":"Basic"}"#).contains("None or ManagedIdentity"));
    assert!(
        why(r#"{"Type":"ManagedIdentity","ManagedIdentity":{"Resource":"r","Colour":1}}"#)
            .contains("Colour")
    );
}

#[test]
fn settings_from_the_environment_overlay_the_file_in_any_letter_case() {
    let settings = [
        (
            "WEBPUBSUB__HUBS__CHAT__EVENTHANDLERS__1__URLTEMPLATE",
            "http://localhost/other",
        ),
        (
            "WebPubSub__Hubs__news__EventHandlers__0__UrlTemplate",
            "http://localhost/news",
        ),
        (
            "WebPubSub__Hubs__news__EventHandlers__0__SystemEvents__0",
            "connected",
        ),
        (
            "WebPubSub__Hubs__news__WebSocketKeepAliveIntervalInSeconds",
            "7",
        ),
        ("PATH", "/bin"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));

    let config = Config::from_settings(Some(FULL), settings).unwrap();

    assert_eq!(
        config.hubs["chat"].handlers[1].url("chat", "e"),
        "http://localhost/other"
    );
    assert!(config.hubs["chat"].handlers[1].wants_user("a"));
    assert_eq!(config.hubs["news"].keep_alive, Duration::from_secs(7));
    assert!(config.hubs["news"].handlers[0].wants_system(SystemEvent::Connected));
}

#[test]
fn placeholders_are_escaped() {
    let handler = EventHandler::all("http://localhost:1/{hub}/x-{event}?e={event}").unwrap();

    assert_eq!(
        handler.url("h", "a/b"),
        "http://localhost:1/h/x-a%2Fb?e=a%2Fb"
    );
}

#[test]
fn invalid_templates_are_refused() {
    let why = |template| EventHandler::all(template).unwrap_err();

    assert_eq!(why("tunnel:///hook"), TemplateError::Tunnel);
    assert_eq!(why("ftp://host/hook"), TemplateError::NotHttp);
    assert_eq!(
        why("http://{hub}.local/"),
        TemplateError::Placeholder("{hub}.local".to_owned())
    );
    assert_eq!(
        why("http://h/{other}"),
        TemplateError::Placeholder("{other}".to_owned())
    );
    assert_eq!(
        why("http://h/{hub"),
        TemplateError::Placeholder("{hub".to_owned())
    );
    assert_eq!(why("http:///hook"), TemplateError::NotAUrl);
}
