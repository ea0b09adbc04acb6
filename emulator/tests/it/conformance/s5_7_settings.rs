//! 5.7: settings of handlers.

use emulator::{Config, EventHandler, HubConfig, SystemEvent};
use serde_json::json;

use crate::support::{Handler, Seen, TestEmulator, facts, short_pauses};

/// Checks whether a URL template is valid, and the error if not.
async fn template(template: &str, wrong: Option<&str>) {
    let settings = json!({ "WebPubSub": { "Hubs": { "chat": { "EventHandlers": [{ "UrlTemplate": template }] } } } });

    let error = Config::from_json(&settings.to_string()).err();

    match (error.map(|error| error.to_string()), wrong) {
        (None, None) => {}
        (Some(said), Some(wrong)) => {
            assert!(
                said.contains("WebPubSub:Hubs:chat:EventHandlers:0:UrlTemplate"),
                "{said}"
            );
            assert!(said.contains(wrong), "{said}");
        }
        (said, _) => panic!("{template}: {said:?}"),
    }
}

facts! { template;
    plain_http: "http://localhost:7071/api/events", None;
    https: "https://example.com/", None;
    placeholders_in_the_path: "http://localhost/{hub}/x-{event}", None;
    placeholders_in_the_query: "http://localhost/?h={hub}&e={event}&code=secret", None;
    placeholders_are_case_insensitive: "http://localhost/{Hub}/{EVENT}", None;
    no_placeholder_in_the_host: "http://{hub}.example.com/", Some("outside the host name");
    no_other_placeholder: "http://localhost/{user}", Some("{user}");
    no_key_vault: "http://localhost/?code={@Microsoft.KeyVault(SecretUri=https://vault/x)}", Some("is not a placeholder");
    no_tunnel: "tunnel:///api/events", Some("tunnel:/// needs Microsoft's awps-tunnel");
    no_other_scheme: "ftp://localhost/", Some("http:// or https://");
    no_path_alone: "/api/events", Some("http:// or https://");
    no_host: "http:///api", Some("is not a valid URL");
    an_open_brace: "http://localhost/{hub", Some("is not a placeholder");
}

/// Checks the error for an invalid setting of a handler.
async fn refused(handler: &str, said: &str) {
    let settings = format!(
        r#"{{"WebPubSub":{{"Hubs":{{"chat":{{"EventHandlers":[{{"UrlTemplate":"http://localhost/",{handler}}}]}}}}}}}}"#
    );

    let error = Config::from_json(&settings).unwrap_err().to_string();

    assert!(error.contains(said), "{error}");
}

facts! { refused;
    an_unknown_setting: r#""Colour":"blue""#, "unknown setting WebPubSub:Hubs:chat:EventHandlers:0:Colour";
    an_unknown_system_event: r#""SystemEvents":["connect","reconnected"]"#, "connect, connected, disconnected, joined and left";
    an_unknown_auth_type: r#""Auth":{"Type":"Basic"}"#, "None or ManagedIdentity";
    an_identity_without_a_resource: r#""Auth":{"Type":"ManagedIdentity"}"#, "Auth:ManagedIdentity:Resource";
}

/// Checks whether a handler with this pattern gets the event `chat.Send`.
async fn pattern(pattern: &str, wanted: bool) {
    let handler = Handler::silent().await;
    let upstream = EventHandler::all(&handler.template()).unwrap();
    let upstream = upstream.with_system_events(&[]).with_event_pattern(pattern);
    let hub = HubConfig::default().with_handler(upstream);
    let config = Config::default().with_hub("chat", hub);
    let emulator = TestEmulator::with(config.with_timing(short_pauses())).await;
    let mut ann = emulator.member("ann", &[]).await;

    let answer = ann
        .ask(json!({ "type": "event", "event": "chat.Send", "ackId": 1, "data": 1 }))
        .await;

    assert_eq!(answer.is_ok(), wanted, "{pattern}");
}

facts! { pattern;
    a_star_is_every_event: "*", true;
    a_name_is_that_event: "chat.Send", true;
    names_are_case_insensitive: "CHAT.send", true;
    names_are_separated_by_commas: "other, chat.Send", true;
    another_name_is_another_event: "other", false;
    an_empty_pattern_takes_nothing: "", false;
    a_star_within_a_name_is_literal: "chat.*", false;
}

#[tokio::test]
async fn the_first_handler_that_takes_an_event_gets_it() {
    let (first, second) = (Handler::silent().await, Handler::silent().await);
    let hub = HubConfig::default()
        .with_handler(
            EventHandler::all(&first.template())
                .unwrap()
                .with_system_events(&[])
                .with_event_pattern("a, B"),
        )
        .with_handler(
            EventHandler::all(&second.template())
                .unwrap()
                .with_system_events(&[SystemEvent::Disconnected]),
        );
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;
    let mut ann = emulator.member("ann", &[]).await;

    for (n, name) in ["b", "c"].into_iter().enumerate() {
        ann.ask(json!({ "type": "event", "event": name, "ackId": n, "data": 1 }))
            .await
            .unwrap();
    }
    ann.close("bye").await;

    let paths = |seen: Seen| seen.path;
    assert_eq!(paths(first.next().await), "/chat/validate");
    assert_eq!(paths(first.next().await), "/chat/b");
    assert_eq!(paths(second.next().await), "/chat/validate");
    assert_eq!(paths(second.next().await), "/chat/c");
    let left = second.next().await;
    assert_eq!(
        (left.event(), left.json()),
        ("disconnected", json!({ "reason": "bye" }))
    );
}

/// Checks the URL of an event.
async fn url(template: &str, event: &str, expected: &str) {
    let handler = Handler::silent().await;
    let own = handler.template();
    let (origin, _) = own.split_once("/{hub}").unwrap();
    let upstream = EventHandler::all(&format!("{origin}{template}")).unwrap();
    let hub = HubConfig::default().with_handler(upstream.with_system_events(&[]));
    let config = Config::default().with_hub("my.hub_1", hub);
    let emulator = TestEmulator::with(config.with_timing(short_pauses())).await;
    let path = emulator.client_path("MY.hub_1", json!({}));
    let json = Some(crate::support::JSON.to_owned());
    let mut client = crate::support::Client::connect(emulator.addr, path, json).await;
    client.connected().await;

    client
        .ask(json!({ "type": "event", "event": event, "ackId": 1, "data": 1 }))
        .await
        .unwrap();

    assert_eq!(handler.next_named(event).await.path, expected);
}

facts! { url;
    the_hub_is_in_lower_case_and_the_event_is_unchanged: "/{hub}/{event}", "Chat.send-1", "/my.hub_1/Chat.send-1";
    a_query_is_kept: "/api?code=a%20b&e={event}", "x", "/api?code=a%20b&e=x";
    no_placeholder_is_needed: "/api/events", "x", "/api/events";
}
