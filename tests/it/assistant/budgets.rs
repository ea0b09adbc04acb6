//! What a day's answers may cost.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Page, Setting, ask};
use crate::support::{Answer, Socket};

const DAY: i64 = 24 * 60 * 60;
/// A question and `max_tokens`, with room for the estimate.
const ONE_ANSWER: &str = "4400";

async fn end_of(setting: &Setting, alice: &mut Socket, chat: &str) -> Option<String> {
    // She may have heard other answers.
    alice.drain().await;
    assert_eq!(
        alice.request(ask(chat, "hello")).await["type"],
        "MESSAGE_SENT"
    );
    setting.delivers().await;
    let mut page = Page::default();
    page.follows(alice).await;
    page.failed
}

async fn setting(settings: &[(&str, &str)], usage: Value) -> Setting {
    let setting = Setting::with(settings).await;
    setting
        .openai
        .responds("hello", json!({ "content": "Hi.", "usage": usage }))
        .await;
    setting
}

#[tokio::test]
async fn what_the_service_used_counts_and_a_day_ends_at_midnight_utc() {
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 190, "total_tokens": 200 });
    let settings = [
        ("ASSISTANT_DAILY_TOKENS", ONE_ANSWER),
        ("JWT_EXPIRY_ON_SEND", "allow"),
    ];
    let setting = setting(&settings, usage).await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;

    // Each reserves more than 4,096 tokens, of which 200 are used.
    assert_eq!(end_of(&setting, &mut alice, &chat).await, None);
    assert_eq!(
        end_of(&setting, &mut alice, &chat).await.as_deref(),
        Some("budget_spent")
    );
    assert_eq!(setting.openai.requests().await.len(), 1);
    setting.app().advance(DAY);
    assert_eq!(end_of(&setting, &mut alice, &chat).await, None);
}

#[tokio::test]
async fn a_user_has_one_budget_in_all_chats_and_a_chat_one_for_all_users() {
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 990, "total_tokens": 1000 });
    let setting = setting(&[("ASSISTANT_DAILY_TOKENS", ONE_ANSWER)], usage).await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let mut bob = setting.world.join_as("bob", "channel=chats").await;
    let mut carol = setting.world.join_as("carol", "channel=chats").await;
    let shared = setting.chat(&mut alice, json!(["bob"])).await;
    let own = setting.chat(&mut alice, json!([])).await;
    let carols = setting.chat(&mut carol, json!([])).await;

    assert_eq!(end_of(&setting, &mut alice, &shared).await, None);
    let spent = Some("budget_spent");
    assert_eq!(
        end_of(&setting, &mut alice, &own).await.as_deref(),
        spent,
        "the user's"
    );
    assert_eq!(
        end_of(&setting, &mut bob, &shared).await.as_deref(),
        spent,
        "the chat's"
    );
    assert_eq!(end_of(&setting, &mut carol, &carols).await, None);
}

#[tokio::test]
async fn the_deployments_budget_is_everybodys_and_an_answer_that_breaks_off_stays_reserved() {
    let setting = Setting::with(&[("ASSISTANT_TOTAL_DAILY_TOKENS", "9000")]).await;
    let cut = json!({ "chunkSize": 5, "truncateAfterChunks": 3 });
    setting
        .openai
        .responds_with("hello", json!({ "content": "One two three four." }), cut)
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let mut bob = setting.world.join_as("bob", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    let bobs = setting.chat(&mut bob, json!([])).await;

    assert_eq!(
        end_of(&setting, &mut alice, &chat).await.as_deref(),
        Some("unavailable")
    );
    assert_eq!(
        end_of(&setting, &mut bob, &bobs).await.as_deref(),
        Some("unavailable")
    );
    assert_eq!(
        end_of(&setting, &mut bob, &bobs).await.as_deref(),
        Some("budget_spent")
    );
    let call = setting.app().call(Method::POST, "/api/chat");
    let token = setting.app().token("carol", json!({}));
    let reply = Answer::of(call.bearer_auth(token).json(&json!({ "message": "hello" }))).await;
    reply.assert_problem(429, "budget_spent");
}

#[tokio::test]
async fn answers_at_the_same_time_cannot_spend_more_than_there_is() {
    let setting = Setting::with(&[("ASSISTANT_TOTAL_DAILY_TOKENS", "13500")]).await;
    let token = setting.app().token("alice", json!({}));
    // Held back, so that all are reserved before the first is settled.
    let slow = json!({ "latency": 300, "chunkSize": 1 });
    setting
        .openai
        .responds_with("together", json!({ "content": "Hi." }), slow)
        .await;

    let asking = (0..6).map(|_| {
        let call = setting
            .app()
            .call(Method::POST, "/api/chat")
            .bearer_auth(&token);
        Answer::of(call.json(&json!({ "message": "together" })))
    });
    let answers = futures_util::future::join_all(asking).await;

    let answered = answers.iter().filter(|answer| answer.status == 200).count();
    let spent = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((answered, spent), (3, 3));
}
