//! Event handlers (reference 5).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use emulator::{Config, EventHandler, FailingEvents, HubConfig, SystemEvent};
use http::{Method, Response};
use http_body_util::Full;
use serde_json::json;

use crate::connect_event::refusal;
use crate::support::{Answer, Handler, TestEmulator, handled};

fn event(name: &str, ack: u64) -> serde_json::Value {
    json!({ "type": "event", "event": name, "ackId": ack, "dataType": "text", "data": "d" })
}

#[tokio::test]
async fn a_handler_is_asked_once_whether_it_wants_events_from_here() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let mut ann = emulator.member("ann", &[]).await;
    ann.ask(event("e", 1)).await.unwrap();

    let asked = handler.next().await;
    assert_eq!(
        (&asked.method, asked.path.as_str()),
        (&Method::OPTIONS, "/chat/validate")
    );
    assert_eq!(asked.header("webhook-request-origin"), Some("127.0.0.1"));
    assert_eq!(asked.header("ce-awpsversion"), Some("1.0"));
    assert_eq!(asked.header("ce-signature"), None);
    for path in ["/chat/connect", "/chat/connected", "/chat/e"] {
        // `connected` and `e` may come in either order.
        let seen = handler.next().await;
        assert_eq!(seen.method, Method::POST, "{path}");
    }
}

#[tokio::test]
async fn a_handler_that_allows_another_origin_gets_nothing() {
    let handler = Handler::start(|_| async { Handler::allowing("elsewhere") }).await;
    let emulator = TestEmulator::with_handler(&handler).await;

    assert_eq!(refusal(&emulator).await, Some(500));
    assert_eq!(handler.next().await.method, Method::OPTIONS);
}

