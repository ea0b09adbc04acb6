//! 5.1: the validation of a handler before its first event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use emulator::{Config, EventHandler, HubConfig, Timing};
use http::Method;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{Answer, Handler, TestEmulator, facts, handled, short_pauses};

fn event(name: &str, ack: u64) -> Value {
    json!({ "type": "event", "event": name, "ackId": ack, "dataType": "text", "data": "d" })
}

#[tokio::test]
async fn a_handler_is_validated_once() {
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

/// Checks whether a client can connect if its handler answers the validation with this status and
/// these origins, each on its own line.
async fn allows(status: u16, origins: &'static [&'static str], refused_with: Option<u16>) {
    let handler = Handler::start(move |seen| async move {
        if seen.method == Method::POST {
            return Answer::default();
        }
        let mut answer = Handler::status(status);
        for origin in origins {
            answer
                .headers_mut()
                .append("webhook-allowed-origin", origin.parse().unwrap());
        }
        answer
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;

    assert_eq!(
        emulator.refusal(json!({})).await,
        refused_with,
        "{origins:?}"
    );
}

facts! { allows;
    a_star_allows: 200, &["*"], None;
    the_host_allows: 200, &["127.0.0.1"], None;
    one_of_several_lines_is_enough: 200, &["elsewhere", "127.0.0.1"], None;
    any_success_is_enough: 204, &["*"], None;
    another_host_does_not_allow: 200, &["elsewhere"], Some(500);
    a_comma_separated_list_does_not_allow: 200, &["elsewhere, 127.0.0.1"], Some(500);
    another_port_does_not_allow: 200, &["127.0.0.1:1"], Some(500);
    no_origin_does_not_allow: 200, &[], Some(500);
    a_refusal_does_not_allow: 403, &["*"], Some(500);
    a_fault_does_not_allow: 500, &["*"], Some(500);
    a_redirection_does_not_allow: 307, &["*"], Some(500);
}

/// Applications are configured with or without the port.
#[tokio::test]
async fn the_host_may_be_named_with_its_port() {
    let port = Arc::new(AtomicU32::new(0));
    let handler = Handler::start({
        let port = port.clone();
        move |_| {
            let origin = format!("127.0.0.1:{}", port.load(Ordering::Relaxed));
            async move { Handler::allowing(&origin) }
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    port.store(emulator.addr.port().into(), Ordering::Relaxed);

    assert_eq!(emulator.refusal(json!({})).await, None);
}

#[tokio::test]
async fn without_options_a_get_is_tried() {
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
async fn a_handler_that_allows_another_origin_gets_nothing() {
    let handler = Handler::start(|_| async { Handler::allowing("elsewhere") }).await;
    let emulator = TestEmulator::with_handler(&handler).await;

    assert_eq!(emulator.refusal(json!({})).await, Some(500));
    assert_eq!(handler.next().await.method, Method::OPTIONS);
}

#[tokio::test]
async fn many_events_wait_for_one_validation() {
    let (release, released) = tokio::sync::watch::channel(false);
    let handler = Handler::start(move |_| {
        let mut released = released.clone();
        async move {
            let _ = released.wait_for(|&released| released).await;
            Handler::allowing("elsewhere")
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let clients = async {
        tokio::join!(
            emulator.refusal(json!({})),
            emulator.refusal(json!({})),
            emulator.refusal(json!({})),
        )
    };
    let asked = async {
        let asked = handler.next().await;
        release.send_replace(true);
        asked
    };
    let (refused, asked) = tokio::join!(clients, asked);

    assert_eq!(refused, (Some(500), Some(500), Some(500)));
    assert_eq!(asked.method, Method::OPTIONS);
    assert!(handler.nothing_more().await);
}

#[tokio::test]
async fn a_revalidation_does_not_delay_events() {
    let handler = Handler::silent().await;
    let timing = Timing {
        revalidate_after: Duration::ZERO,
        ..short_pauses()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.ask(event("e", 1)).await.unwrap();

    assert_eq!(handler.next().await.method, Method::OPTIONS);
    while handler.next().await.method != Method::OPTIONS {}
}

/// The socket holds its port before it listens, so a connection to it is refused.
#[tokio::test]
async fn a_handler_that_was_down_is_validated_at_the_next_event() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let template = format!("http://{}/{{hub}}/{{event}}", socket.local_addr().unwrap());
    let hub = HubConfig::default().with_handler(EventHandler::all(&template).unwrap());
    let config = Config::default()
        .with_hub("chat", hub)
        .with_timing(short_pauses());
    let emulator = TestEmulator::with(config).await;
    assert_eq!(emulator.refusal(json!({})).await, Some(500));

    let listener = socket.listen(16).unwrap();
    let handler = Handler::on(listener, None, |_| async { Handler::allowing("*") });

    assert_eq!(emulator.refusal(json!({})).await, None);
    assert_eq!(handler.next().await.method, Method::OPTIONS);
}

/// The first connection breaks before it is answered.
#[tokio::test]
async fn a_validation_is_retried_like_an_event() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let template = format!(
        "http://{}/{{hub}}/{{event}}",
        listener.local_addr().unwrap()
    );
    let hub = HubConfig::default().with_handler(EventHandler::all(&template).unwrap());
    let config = Config::default()
        .with_hub("chat", hub)
        .with_timing(short_pauses());
    let emulator = TestEmulator::with(config).await;

    let handler = async {
        drop(listener.accept().await.unwrap());
        Handler::on(listener, None, |_| async { Handler::allowing("*") })
    };
    let (refusal, _handler) = tokio::join!(emulator.refusal(json!({})), handler);

    assert_eq!(refusal, None);
}

#[tokio::test]
async fn a_refusal_is_asked_again_after_its_time() {
    let validations = Arc::new(AtomicU32::new(0));
    let handler = Handler::start(move |seen| {
        let first =
            seen.method == Method::OPTIONS && validations.fetch_add(1, Ordering::Relaxed) == 0;
        let origin = if first { "elsewhere" } else { "*" };
        async move { Handler::allowing(origin) }
    })
    .await;
    let timing = Timing {
        revalidate_after: Duration::ZERO,
        ..short_pauses()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;

    assert_eq!(emulator.refusal(json!({})).await, Some(500));
    assert_eq!(emulator.refusal(json!({})).await, None);
}

/// The second validation is never answered, as if the handler had just stopped.
#[tokio::test]
async fn a_restart_of_the_handler_costs_no_event() {
    let validations = Arc::new(AtomicU32::new(0));
    let handler = Handler::start(move |seen| {
        let validation = match seen.method {
            Method::OPTIONS => validations.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        async move {
            if validation == 1 {
                std::future::pending::<()>().await;
            }
            Handler::allowing("*")
        }
    })
    .await;
    let timing = Timing {
        revalidate_after: Duration::ZERO,
        validation_timeout: Duration::from_millis(20),
        ..short_pauses()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;
    let mut ann = emulator.member("ann", &[]).await;

    let mut validated = 0;
    for ack in 1.. {
        assert_eq!(ann.ask(event("e", ack)).await, Ok(()));
        while !handler.nothing_more().await {
            validated += u32::from(handler.next().await.method == Method::OPTIONS);
        }
        if validated > 2 {
            break;
        }
    }
}
