//! The transcript of a recording, for the queue function.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::recording::Name;
use super::{Recordings, TranscribeError};
use crate::assistant::Failure;
use crate::azure::openai::{OpenAiError, patiently};
use crate::ids::user_id::UserId;

/// After so many attempts to read the recording its maker learns that there is no transcript.
const MAX_ATTEMPTS: u32 = 5;

/// What the connection that made the recording receives: `text`, or `error`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename = "audio_transcript", rename_all = "camelCase")]
pub struct AudioTranscript {
    #[schema(value_type = String)]
    recording_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// `content_filtered`, `rate_limited` or `unavailable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    error: Option<Failure>,
}

impl Recordings {
    /// Transcribes a recording for the connection and user that made it. The task was taken
    /// `dequeue_count` times; a worker that dies is followed by the next, so the transcript is sent
    /// at least once.
    pub async fn transcribe(
        &self,
        recording: &str,
        connection: &str,
        user: &UserId,
        dequeue_count: u32,
    ) -> Result<(), TranscribeError> {
        let name: Name = recording.parse()?;
        let blob = name.to_string();
        let outcome = match self.text_of(&blob).await {
            // An earlier worker has sent the transcript.
            Ok(None) => return Ok(()),
            Ok(Some(outcome)) => outcome,
            Err(error) if dequeue_count < MAX_ATTEMPTS => return Err(error),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the recording {blob} is not transcribed"
                );
                Err(Failure::Unavailable)
            }
        };
        let transcript = AudioTranscript {
            recording_id: name.id,
            error: outcome.as_ref().err().copied(),
            text: outcome.ok(),
        };
        let sent = self.courier.to_connection(connection, user, &transcript);
        sent.await.map_err(TranscribeError::Send)?;
        self.delete(&blob).await;
        Ok(())
    }

    /// `None` if the recording is gone.
    async fn text_of(
        &self,
        blob: &str,
    ) -> Result<Option<Result<String, Failure>>, TranscribeError> {
        let (Some(container), Some(service)) = (&self.container, &self.service) else {
            return Ok(Some(Err(Failure::Unavailable)));
        };
        let found = container.content(blob).await;
        let Some(audio) = found.map_err(TranscribeError::Blobs)? else {
            return Ok(None);
        };
        let asked = patiently(|| service.transcribe(blob, &audio, self.ids.uuid())).await;
        Ok(Some(asked.map_err(|error| failure(blob, &error))))
    }
}

fn failure(blob: &str, error: &OpenAiError) -> Failure {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "the recording {blob} is not transcribed"
    );
    error.into()
}
