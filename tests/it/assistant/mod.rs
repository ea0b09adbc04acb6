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

use serde_json::{Value, json};
use switchboard::config::Listen;

use crate::support::{Account, Answer, Azurite, OpenAi, Socket, TestApp, World, fresh_folder};

const TASKS: &str = "switchboard-assistant";

struct Setting {
    world: World,
    account: Account,
    openai: OpenAi,
    /// The setting `STORE`.
    place: String,
}

impl Setting {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let openai = OpenAi::start().await;
        let account = Azurite::shared().await.account();
        let file = fresh_folder().join("switchboard.db");
        let place = format!("sqlite:{}", file.display());
        let world = world(&openai, &account, &place, settings).await;
        Self {
            world,
            account,
            openai,
            place,
        }
    }

    /// Another instance of the same deployment.
    async fn second_instance(&self) -> World {
        world(&self.openai, &self.account, &self.place, &[]).await
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
    place: &str,
    settings: &[(&str, &str)],
) -> World {
    let storage = account.connection_string();
    let mut all = vec![("AzureWebJobsStorage", storage.as_str()), ("STORE", place)];
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
