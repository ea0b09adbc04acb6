//! Which messages ask, and what becomes of them before anybody answers.

use serde_json::{Value, json};
use switchboard::config::Listen;

use super::{Setting, TASKS, ask, of_type, send};
use crate::support::World;

const HELLO: &str = "Hello to you.";

#[tokio::test]
async fn a_question_is_stored_queued_and_answered() {
    let setting = Setting::start().await;
    setting
        .openai
        .responds("hello", json!({ "content": HELLO }))
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;

    let sent = alice.request(ask(&chat, "hello")).await;
    let task = setting.account.takes(TASKS).await;
    let done = setting.app().trigger("assistant", &task, 1).await;
    let frames = alice.drain().await;

    assert_eq!(sent["type"], "MESSAGE_SENT");
    let form = json!({ "kind": "answer", "conversation": format!("chat:{chat}"), "generation": 0, "question": 1 });
    assert_eq!(serde_json::from_str::<Value>(&task).unwrap(), form);
    assert_eq!((done.status.as_u16(), done.body.as_str()), (200, "{}"));
    let id = &sent["messageId"];
    let [question, answer] = of_type(&frames, "MESSAGE")[..] else {
        panic!("{frames:?}")
    };
    assert_eq!(question["message"]["content"], "hello");
    let answer = &answer["message"];
    let stored = (
        &answer["id"],
        &answer["content"],
        &answer["senderId"],
        &answer["senderName"],
    );
    assert_eq!(
        stored,
        (id, &json!(HELLO), &json!("assistant"), &json!("Assistant"))
    );
    assert_eq!((&answer["seq"], &answer["replyTo"]), (&json!(2), &json!(1)));
    assert!(answer.get("cancelled").is_none() && answer.get("truncated").is_none());
    let started = of_type(&frames, "assistant.started");
    assert_eq!(
        started,
        [
            &json!({ "type": "assistant.started", "chatId": chat, "messageId": id, "run": 1, "replyTo": 1 })
        ]
    );
    let done = json!({ "type": "assistant.done", "chatId": chat, "messageId": id, "seq": 2 });
    assert_eq!(frames.last(), Some(&done));
}

#[tokio::test]
async fn in_an_assistants_chat_every_message_of_a_person_asks_and_no_back_ends_does() {
    let setting = Setting::start().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let frame = json!({ "type": "CREATE_CHAT", "name": "a", "assistant": true });
    let created = alice.request(frame).await;
    let chat = created["chat"]["id"].as_str().unwrap();
    let path = format!("/api/rooms/chat:{chat}/messages");

    let body = json!({ "content": "x" });
    let posted = setting
        .app()
        .back_end(reqwest::Method::POST, &path, &body)
        .await;
    let sent = alice.request(send(chat, "hello")).await;
    let again = alice.request(send(chat, "and more")).await;

    assert_eq!(created["chat"]["assistant"], true);
    assert_eq!(posted.status, 201);
    assert!(sent["messageId"].is_string());
    // One of hers waits already, so this is stored and asks nothing.
    assert_eq!(
        (&again["type"], &again["messageId"]),
        (&json!("MESSAGE_SENT"), &Value::Null)
    );
    assert!(
        setting
            .account
            .takes(TASKS)
            .await
            .contains(r#""question":2"#)
    );
    assert!(setting.queue_is_empty().await);
}

#[tokio::test]
async fn five_questions_wait_at_most_and_one_of_each_user() {
    let setting = Setting::start().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, Value::Null).await;
    let mut first = ask(&chat, "hello");
    first["id"] = json!("first");

    let sent = alice.request(first.clone()).await;
    let second = alice.request(ask(&chat, "again")).await;
    for n in 0..4 {
        let mut user = setting
            .world
            .join_as(&format!("user{n}"), "channel=chats")
            .await;
        assert_eq!(
            user.request(ask(&chat, "me too")).await["type"],
            "MESSAGE_SENT"
        );
    }
    let mut sixth = setting.world.join_as("sixth", "channel=chats").await;
    let refused = sixth.request(ask(&chat, "and me")).await;
    let repeat = alice.request(first).await;

    assert_eq!(second["error"], "rate_limited");
    assert_eq!(refused["error"], "rate_limited");
    assert_eq!(repeat["duplicate"], true);
    assert_eq!(repeat["messageId"], sent["messageId"]);
    let page = alice.request(super::get_history(&chat)).await;
    assert_eq!(page["lastSeq"], 5, "what is refused is not stored");
}

#[tokio::test]
async fn a_question_that_waits_for_a_minute_is_queued_again_by_a_retry_or_the_next_message() {
    let setting = Setting::start().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    let mut question = ask(&chat, "hello");
    question["id"] = json!("1");
    alice.request(question.clone()).await;
    let task = setting.account.takes(TASKS).await;

    alice.request(question.clone()).await;
    alice.request(send(&chat, "anybody?")).await;
    assert!(setting.queue_is_empty().await);
    setting.app().advance(61);
    alice.request(question).await;
    assert_eq!(setting.account.takes(TASKS).await, task);
    alice.request(send(&chat, "anybody?")).await;
    assert_eq!(setting.account.takes(TASKS).await, task);
    alice.request(send(&chat, "nobody?")).await;
    assert!(setting.queue_is_empty().await, "once a minute");
    setting.app().advance(61);
    let refused = alice.request(ask(&chat, "another")).await;
    assert_eq!(refused["error"], "rate_limited");
    assert_eq!(setting.account.takes(TASKS).await, task);
}

