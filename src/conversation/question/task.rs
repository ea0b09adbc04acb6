//! The messages of the queue `switchboard-assistant`.

use serde::{Deserialize, Serialize};

use super::super::Conversation;

/// A message only names records. Each kind of work has its own `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Task {
    /// Answer a question of a chat, which is named by its group.
    Answer {
        conversation: String,
        generation: u64,
        question: u64,
    },
}

impl Task {
    pub fn answer(conversation: &Conversation, generation: u64, question: u64) -> Self {
        Self::Answer {
            conversation: conversation.group(),
            generation,
            question,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_have_the_agreed_form() {
        let chat = Conversation::of_group("chat:0199a0").unwrap();
        let text = r#"{"kind":"answer","conversation":"chat:0199a0","generation":0,"question":7}"#;

        let task = Task::answer(&chat, 0, 7);

        assert_eq!(serde_json::to_string(&task).unwrap(), text);
        assert_eq!(serde_json::from_str::<Task>(text).unwrap(), task);
    }
}
