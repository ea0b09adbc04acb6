//! Each way in which a question gets no answer has its own error.

use serde_json::{Value, json};

use super::{Page, Setting, ask, get_history, of_type};
use crate::support::{Fault, OpenAi, Proxy, Socket};

/// Asks and waits for the end. Returns the error, and the frames until then.
async fn fails(
    setting: &Setting,
    alice: &mut Socket,
    chat: &str,
    text: &str,
) -> (String, Vec<Value>) {
    assert_eq!(alice.request(ask(chat, text)).await["type"], "MESSAGE_SENT");
    setting.delivers().await;
    let mut page = Page::default();
    let frames = page.follows(alice).await;
    (page.failed.expect("it has an answer"), frames)
}

#[tokio::test]
async fn every_failure_has_its_error_and_leaves_nothing_behind() {
    let setting = Setting::start().await;
    let error = |code: &str| json!({ "message": "hush-hush", "code": code });
    let text = json!({ "content": "One two three four five six." });
    let ai = &setting.openai;
    ai.responds(
        "refused prompt",
        json!({ "error": error("content_filter"), "status": 400 }),
    )
    .await;
    let filtered = json!({ "content": "One two", "finishReason": "content_filter" });
    ai.responds("refused answer", filtered).await;
    let busy = json!({ "error": error("429"), "status": 429, "retryAfter": 21 });
    ai.responds("busy", busy).await;
    ai.responds("broken", json!({ "error": error("oops"), "status": 500 }))
        .await;
    ai.responds("denied", json!({ "error": error("401"), "status": 401 }))
        .await;
    ai.responds_with(
        "cut off",
        text,
        json!({ "chunkSize": 5, "truncateAfterChunks": 3 }),
    )
    .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;

    for (question, expected) in [
        ("refused prompt", "content_filtered"),
        ("refused answer", "content_filtered"),
        ("busy", "rate_limited"),
        ("broken", "unavailable"),
        ("denied", "unavailable"),
        ("cut off", "unavailable"),
        ("nobody knows this one", "unavailable"),
    ] {
        let (error, frames) = fails(&setting, &mut alice, &chat, question).await;

        assert_eq!(error, expected, "{question}");
        let failed = of_type(&frames, "assistant.failed")[0];
        let started = of_type(&frames, "assistant.started")[0];
        assert_eq!(failed["messageId"], started["messageId"]);
        assert_eq!(
            (&failed["run"], &failed["chatId"]),
            (&json!(1), &json!(chat))
        );
    }
    let history = alice.request(get_history(&chat)).await;
    assert_eq!(
        history["messages"].as_array().unwrap().len(),
        7,
        "the questions alone"
    );
    assert!(history.get("answering").is_none());
    assert!(setting.queue_is_empty().await);
}

#[tokio::test]
async fn a_busy_service_is_waited_for_as_it_says() {
    let setting = Setting::start().await;
    let busy =
        json!({ "error": { "message": "x", "code": "429" }, "status": 429, "retryAfter": 1 });
    let model = &setting.openai.deployment;
    let once = json!({ "match": { "model": model, "userMessage": "hello", "sequenceIndex": 0 } });
    setting.openai.responds_with("hello", busy, once).await;
    setting
        .openai
        .responds("hello", json!({ "content": "At last." }))
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;

    alice.request(ask(&chat, "hello")).await;
    setting.delivers().await;

    alice.receive_type("MESSAGE").await;
    let answer = alice.receive_type("MESSAGE").await;
    assert_eq!(answer["message"]["content"], "At last.");
    assert_eq!(setting.openai.requests().await.len(), 2);
}