#[tokio::test]
async fn without_model_or_queue_nobody_asks() {
    let with_queue = Setting::with(&[
        ("AZURE_OPENAI_ENDPOINT", ""),
        ("AZURE_OPENAI_KEY", ""),
        ("AZURE_OPENAI_DEPLOYMENT_NAME", ""),
    ])
    .await;
    let openai = crate::support::OpenAi::start().await;
    let without_queue = World::started_by(Listen::Functions(0), &openai.settings()).await;

    for world in [&with_queue.world, &without_queue] {
        let mut alice = world.join_as("alice", "channel=chats").await;
        let chat = with_queue.chat(&mut alice, json!([])).await;
        let frame = json!({ "type": "CREATE_CHAT", "name": "a", "assistant": true });
        assert_eq!(alice.request(frame).await["error"], "unavailable");
        assert_eq!(
            alice.request(ask(&chat, "hello")).await["error"],
            "unavailable"
        );
        let health = world.app.get("/api/health").await.json();
        assert_eq!(
            health["services"]["assistant"],
            json!({ "status": "disabled" })
        );
    }
}

#[tokio::test]
async fn an_anonymous_user_asks_only_where_that_is_allowed() {
    let setting = Setting::start().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let frame = json!({ "type": "CREATE_CHAT", "name": "a", "assistant": true });
    let created = alice.request(frame.clone()).await;
    let chat = created["chat"]["id"].as_str().unwrap();
    let mut bob = setting.world.join("channel=chats&username=bob").await;

    let create = bob.request(frame.clone()).await;
    let asked = bob.request(ask(chat, "hello")).await;
    let sent = bob.request(send(chat, "hello")).await;

    assert_eq!(create["error"], "forbidden");
    assert_eq!(asked["error"], "forbidden");
    assert_eq!(
        (&sent["type"], &sent["messageId"]),
        (&json!("MESSAGE_SENT"), &Value::Null)
    );
    let open = Setting::with(&[("ASSISTANT_ANONYMOUS", "true")]).await;
    let mut bob = open.world.join("channel=chats&username=bob").await;
    let created = bob.request(frame).await;
    let sent = bob
        .request(send(created["chat"]["id"].as_str().unwrap(), "hello"))
        .await;
    assert!(sent["messageId"].is_string());
}

#[tokio::test]
async fn bad_questions_store_nothing() {
    let setting = Setting::start().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    let mut mallory = setting.world.join_as("mallory", "channel=chats").await;

    for (frame, error) in [
        (json!({ "content": "x" }), "missing_field"),
        (json!({ "chatId": chat }), "missing_field"),
        (json!({ "chatId": 7, "content": "x" }), "invalid_field"),
        (json!({ "chatId": "../x", "content": "x" }), "invalid_field"),
        (
            json!({ "chatId": chat, "room_id": "x", "content": "x" }),
            "invalid_field",
        ),
        (json!({ "chatId": chat, "content": 7 }), "invalid_field"),
        (json!({ "chatId": chat, "content": " " }), "empty_message"),
        (
            json!({ "chatId": chat, "content": "x".repeat(2001) }),
            "message_too_long",
        ),
        (
            json!({ "chatId": chat, "content": "x", "id": "" }),
            "invalid_field",
        ),
        (
            json!({ "chatId": chat, "content": "x", "file": { "fileId": "x" } }),
            "invalid_field",
        ),
        (json!({ "chatId": "0199a0", "content": "x" }), "not_found"),
    ] {
        let mut ask = frame.clone();
        ask["type"] = json!("ask");
        assert_eq!(alice.request(ask).await["error"], error, "{frame}");
    }
    assert_eq!(mallory.request(ask(&chat, "x")).await["error"], "forbidden");
    for assistant in [json!("yes"), json!(1)] {
        let frame = json!({ "type": "CREATE_CHAT", "name": "a", "assistant": assistant });
        assert_eq!(alice.request(frame).await["error"], "invalid_field");
    }
    let page = alice.request(super::get_history(&chat)).await;
    assert_eq!(page["lastSeq"], 0);
    assert!(setting.queue_is_empty().await);
}

#[tokio::test]
async fn a_failed_put_is_acknowledged_and_made_good_by_the_next_message() {
    let setting = Setting::start().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    let broken = "DefaultEndpointsProtocol=http;AccountName=x;AccountKey=eA==;\
                  QueueEndpoint=http://127.0.0.1:9/x;";
    let settings = [("AzureWebJobsStorage", broken)];
    let other = super::world(&setting.openai, &setting.account, &setting.store, &settings).await;
    let mut bob = other.join_as("alice", "channel=chats").await;

    let sent = bob.request(ask(&chat, "hello")).await;
    assert_eq!(sent["type"], "MESSAGE_SENT");
    assert!(setting.queue_is_empty().await);
    setting.app().advance(61);
    alice.request(send(&chat, "anybody?")).await;

    assert!(
        setting
            .account
            .takes(TASKS)
            .await
            .contains(r#""question":1"#)
    );
}
