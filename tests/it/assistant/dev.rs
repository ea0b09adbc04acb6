//! The demo model, through `switchboard dev`: the stand-in host takes questions from the queue and
//! restarts workers that die.

use std::fs;

use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;

use super::{Page, ask, get_history};
use crate::support::dev::{FREE_PORTS, app_folder};
use crate::support::{Dev, Socket};

const FIRST_WORDS: &str = "I am the demo model of `switchboard dev`, not an AI.";

async fn start(name: &str) -> Dev {
    let folder = app_folder(name);
    let settings = json!({ "IsEncrypted": false, "Values": { "LOG_LEVEL": "trace" } });
    fs::write(folder.join("local.settings.json"), settings.to_string()).unwrap();
    Dev::start_in(folder, &FREE_PORTS).await
}

async fn join(dev: &Dev, user: &str) -> Socket {
    let query = format!("channel=chats&username={user}");
    let negotiated = dev.negotiate(&query).await;
    let url = negotiated["url"].as_str().unwrap();
    Socket::dial(url).await.unwrap()
}

async fn chat_of(owner: &mut Socket) -> String {
    let frame = json!({ "type": "CREATE_CHAT", "name": "a", "assistant": true });
    let created = owner.request(frame).await;
    created["chat"]["id"].as_str().unwrap().to_owned()
}

/// Many words, so that there is time to interfere.
fn long_question() -> String {
    (100..400).map(|n| format!("w{n} ")).collect()
}

#[tokio::test]
async fn the_demo_model_streams_to_everybody_and_shows_each_case() {
    let mut dev = start("assistant").await;
    let (mut alice, mut bob) = (join(&dev, "alice").await, join(&dev, "bob").await);
    let chat = chat_of(&mut alice).await;
    bob.request(get_history(&chat)).await;
    let question = long_question();

    let sent = alice.request(super::send(&chat, &question)).await;
    assert!(sent["messageId"].is_string(), "{sent}");
    let (mut first, mut second) = (Page::default(), Page::default());
    let late = async {
        let mut carol = join(&dev, "carol").await;
        loop {
            let history = carol.request(get_history(&chat)).await;
            if history["answering"][0]["index"].as_i64() > Some(0) {
                let mut page = Page::from_history(&history);
                page.follows(&mut carol).await;
                return page;
            }
        }
    };
    let (_, _, third) = tokio::join!(first.follows(&mut alice), second.follows(&mut bob), late);
    let history = bob.request(get_history(&chat)).await;

    let stored = history["messages"][1]["content"].as_str().unwrap();
    assert!(
        stored.starts_with(FIRST_WORDS) && stored.contains("300 words"),
        "{stored}"
    );
    for page in [&first, &second, &third] {
        assert_eq!(page.text, stored);
        assert!(page.shown.iter().all(|shown| stored.starts_with(shown)));
    }
    for (question, error) in [
        ("/fail", "unavailable"),
        ("/fail content_filtered", "content_filtered"),
        ("/fail rate_limited", "rate_limited"),
    ] {
        alice.request(ask(&chat, question)).await;
        let mut page = Page::default();
        page.follows(&mut alice).await;
        assert_eq!(page.failed.as_deref(), Some(error), "{question}");
    }
    let slow = alice.request(ask(&chat, "/slow")).await;
    alice.receive_type("assistant.delta").await;
    let cancel =
        json!({ "type": "assistant.cancel", "chatId": chat, "messageId": slow["messageId"] });
    assert_eq!(alice.request(cancel).await["type"], "ok");
    let answer = loop {
        let message = alice.receive_type("MESSAGE").await;
        if message["message"]["senderId"] == "assistant" {
            break message;
        }
    };
    assert_eq!(answer["message"]["cancelled"], true);

    let (_, health) = dev.get("/api/health").await;
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!(health["services"]["assistant"]["status"], "ok");
    let http = SharedHttpClient::new().client().unwrap();
    let echo = http.post(format!("{}/api/chat", dev.base));
    let echo = echo
        .json(&json!({ "message": "hello" }))
        .send()
        .await
        .unwrap();
    assert_eq!(echo.json::<Value>().await.unwrap()["source"], "echo");
    dev.interrupt().await;
    for line in dev.read_to_end().await {
        let is_secret = line.contains("w200") || line.contains("count the seconds");
        assert!(!is_secret && !line.contains("JSON object with"), "{line}");
    }
}

#[tokio::test]
async fn a_worker_killed_twice_in_mid_answer_leaves_exactly_one_answer() {
    let dev = start("assistant-kills").await;
    let mut alice = join(&dev, "alice").await;
    let chat = chat_of(&mut alice).await;
    alice.request(ask(&chat, &long_question())).await;

    let mut page = Page::default();
    let mut kills = 0;
    while !page.is_over {
        let frame = alice.receive().await;
        page.sees(&frame);
        if frame["type"] == "assistant.delta" && frame["run"] == kills + 1 && kills < 2 {
            dev.kill_handler();
            kills += 1;
        }
    }
    let history = alice.request(get_history(&chat)).await;

    assert_eq!((page.run, &page.failed), (3, &None));
    let messages = history["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[1]["content"], json!(page.text));
    assert_eq!(messages[1]["replyTo"], 1);
}