/// aimock cannot end a stream inside a frame, nor after its last word but before its end.
#[tokio::test]
async fn a_stream_that_breaks_anywhere_is_no_answer() {
    let openai = OpenAi::start().await;
    let proxy = Proxy::to(openai.url.trim_start_matches("http://")).await;
    let settings = [
        ("AZURE_OPENAI_ENDPOINT", format!("http://{}", proxy.address)),
        ("AZURE_OPENAI_DEPLOYMENT_NAME", openai.deployment.clone()),
    ];
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let setting = Setting::with(&settings).await;
    openai
        .responds("hello", json!({ "content": "One two three." }))
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    // The whole answer first, to know its length.
    alice.request(ask(&chat, "hello")).await;
    setting.delivers().await;
    let mut page = Page::default();
    page.follows(&mut alice).await;
    assert_eq!(
        (page.text.as_str(), &page.failed),
        ("One two three.", &None)
    );

    for bytes in [0, 50, 700, 900, 1100] {
        proxy.then(Fault::CutAnswer(bytes));
        let (error, _) = fails(&setting, &mut alice, &chat, "hello").await;
        assert_eq!(error, "unavailable", "{bytes}");
    }
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\ndata: no JSON at all\n\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\ndata: [DONE]\n\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 71\r\n\r\n\
         data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 41\r\n\r\ndata: {\"error\":{\"code\":\"server_error\"}}\n\n",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
    ] {
        proxy.then(Fault::Answer(answer));
        let (error, _) = fails(&setting, &mut alice, &chat, "hello").await;
        assert_eq!(error, "unavailable", "{answer}");
    }
    let filtered = "HTTP/1.1 200 OK\r\ncontent-length: 43\r\n\r\n\
        data: {\"error\":{\"code\":\"content_filter\"}}\n\n";
    proxy.then(Fault::Answer(filtered));
    let (error, _) = fails(&setting, &mut alice, &chat, "hello").await;
    assert_eq!(error, "content_filtered");
}

#[tokio::test]
async fn a_key_or_a_health_check_that_fails_shows_in_health_and_only_there() {
    let openai = OpenAi::start().await;
    let proxy = Proxy::to(openai.url.trim_start_matches("http://")).await;
    let settings = [
        ("AZURE_OPENAI_ENDPOINT", format!("http://{}", proxy.address)),
        ("AZURE_OPENAI_DEPLOYMENT_NAME", openai.deployment.clone()),
    ];
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let setting = Setting::with(&settings).await;

    // aimock does not list Azure's models.
    proxy.then(Fault::Answer(
        "HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n",
    ));
    let health = setting.app().get("/api/health").await;
    let again = setting.app().get("/api/health").await;

    assert_eq!(health.status, 200, "the rest works without an assistant");
    assert_eq!(health.json()["services"]["assistant"]["status"], "degraded");
    assert_eq!(again.json()["services"]["assistant"]["status"], "degraded");
    let path = "GET /openai/models?api-version=2024-10-21";
    assert_eq!(proxy.requests(), [path], "the result is kept for a while");
}

#[tokio::test]
async fn bad_tasks_can_never_succeed_and_the_next_is_served() {
    let setting = Setting::start().await;
    setting
        .openai
        .responds("hello", json!({ "content": "Hello." }))
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;

    for text in [
        "",
        "no JSON",
        "[]",
        "{}",
        r#"{"kind":"unknown"}"#,
        r#"{"kind":"answer"}"#,
        r#"{"kind":"answer","conversation":"lobby","generation":0,"question":1}"#,
        r#"{"kind":"answer","conversation":"chat:../x","generation":0,"question":1}"#,
        r#"{"kind":"answer","conversation":"chat:0199a0","generation":-1,"question":1}"#,
        r#"{"kind":"answer","conversation":"chat:0199a0","generation":0,"question":"1"}"#,
    ] {
        let answer = setting.app().trigger("assistant", text, 1).await;
        assert_eq!(answer.status, 500, "{text}");
    }
    // What is valid and means nothing is done.
    for question in [0, 1, u64::MAX] {
        for conversation in [format!("chat:{chat}"), "chat:0199a0".to_owned()] {
            let task = json!({ "kind": "answer", "conversation": conversation, "generation": 0, "question": question });
            let answer = setting
                .app()
                .trigger("assistant", &task.to_string(), 3)
                .await;
            assert_eq!(answer.status, 200, "{task}");
        }
    }
    alice.request(ask(&chat, "hello")).await;
    setting.delivers().await;
    assert_eq!(of_type(&alice.drain().await, "assistant.done").len(), 1);
}
