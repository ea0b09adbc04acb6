//! The assistant, from both ends of its queue: Azurite holds the queue, aimock stands for Azure
//! OpenAI, and the test is the Functions host.

mod answers;
mod budgets;
mod cancel;
mod dev;
mod failures;
mod identity;
mod questions;
mod reply;
mod workers;

use jiff::Timestamp;
use serde_json::{Value, json};
use switchboard::clock::Clock;
use switchboard::config::Listen;

use crate::support::{
    Account, Answer, Azurite, NOW, OpenAi, Socket, StoreSettings, TestApp, World,
};

const TASKS: &str = "switchboard-assistant";

struct Setting {
    world: World,
    account: Account,
    openai: OpenAi,
    store: StoreSettings,
}

impl Setting {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let account = Azurite::shared().await.account();
        Self::of(account, StoreSettings::sqlite(), settings).await
    }

    async fn on_tables() -> Self {
        let account = Azurite::shared().await.account();
        let store = StoreSettings::tables(account.connection_string());
        Self::of(account, store, &[]).await
    }

    async fn on_cosmos() -> Self {
        let account = Azurite::shared().await.account();
        let clock = Clock::from_fn(|| Timestamp::from_second(NOW).unwrap());
        Self::of(account, StoreSettings::cosmos_at(clock).await, &[]).await
    }

    async fn of(account: Account, store: StoreSettings, settings: &[(&str, &str)]) -> Self {
        let openai = OpenAi::start().await;
        let world = world(&openai, &account, &store, settings).await;
        Self {
            world,
            account,
            openai,
            store,
        }
    }

    /// Another instance of the same deployment.
    async fn second_instance(&self) -> World {
        world(&self.openai, &self.account, &self.store, &[]).await
    }

    fn app(&self) -> &TestApp {
        &self.world.app
    }

    /// A chat of this client in which only `ask` asks.
    async fn chat(&self, owner: &mut Socket, members: Value) -> String {
        let frame = json!({ "type": "CREATE_CHAT", "name": "a chat", "members": members });
        let created = owner.request(frame).await;
        created["chat"]["id"].as_str().unwrap().to_owned()
    }

    /// Takes the next task from the queue and has it carried out.
    async fn deliver(&self) -> Answer {
        let task = self.account.takes(TASKS).await;
        self.app().trigger("assistant", &task, 1).await
    }

    async fn delivers(&self) {
        let answer = self.deliver().await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
    }

    async fn queue_is_empty(&self) -> bool {
        let queue = self.account.queue(TASKS);
        let taken = queue.take(1, std::time::Duration::from_secs(1)).await;
        taken.unwrap().is_empty()
    }
}

async fn world(
    openai: &OpenAi,
    account: &Account,
    store: &StoreSettings,
    settings: &[(&str, &str)],
) -> World {
    let storage = account.connection_string();
    let mut all = vec![("AzureWebJobsStorage", storage.as_str())];
    let store = store.settings.iter();
    all.extend(store.map(|(name, value)| (*name, value.as_str())));
    all.extend(openai.settings());
    all.extend_from_slice(settings);
    World::started_by(Listen::Functions(0), &all).await
}

fn ask(chat: &str, content: &str) -> Value {
    json!({ "type": "ask", "chatId": chat, "content": content })
}

fn send(chat: &str, content: &str) -> Value {
    json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": { "content": content } })
}

fn get_history(chat: &str) -> Value {
    json!({ "type": "GET_CHAT_HISTORY", "chatId": chat })
}

/// A page that follows the rules for clients: it drops frames of a lower run and deltas that it has
/// already, and what is stored counts.
#[derive(Debug, Default)]
struct Page {
    run: u64,
    /// The index of the next delta, if it has the text before it.
    next: Option<i64>,
    text: String,
    /// The text of each moment.
    shown: Vec<String>,
    is_over: bool,
    failed: Option<String>,
}

impl Page {
    /// What a late joiner reads.
    fn from_history(history: &Value) -> Self {
        let answering = &history["answering"][0];
        Self {
            run: answering["run"].as_u64().unwrap(),
            next: Some(answering["index"].as_i64().unwrap() + 1),
            text: answering["text"].as_str().unwrap().to_owned(),
            ..Self::default()
        }
    }

    fn sees(&mut self, frame: &Value) {
        let run = frame["run"].as_u64().unwrap_or_default();
        match frame["type"].as_str().unwrap() {
            "assistant.started" if run > self.run => {
                *self = Self {
                    run,
                    next: Some(0),
                    shown: std::mem::take(&mut self.shown),
                    ..Self::default()
                };
            }
            "assistant.delta" if run == self.run => {
                let index = frame["index"].as_i64().unwrap();
                match self.next {
                    Some(next) if index < next => return,
                    Some(next) if index == next => {
                        self.text.push_str(frame["text"].as_str().unwrap());
                        self.next = Some(index + 1);
                    }
                    // It would read the history again.
                    _ => self.next = None,
                }
            }
            "MESSAGE" if frame["message"]["senderId"] == "assistant" => {
                self.text = frame["message"]["content"].as_str().unwrap().to_owned();
            }
            "assistant.done" => self.is_over = true,
            "assistant.failed" if run >= self.run => {
                self.failed = Some(frame["error"].as_str().unwrap().to_owned());
                self.is_over = true;
            }
            _ => return,
        }
        self.shown.push(self.text.clone());
    }

    /// Follows the answer to its end, and returns all frames.
    async fn follows(&mut self, client: &mut Socket) -> Vec<Value> {
        let mut frames = Vec::new();
        while !self.is_over {
            let frame = client.receive().await;
            self.sees(&frame);
            frames.push(frame);
        }
        frames
    }
}

fn of_type<'a>(frames: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let is_of_type = |frame: &&Value| frame["type"] == kind;
    frames.iter().filter(is_of_type).collect()
}
