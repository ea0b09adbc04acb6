//! `assistant`: the trigger of the queue `switchboard-assistant`.

use std::sync::Arc;

use super::queue_trigger::{Invocation, QueueFunction};
use crate::app::App;
use crate::assistant::TaskError;
use crate::azure::storage_account::work_queue::WorkQueue;
use crate::conversation::outbox;
use crate::conversation::question::Task;
use crate::recordings::TranscribeError;

/// The function, for `queue_trigger`.
#[derive(Debug)]
pub enum AssistantTasks {}

/// Why a message was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AssistantError {
    #[error("it is not text")]
    NotText,
    #[error("it is no task: {0}")]
    NotATask(serde_json::Error),
    #[error(transparent)]
    Task(#[from] TaskError),
    #[error(transparent)]
    Transcribe(#[from] TranscribeError),
}

impl QueueFunction for AssistantTasks {
    const QUEUE: &'static str = outbox::TASK_QUEUE;
    type Error = AssistantError;

    fn queue(app: &App) -> Option<&Arc<WorkQueue>> {
        app.outbox.tasks()
    }

    async fn carry_out(app: &Arc<App>, message: &Invocation) -> Result<(), AssistantError> {
        let text = message.text.as_deref().ok_or(AssistantError::NotText)?;
        let task: Task = serde_json::from_str(text).map_err(AssistantError::NotATask)?;
        let count = message.dequeue_count;
        match &task {
            Task::Answer { .. } => app.assistant.carry_out(&task, count).await?,
            Task::Transcribe {
                recording,
                connection,
                user,
            } => {
                let recordings = &app.recordings;
                recordings
                    .transcribe(recording, connection, user, count)
                    .await?;
            }
        }
        Ok(())
    }

    fn is_invalid(error: &AssistantError) -> bool {
        matches!(
            error,
            AssistantError::NotText
                | AssistantError::NotATask(_)
                | AssistantError::Task(TaskError::Invalid(_))
                | AssistantError::Transcribe(TranscribeError::Invalid(_))
        )
    }

    /// The host shows the message again, by when the other worker is done or dead.
    fn is_expected(error: &AssistantError) -> bool {
        matches!(error, AssistantError::Task(TaskError::Claimed))
    }
}
