//! A recording from its start to its end.

use bytes::Bytes;
use uuid::Uuid;

use super::recording::{Format, Recording};
use super::{RecordingError, Recordings};
use crate::azure::storage_account::blob::BlobContainer;
use crate::conversation::question::Task;
use crate::ids::user_id::UserId;

const MAX_BYTES: u64 = 24 * 1024 * 1024;

impl Recordings {
    /// Begins a recording. A repeat with the same id finds what the first call made. `caller` is a
    /// hash of whose minutes it uses.
    pub async fn start(
        &self,
        id: Uuid,
        format: Format,
        caller: String,
    ) -> Result<Recording, RecordingError> {
        let container = self.container()?;
        let now = self.clock.now();
        let max_seconds = self.allowance.reserve(&caller, id, now).await?;
        let recording = Recording::new(id, format, now, max_seconds, caller);
        let created = container
            .create_for_append(&recording.name.to_string())
            .await;
        if let Err(error) = created {
            self.allowance.settle(&recording, 0).await;
            return Err(RecordingError::Blobs(error));
        }
        Ok(recording)
    }

    /// Appends a chunk, once however often the same event comes.
    pub async fn append(
        &self,
        recording: &mut Recording,
        chunk: Vec<u8>,
    ) -> Result<(), RecordingError> {
        let end = recording.length + chunk.len() as u64;
        if end > MAX_BYTES {
            return Err(RecordingError::TooLong("a recording has at most 24 MiB"));
        }
        if recording.seconds(self.clock.now()) > recording.max_seconds {
            return Err(RecordingError::TooLong(
                "a recording lasts at most 10 minutes, and a user has 60 minutes a day",
            ));
        }
        // The service refuses an empty piece.
        if chunk.is_empty() {
            return Ok(());
        }
        let (container, name) = (self.container()?, recording.name.to_string());
        let appending = container.append(&name, recording.length, Bytes::from(chunk));
        appending.await.map_err(RecordingError::Blobs)?;
        recording.length = end;
        Ok(())
    }

    /// Ends a recording: it is transcribed for this connection of this user.
    pub async fn finish(
        &self,
        recording: &Recording,
        connection: &str,
        user: &UserId,
    ) -> Result<(), RecordingError> {
        let task = Task::Transcribe {
            recording: recording.name.to_string(),
            connection: connection.to_owned(),
            user: user.clone(),
        };
        if !self.outbox.put_task(&task).await {
            return Err(RecordingError::NotQueued);
        }
        self.settle(recording).await;
        Ok(())
    }

    /// Deletes a recording that nobody will end. If that fails, the lifecycle rule does it.
    pub async fn discard(&self, recording: &Recording) {
        self.settle(recording).await;
        self.delete(&recording.name.to_string()).await;
    }

    pub(super) async fn delete(&self, name: &str) {
        let Some(container) = &self.container else {
            return;
        };
        if let Err(error) = container.delete(name).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the recording {name} is not deleted"
            );
        }
    }

    async fn settle(&self, recording: &Recording) {
        let seconds = recording.seconds(self.clock.now());
        self.allowance.settle(recording, seconds).await;
    }

    fn container(&self) -> Result<&BlobContainer, RecordingError> {
        self.container.as_ref().ok_or(RecordingError::NotSetUp)
    }
}
