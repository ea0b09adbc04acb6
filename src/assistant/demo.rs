//! The demo model of `dev`: it answers every question alike, word by word, so that a page can be
//! built without Azure OpenAI. Some questions make it fail, dawdle or talk for long.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::azure::openai::{Event, Finish, OpenAiError, Role, Turn};

const PAUSE: Duration = Duration::from_millis(40);
const SLOW_PAUSE: Duration = Duration::from_secs(1);
/// Longer than an answer may be.
const LONG: usize = 40_000;
const FIRST_WORDS: &str = "I am the demo model of `switchboard dev`, not an AI.";
const USAGE: &str = "Ask `/slow` for an answer that takes half a minute, `/long` for one that is \
    cut, and `/fail`, `/fail content_filtered` or `/fail rate_limited` for none.";

#[derive(Debug)]
pub(super) enum Demo {}

/// The words that are still to come.
#[derive(Debug)]
pub(super) struct DemoAnswer {
    words: VecDeque<String>,
    pause: Duration,
    end: Option<Result<Event, OpenAiError>>,
}

impl Demo {
    /// The same question always gets the same answer.
    pub(super) fn answer(turns: &[Turn]) -> Result<DemoAnswer, OpenAiError> {
        let question = question(turns);
        let mut words = question.split_whitespace();
        let finished = Ok(Event::Finished(Finish::Complete));
        let answer = |text: String, pause, end| DemoAnswer {
            words: text.split_inclusive(' ').map(str::to_owned).collect(),
            pause,
            end: Some(end),
        };
        Ok(match (words.next(), words.next()) {
            (Some("/fail"), Some("content_filtered")) => return Err(OpenAiError::ContentFiltered),
            (Some("/fail"), Some("rate_limited")) => {
                return Err(OpenAiError::RateLimited {
                    retry_after: Some(Duration::from_secs(60)),
                });
            }
            (Some("/fail"), _) => {
                let text = format!("{FIRST_WORDS} This answer breaks");
                answer(text, PAUSE, Err(OpenAiError::Broken(None)))
            }
            (Some("/slow"), _) => {
                let count = (1..=30).map(|n| format!("{n} "));
                let text = format!(
                    "{FIRST_WORDS} I count the seconds: {}",
                    count.collect::<String>()
                );
                answer(text, SLOW_PAUSE, finished)
            }
            (Some("/long"), _) => {
                let sentence = "This sentence comes again and again. ";
                let text = format!("{FIRST_WORDS} {}", sentence.repeat(LONG / sentence.len()));
                answer(text, Duration::from_millis(1), finished)
            }
            _ => {
                let count = question.split_whitespace().count();
                let text = format!("{FIRST_WORDS} You wrote {count} words: {question}\n\n{USAGE}");
                answer(text, PAUSE, finished)
            }
        })
    }
}

/// The text of the last turn, which is JSON.
fn question(turns: &[Turn]) -> String {
    let last = turns.iter().rfind(|turn| turn.role == Role::User);
    let turn = last.map_or("", |turn| &turn.content);
    let fields: Value = serde_json::from_str(turn).unwrap_or_default();
    fields["text"].as_str().unwrap_or_default().to_owned()
}

impl DemoAnswer {
    pub(super) async fn next(&mut self) -> Result<Option<Event>, OpenAiError> {
        if self.words.is_empty() {
            return self.end.take().transpose();
        }
        sleep(self.pause).await;
        Ok(self.words.pop_front().map(Event::Text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> Result<DemoAnswer, OpenAiError> {
        let content = serde_json::json!({ "name": "a", "text": text }).to_string();
        let role = Role::User;
        Demo::answer(&[Turn { role, content }])
    }

    fn text(text: &str) -> String {
        ask(text).unwrap().words.into_iter().collect()
    }

    #[test]
    fn it_says_at_once_that_it_is_a_demo_and_always_answers_alike() {
        for question in ["hello there", "/slow", "/long", "/fail"] {
            assert!(text(question).starts_with(FIRST_WORDS), "{question}");
            assert_eq!(text(question), text(question));
        }
        assert!(text("hello there").contains("2 words: hello there"));
    }

    #[test]
    fn it_can_be_asked_to_fail_and_to_talk_for_long() {
        assert!(text("/long").chars().count() > 32_000);
        assert!(matches!(
            ask("/fail").unwrap().end,
            Some(Err(OpenAiError::Broken(_)))
        ));
        let filtered = ask("/fail content_filtered");
        assert!(matches!(filtered, Err(OpenAiError::ContentFiltered)));
        let limited = ask("/fail rate_limited");
        assert!(matches!(limited, Err(OpenAiError::RateLimited { .. })));
    }
}