#[tokio::test]
async fn without_options_a_get_will_do() {
    let handler = Handler::start(|seen| async move {
        match seen.method {
            Method::OPTIONS => Handler::status(404),
            Method::GET => Handler::allowing("127.0.0.1"),
            _ => Answer::default(),
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;

    emulator.member("ann", &[]).await;
}

#[tokio::test]
async fn the_same_event_is_sent_again_after_a_fault_and_not_after_a_refusal() {
    let tries = Arc::new(AtomicU32::new(0));
    let handler = Handler::answering({
        let tries = tries.clone();
        move |seen| match seen.event() {
            "flaky" if tries.fetch_add(1, Ordering::Relaxed) < 2 => Handler::status(503),
            "bad" => Handler::status(400),
            _ => Answer::default(),
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    let flaky = ann.ask(event("flaky", 1)).await;
    let bad = ann.ask(event("bad", 2)).await;

    assert_eq!(
        (flaky, bad),
        (Ok(()), Err("InternalServerError".to_owned()))
    );
    let ids: Vec<_> = [
        handler.next_named("flaky").await,
        handler.next_named("flaky").await,
        handler.next_named("flaky").await,
    ]
    .map(|seen| seen.header("ce-id").unwrap().to_owned())
    .into();
    assert_eq!(ids, ["2", "2", "2"]);
    assert_eq!(handler.next().await.event(), "bad");
    assert_eq!(tries.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn four_tries_are_the_most() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Handler::status(500),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.ask(event("e", 1)).await.unwrap_err();
    ann.close("bye").await;

    let mut tries = 0;
    loop {
        match handler.next().await.event() {
            "e" => tries += 1,
            "disconnected" => break,
            _ => {}
        }
    }
    assert_eq!(tries, 4);
}

#[tokio::test]
async fn events_of_one_connection_go_one_at_a_time_and_those_of_others_beside_it() {
    let (release, released) = tokio::sync::watch::channel(false);
    let handler = Handler::start(move |seen| {
        let mut released = released.clone();
        async move {
            if seen.event() == "slow" {
                let _ = released.wait_for(|&released| released).await;
            }
            Handler::allowing("*")
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &[]).await;

    ann.send(event("slow", 1)).await;
    ann.send(event("after", 2)).await;
    handler.next_named("slow").await;
    bob.ask(event("beside", 1)).await.unwrap();
    assert_eq!(
        handler.next_named("beside").await.header("ce-userid"),
        Some("bob")
    );
    release.send_replace(true);

    assert_eq!(ann.next().await["ackId"], 1);
    assert_eq!(ann.next().await["ackId"], 2);
    assert_eq!(handler.next().await.event(), "after");
}

#[tokio::test]
async fn state_and_cookies_come_back_with_later_events() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" => Response::builder()
            .header("ce-connectionState", "s1")
            .header("Set-Cookie", "a=1; Path=/")
            .body(Full::default())
            .unwrap(),
        "clear" => Response::builder()
            .header("ce-connectionState", "")
            .body(Full::default())
            .unwrap(),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    for (n, name) in ["first", "clear", "last"].into_iter().enumerate() {
        ann.ask(event(name, n as u64)).await.unwrap();
    }

    let first = handler.next_named("first").await;
    assert_eq!(
        (first.header("ce-connectionstate"), first.header("cookie")),
        (Some("s1"), Some("a=1"))
    );
    assert_eq!(
        handler
            .next_named("last")
            .await
            .header("ce-connectionstate"),
        Some("")
    );
}

#[tokio::test]
async fn metadata_goes_both_ways() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Response::builder()
            .header("content-type", "text/plain")
            .header("x-webpubsub-metadata-B", "2")
            .body(Full::from("reply"))
            .unwrap(),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "event", "event": "e", "metadata": { "A": "1" } }))
        .await;

    assert_eq!(ann.next().await["metadata"], json!({ "b": "2" }));
    assert_eq!(
        handler
            .next_named("e")
            .await
            .header("x-webpubsub-metadata-a"),
        Some("1")
    );
}

#[tokio::test]
async fn the_first_handler_that_wants_an_event_gets_it() {
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
        ann.ask(event(name, n as u64)).await.unwrap();
    }
    ann.close("bye").await;

    let paths = |seen: crate::support::Seen| seen.path;
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

#[tokio::test]
async fn a_failing_event_drops_the_client_where_the_settings_say_so() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Handler::status(400),
        _ => Answer::default(),
    })
    .await;
    let config = handled(&handler).with_failing_events(FailingEvents::DropConnection);
    let emulator = TestEmulator::with(config).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(event("e", 1)).await;

    assert_eq!(ann.closed().await.0, 1011);
}

#[tokio::test]
async fn joining_and_leaving_can_be_told_too() {
    let handler = Handler::silent().await;
    let events = [SystemEvent::Joined, SystemEvent::Left];
    let hub = HubConfig::default().with_handler(
        EventHandler::all(&handler.template())
            .unwrap()
            .with_system_events(&events),
    );
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.ask(json!({ "type": "joinGroup", "group": "g", "ackId": 1 }))
        .await
        .unwrap();
    let joined = handler.next_named("joined").await;
    ann.close("bye").await;
    let left = handler.next_named("left").await;

    assert_eq!(joined.header("ce-type"), Some("azure.webpubsub.gp.joined"));
    assert_eq!(
        (joined.json(), left.json()),
        (json!({ "group": "g" }), json!({ "group": "g" }))
    );
}

#[tokio::test]
async fn a_handler_that_hangs_is_given_up() {
    let handler = Handler::start(|seen| async move {
        match seen.event() {
            "e" => std::future::pending().await,
            _ => Handler::allowing("*"),
        }
    })
    .await;
    let timing = emulator::Timing {
        webhook_timeout: Duration::from_millis(50),
        ..emulator::Timing::default()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;
    let mut ann = emulator.member("ann", &[]).await;

    assert_eq!(
        ann.ask(event("e", 1)).await,
        Err("InternalServerError".to_owned())
    );
}
