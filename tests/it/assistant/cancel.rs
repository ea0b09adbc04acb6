//! An answer that is stopped, by somebody or after its time.

use serde_json::{Value, json};

use super::{Page, Setting, TASKS, ask, get_history};

fn cancel(chat: &str, message: &Value) -> Value {
    json!({ "type": "assistant.cancel", "chatId": chat, "messageId": message })
}

async fn slow_setting(settings: &[(&str, &str)]) -> Setting {
    let setting = Setting::with(settings).await;
    let text = "ten chars ".repeat(100);
    let slow = json!({ "latency": 100, "chunkSize": 10 });
    setting
        .openai
        .responds_with("slow", json!({ "content": text }), slow)
        .await;
    setting
}

#[tokio::test]
async fn the_asker_stops_an_answer_and_what_there_is_is_stored() {
    let setting = slow_setting(&[]).await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let mut bob = setting.world.join_as("bob", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!(["bob"])).await;
    let sent = bob.request(ask(&chat, "slow")).await;

    let cancelling = async {
        bob.receive_type("assistant.delta").await;
        assert_eq!(
            bob.request(cancel(&chat, &sent["messageId"])).await["type"],
            "ok"
        );
        // Again, which does no harm.
        bob.send(cancel(&chat, &sent["messageId"])).await;
    };
    let mut page = Page::default();
    tokio::join!(setting.delivers(), cancelling, page.follows(&mut alice));
    let over = bob.request(cancel(&chat, &sent["messageId"])).await;
    let history = alice.request(get_history(&chat)).await;

    assert_eq!(page.failed, None);
    let answer = &history["messages"][1];
    assert_eq!(
        (&answer["cancelled"], &answer["replyTo"]),
        (&json!(true), &json!(1))
    );
    let content = answer["content"].as_str().unwrap();
    assert!(!content.is_empty() && content.len() < 1000, "{content}");
    assert_eq!(page.text, content);
    assert_eq!(over["error"], "not_found");
}

#[tokio::test]
async fn after_two_minutes_an_answer_is_cut() {
    let setting = slow_setting(&[]).await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    alice.request(ask(&chat, "slow")).await;

    let mut page = Page::default();
    let waiting = async {
        let delta = alice.receive_type("assistant.delta").await;
        page.sees(&json!({ "type": "assistant.started", "run": 1 }));
        page.sees(&delta);
        setting.app().advance(121);
        page.follows(&mut alice).await
    };
    tokio::join!(setting.delivers(), waiting);
    let history = alice.request(get_history(&chat)).await;

    let answer = &history["messages"][1];
    assert_eq!((&answer["truncated"], &page.failed), (&json!(true), &None));
    let content = answer["content"].as_str().unwrap();
    assert!(!content.is_empty() && content.len() < 1000, "{content}");
    assert_eq!(page.text, content);
}

#[tokio::test]
async fn before_any_text_a_cancelled_answer_is_a_failure() {
    let setting = slow_setting(&[]).await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;

    // Nobody has taken it from the queue.
    let sent = alice.request(ask(&chat, "slow")).await;
    assert_eq!(
        alice.request(cancel(&chat, &sent["messageId"])).await["type"],
        "ok"
    );
    setting.delivers().await;
    let mut waiting = Page::default();
    waiting.follows(&mut alice).await;

    assert_eq!(waiting.failed.as_deref(), Some("cancelled"));
    assert_eq!(setting.openai.requests().await, [] as [Value; 0]);
    let history = alice.request(get_history(&chat)).await;
    assert_eq!(history["lastSeq"], 1);
}

#[tokio::test]
async fn only_the_asker_and_the_owner_stop_an_answer() {
    let setting = slow_setting(&[]).await;
    let mut owner = setting.world.join_as("owner", "channel=chats").await;
    let mut asker = setting.world.join_as("asker", "channel=chats").await;
    let mut member = setting.world.join_as("member", "channel=chats").await;
    let mut stranger = setting.world.join_as("stranger", "channel=chats").await;
    let chat = setting.chat(&mut owner, json!(["asker", "member"])).await;
    let sent = asker.request(ask(&chat, "slow")).await;
    let id = &sent["messageId"];

    let by_member = member.request(cancel(&chat, id)).await;
    let by_stranger = stranger.request(cancel(&chat, id)).await;
    let of_nothing = stranger.request(cancel("0199a0", id)).await;
    let unknown = json!("00000000-0000-0000-0000-000000000000");
    let other = owner.request(cancel(&chat, &unknown)).await;
    let by_owner = owner.request(cancel(&chat, id)).await;

    assert_eq!(by_member["error"], "forbidden");
    assert_eq!(by_stranger["error"], "forbidden");
    assert_eq!(of_nothing["error"], "not_found");
    assert_eq!(other["error"], "not_found");
    assert_eq!(by_owner["type"], "ok");
    for (frame, error) in [
        (json!({ "chatId": chat }), "missing_field"),
        (json!({ "messageId": id }), "missing_field"),
        (json!({ "chatId": chat, "messageId": "x" }), "invalid_field"),
        (json!({ "chatId": chat, "messageId": 7 }), "invalid_field"),
        (
            json!({ "chatId": "../x", "messageId": id }),
            "invalid_field",
        ),
    ] {
        let mut cancel = frame.clone();
        cancel["type"] = json!("assistant.cancel");
        assert_eq!(owner.request(cancel).await["error"], error, "{frame}");
    }
}

#[tokio::test]
async fn an_anonymous_asker_stops_an_answer_from_the_asking_connection_alone() {
    let setting = slow_setting(&[("ASSISTANT_ANONYMOUS", "true")]).await;
    let mut owner = setting.world.join_as("owner", "channel=chats").await;
    let chat = setting.chat(&mut owner, Value::Null).await;
    let mut bob = setting.world.join("channel=chats&username=bob").await;
    let mut other_bob = setting.world.join("channel=chats&username=bob").await;
    let sent = bob.request(ask(&chat, "slow")).await;

    let by_other = other_bob.request(cancel(&chat, &sent["messageId"])).await;
    let by_bob = bob.request(cancel(&chat, &sent["messageId"])).await;

    assert_eq!(by_other["error"], "forbidden");
    assert_eq!(by_bob["type"], "ok");
}

#[tokio::test]
async fn what_a_dead_worker_wrote_of_a_cancelled_answer_is_stored() {
    let setting = slow_setting(&[]).await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    let sent = alice.request(ask(&chat, "slow")).await;
    let task = setting.account.takes(TASKS).await;

    {
        // The host kills a worker with its call.
        let dying = setting.app().trigger("assistant", &task, 1);
        let watching = async {
            loop {
                let history = alice.request(get_history(&chat)).await;
                if history["answering"][0]["index"].as_i64() > Some(0) {
                    return;
                }
            }
        };
        tokio::select! {
            _ = dying => panic!("it is over"),
            () = watching => {}
        }
    }
    alice.request(cancel(&chat, &sent["messageId"])).await;
    setting.app().advance(11);
    setting.app().trigger("assistant", &task, 2).await;
    let history = alice.request(get_history(&chat)).await;

    assert_eq!(history["messages"][1]["cancelled"], true, "{history}");
}
