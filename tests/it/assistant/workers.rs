//! Several workers, of which some die.

use serde_json::{Value, json};

use super::{Page, Setting, TASKS, ask, get_history, of_type};

const TEXT: &str = "One two three four five six seven eight nine ten eleven twelve.";

async fn slow_setting() -> Setting {
    let setting = Setting::start().await;
    answer_slowly(&setting).await;
    setting
}

async fn answer_slowly(setting: &Setting) {
    let slow = json!({ "latency": 100, "chunkSize": 2 });
    let response = json!({ "content": TEXT });
    setting.openai.responds_with("slow", response, slow).await;
}

#[tokio::test]
async fn of_two_workers_at_once_one_answers() {
    one_of_two_workers_answers(Setting::start().await).await;
}

#[tokio::test]
async fn of_two_workers_at_once_one_answers_on_table_storage() {
    one_of_two_workers_answers(Setting::on_tables().await).await;
}

#[tokio::test]
async fn of_two_workers_at_once_one_answers_on_the_cosmos_double() {
    one_of_two_workers_answers(Setting::on_cosmos().await).await;
}

async fn one_of_two_workers_answers(setting: Setting) {
    answer_slowly(&setting).await;
    let other = setting.second_instance().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    alice.request(ask(&chat, "slow")).await;
    let task = setting.account.takes(TASKS).await;

    let (one, two) = tokio::join!(
        setting.app().trigger("assistant", &task, 1),
        other.app.trigger("assistant", &task, 1)
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();

    // The host tries the failed one again, which finds the question answered.
    assert_eq!(statuses, [200, 500]);
    assert_eq!(other.app.trigger("assistant", &task, 2).await.status, 200);
    assert_eq!(setting.openai.requests().await.len(), 1);
    let history = alice.request(get_history(&chat)).await;
    assert_eq!(history["lastSeq"], 2);
}

#[tokio::test]
async fn a_claim_that_ran_out_is_taken_with_the_next_run_and_the_slow_worker_stops() {
    take_over_a_claim(Setting::start().await).await;
}

#[tokio::test]
async fn a_claim_that_ran_out_is_taken_on_table_storage() {
    take_over_a_claim(Setting::on_tables().await).await;
}

#[tokio::test]
async fn a_claim_that_ran_out_is_taken_on_the_cosmos_double() {
    take_over_a_claim(Setting::on_cosmos().await).await;
}

async fn take_over_a_claim(setting: Setting) {
    answer_slowly(&setting).await;
    // The first worker's service is elsewhere; what it sends after it has lost nobody hears.
    let other = setting.second_instance().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    alice.request(ask(&chat, "slow")).await;
    let task = setting.account.takes(TASKS).await;

    let taking_over = async {
        alice.receive_type("assistant.delta").await;
        other.app.advance(20);
        other.app.trigger("assistant", &task, 2).await
    };
    let (slow, fast) = tokio::join!(setting.app().trigger("assistant", &task, 1), taking_over);

    assert_eq!((slow.status.as_u16(), fast.status.as_u16()), (200, 200));
    let history = alice.request(get_history(&chat)).await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 2);
    assert_eq!(history["messages"][1]["content"], TEXT);
    assert_eq!(setting.openai.requests().await.len(), 2);
}

#[tokio::test]
async fn after_the_fifth_run_there_is_no_answer() {
    let setting = slow_setting().await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    alice.request(ask(&chat, "slow")).await;
    let task = setting.account.takes(TASKS).await;

    for run in 1..=5 {
        // The host kills a worker with its call.
        let dying = setting.app().trigger("assistant", &task, run);
        let watching = async {
            let started = alice.receive_type("assistant.started").await;
            assert_eq!(started["run"], run);
            alice.receive_type("assistant.delta").await;
        };
        tokio::select! {
            answer = dying => panic!("{}", answer.status),
            () = watching => {}
        }
        let meanwhile = setting.app().trigger("assistant", &task, run).await;
        assert_eq!(meanwhile.status, 500, "the claim still holds");
        setting.app().advance(11);
    }
    let last = setting.app().trigger("assistant", &task, 6).await;
    let mut page = Page {
        run: 5,
        ..Page::default()
    };
    page.follows(&mut alice).await;

    assert_eq!(last.status, 200);
    assert_eq!(page.failed.as_deref(), Some("unavailable"));
    let history = alice.request(get_history(&chat)).await;
    assert_eq!(history["lastSeq"], 1);
    assert!(history.get("answering").is_none());
}

#[tokio::test]
async fn an_answer_whose_worker_died_before_it_was_sent_is_sent_by_the_next_delivery() {
    let setting = Setting::start().await;
    setting
        .openai
        .responds("hello", json!({ "content": "Hello." }))
        .await;
    let mut alice = setting.world.join_as("alice", "channel=chats").await;
    let chat = setting.chat(&mut alice, json!([])).await;
    alice.request(ask(&chat, "hello")).await;
    let task = setting.account.takes(TASKS).await;
    alice.drain().await;

    setting.world.gate.shut();
    let unheard = setting.app().trigger("assistant", &task, 1).await;
    setting.world.gate.open();
    setting.app().advance(11);
    let again = setting.app().trigger("assistant", &task, 2).await;
    let frames = alice.drain().await;

    assert_eq!((unheard.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_eq!(of_type(&frames, "MESSAGE").len(), 1, "{frames:?}");
    assert_eq!(of_type(&frames, "assistant.done").len(), 1);
    assert_eq!(setting.openai.requests().await.len(), 1);
    // It was recorded.
    setting.app().trigger("assistant", &task, 3).await;
    assert_eq!(alice.drain().await, [] as [Value; 0]);
}
