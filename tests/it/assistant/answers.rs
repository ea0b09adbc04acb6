//! Streaming an answer, and what those see who come late.

use serde_json::{Value, json};

use super::{Page, Setting, ask, get_history, of_type, send};

/// Fifty pieces of ten characters.
fn long_text() -> String {
    (10..60)
        .map(|n| format!("word {n}..., "))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[tokio::test]
async fn an_answer_streams_to_two_clients_and_a_third_that_joins_late_shows_the_same() {
    let setting = Setting::start().await;
    let text = long_text();
    let slow = json!({ "latency": 100, "chunkSize": 10 });
    setting
        .openai
        .responds_with("long", json!({ "content": text }), slow)
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let mut bob = setting.world.join_as("bob", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!(["bob", "carol"])).await;
    let mut carol = setting.world.join_as("carol", "channel=audio").await;
    alice.request(ask(&chat, "a long one")).await;

    let late = async {
        // In mid-answer, when the claim holds some text.
        loop {
            let history = carol.request(get_history(&chat)).await;
            if history["answering"][0]["index"].as_i64() > Some(1) {
                let mut page = Page::from_history(&history);
                assert_eq!(history["answering"][0]["replyTo"], 1);
                assert!(text.starts_with(&page.text), "{}", page.text);
                page.follows(&mut carol).await;
                return page;
            }
        }
    };
    let (mut first, mut second) = (Page::default(), Page::default());
    let (_, frames, _, third) = tokio::join!(
        setting.delivers(),
        first.follows(&mut alice),
        second.follows(&mut bob),
        late,
    );

    for page in [&first, &second, &third] {
        assert_eq!((page.text.as_str(), &page.failed), (text.as_str(), &None));
        assert!(page.shown.iter().all(|shown| text.starts_with(shown)));
    }
    let deltas = of_type(&frames, "assistant.delta");
    let said: String = deltas
        .iter()
        .map(|delta| delta["text"].as_str().unwrap())
        .collect();
    assert_eq!(said, text, "the deltas are the text");
    let history = alice.request(get_history(&chat)).await;
    assert!(history.get("answering").is_none(), "{history}");
    assert_eq!(history["messages"][1]["content"], json!(text));
}

#[tokio::test]
async fn the_answer_under_way_is_shown_to_those_alone_who_may_read_the_chat() {
    let setting = Setting::start().await;
    let slow = json!({ "latency": 200, "chunkSize": 10 });
    setting
        .openai
        .responds_with("long", json!({ "content": long_text() }), slow)
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let mut mallory = setting.world.join_as("mallory", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    alice.request(ask(&chat, "a long one")).await;

    let looking = async {
        alice.receive_type("assistant.started").await;
        let refused = mallory.request(get_history(&chat)).await;
        let path = format!("/api/rooms/chat:{chat}/messages");
        let token = setting.app().token("alice", json!({}));
        let rest = setting
            .app()
            .call(reqwest::Method::GET, &path)
            .bearer_auth(token);
        let rest = crate::support::Answer::of(rest).await.json();
        // Nothing more is needed of the answer.
        let cancel = json!({ "type": "assistant.cancel", "chatId": chat,
            "messageId": rest["answering"][0]["messageId"] });
        assert_eq!(alice.request(cancel).await["type"], "ok");
        (refused, rest)
    };
    let ((), (refused, rest)) = tokio::join!(setting.delivers(), looking);

    assert_eq!(refused["error"], "forbidden");
    assert_eq!(rest["answering"][0]["run"], 1);
}

#[tokio::test]
async fn the_model_gets_the_prompt_and_twenty_messages_as_data() {
    let setting = Setting::with(&[("ASSISTANT_PROMPT", "Be brief.")]).await;
    setting
        .openai
        .responds("what", json!({ "content": "That." }))
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    for n in 1..=22 {
        alice.request(send(&chat, &format!("line {n}"))).await;
    }
    alice.request(ask(&chat, "what\"}")).await;
    alice.request(send(&chat, "later")).await;
    setting.delivers().await;
    alice.request(ask(&chat, "what else")).await;
    setting.delivers().await;

    let requests = setting.openai.requests().await;
    let [first, second] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(
        (&first["stream"], &first["max_tokens"]),
        (&json!(true), &json!(4096))
    );
    assert_eq!(first["stream_options"], json!({ "include_usage": true }));
    let turns = first["messages"].as_array().unwrap();
    assert_eq!(turns.len(), 1 + 20);
    assert_eq!(
        turns[0],
        json!({ "role": "system", "content": "Be brief." })
    );
    let said = |turn: &Value| -> Value {
        assert_eq!(turn["role"], "user");
        serde_json::from_str(turn["content"].as_str().unwrap()).unwrap()
    };
    assert_eq!(
        said(&turns[1]),
        json!({ "name": "alice", "text": "line 4" })
    );
    assert_eq!(
        said(&turns[20]),
        json!({ "name": "alice", "text": "what\"}" })
    );
    let turns = second["messages"].as_array().unwrap();
    assert_eq!(
        turns[19],
        json!({ "role": "assistant", "content": "That." })
    );
    assert_eq!(said(&turns[18])["text"], "later");
}

#[tokio::test]
async fn an_answer_is_cut_at_32000_characters_and_where_the_model_says_so() {
    let setting = Setting::start().await;
    let long = "é".repeat(33_000);
    let big = json!({ "chunkSize": 1000 });
    setting
        .openai
        .responds_with("endless", json!({ "content": long }), big)
        .await;
    let cut = json!({ "content": "Half a", "finishReason": "length" });
    setting.openai.responds("half", cut).await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;

    for (question, length) in [("endless", 32_000), ("half", 6)] {
        alice.request(ask(&chat, question)).await;
        setting.delivers().await;
        alice.receive_type("MESSAGE").await;
        let answer = alice.receive_type("MESSAGE").await;
        let content = answer["message"]["content"].as_str().unwrap();
        assert_eq!(content.chars().count(), length);
        assert_eq!(answer["message"]["truncated"], true);
    }
}

#[tokio::test]
async fn questions_of_one_chat_are_answered_in_order_and_one_at_a_time() {
    let setting = Setting::start().await;
    let slow = json!({ "latency": 100, "chunkSize": 10 });
    setting
        .openai
        .responds_with("first", json!({ "content": long_text() }), slow)
        .await;
    setting
        .openai
        .responds("second", json!({ "content": "Two." }))
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let mut bob = setting.world.join_as("bob", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!(["bob"])).await;
    alice.request(ask(&chat, "first")).await;
    bob.request(ask(&chat, "second")).await;
    let first = setting.account.takes(super::TASKS).await;
    let second = setting.account.takes(super::TASKS).await;

    let other = async {
        alice.receive_type("assistant.delta").await;
        // The other question waits, and this message is not needed: the first worker brings it.
        let waits = setting.app().trigger("assistant", &second, 1).await;
        let claimed = setting.app().trigger("assistant", &first, 1).await;
        (waits.status.as_u16(), claimed.status.as_u16())
    };
    let (done, during) = tokio::join!(setting.app().trigger("assistant", &first, 1), other);
    setting.delivers().await;
    let history = alice.request(get_history(&chat)).await;

    assert_eq!(done.status, 200);
    assert_eq!(during, (200, 500));
    let replies: Vec<_> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["replyTo"].as_u64())
        .collect();
    assert_eq!(replies, [None, None, Some(1), Some(2)]);
    assert!(setting.queue_is_empty().await);
}

#[tokio::test]
async fn in_a_deleted_chat_nothing_is_stored_or_sent() {
    let setting = Setting::start().await;
    let slow = json!({ "latency": 100, "chunkSize": 5 });
    setting
        .openai
        .responds_with("long", json!({ "content": long_text() }), slow)
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    alice.request(ask(&chat, "a long one")).await;
    let task = setting.account.takes(super::TASKS).await;

    let deleting = async {
        alice.receive_type("assistant.delta").await;
        let deleted = alice
            .request(json!({ "type": "DELETE_CHAT", "chatId": chat }))
            .await;
        assert_eq!(deleted["type"], "CHAT_DELETED", "{deleted}");
    };
    let (done, ()) = tokio::join!(setting.app().trigger("assistant", &task, 1), deleting);
    let frames = alice.drain().await;
    let again = setting.app().trigger("assistant", &task, 2).await;

    assert_eq!((done.status.as_u16(), again.status.as_u16()), (200, 200));
    for kind in ["MESSAGE", "assistant.done", "assistant.failed"] {
        assert_eq!(of_type(&frames, kind), [] as [&Value; 0]);
    }
    assert_eq!(alice.drain().await, [] as [Value; 0]);
}
