//! The messages of the queue `switchboard-assistant`.

use serde::{Deserialize, Serialize};

use super::super::Conversation;
use crate::ids::user_id::UserId;

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
    /// Transcribe a recording, which is named by its blob, for the connection and user that made it.
    Transcribe {
        recording: String,
        connection: String,
        user: UserId,
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

        let text = r#"{"kind":"transcribe","recording":"7.webm","connection":"c1","user":"alice"}"#;
        let task = Task::Transcribe {
            recording: "7.webm".to_owned(),
            connection: "c1".to_owned(),
            user: UserId::parse("alice").unwrap(),
        };

        assert_eq!(serde_json::to_string(&task).unwrap(), text);
        assert_eq!(serde_json::from_str::<Task>(text).unwrap(), task);
    }
}
