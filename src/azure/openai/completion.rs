//! An answer while it streams in.

use std::collections::VecDeque;

use super::error::OpenAiError;
use super::sse::SseReader;
use super::wire::Chunk;

const END: &str = "[DONE]";

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Text(String),
    Finished(Finish),
    /// How many tokens question and answer took. It may follow the end.
    Usage(u64),
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    Complete,
    /// The answer would be longer.
    Length,
}

/// Dropping it stops the model.
#[derive(Debug)]
pub struct Completion {
    response: reqwest::Response,
    reader: SseReader,
    events: VecDeque<Event>,
    is_over: bool,
}

impl Completion {
    pub(super) fn new(response: reqwest::Response) -> Self {
        Self {
            response,
            reader: SseReader::default(),
            events: VecDeque::new(),
            is_over: false,
        }
    }

    /// The next part; `None` at the end. Nothing is lost if the call is dropped.
    pub async fn next(&mut self) -> Result<Option<Event>, OpenAiError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.is_over {
                return Ok(None);
            }
            let piece = self.response.chunk().await.map_err(OpenAiError::broken)?;
            let piece = piece.ok_or(OpenAiError::Broken(None))?;
            let read = self.reader.read(&piece);
            for data in read.map_err(|_| OpenAiError::Malformed)? {
                self.read(&data)?;
            }
        }
    }

    fn read(&mut self, data: &str) -> Result<(), OpenAiError> {
        if data == END {
            self.is_over = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|_| OpenAiError::Malformed)?;
        if let Some(error) = chunk.error {
            return Err(match error.is_content_filter() {
                true => OpenAiError::ContentFiltered,
                false => OpenAiError::Refused(format!("an error `{}`", error.name())),
            });
        }
        // One choice is asked for.
        if let Some(choice) = chunk.choices.into_iter().next() {
            let text = choice.delta.content.filter(|text| !text.is_empty());
            self.events.extend(text.map(Event::Text));
            match choice.finish_reason.as_deref() {
                None => {}
                Some("content_filter") => return Err(OpenAiError::ContentFiltered),
                Some("length") => self.events.push_back(Event::Finished(Finish::Length)),
                Some(_) => self.events.push_back(Event::Finished(Finish::Complete)),
            }
        }
        let usage = chunk.usage.map(|usage| Event::Usage(usage.total_tokens));
        self.events.extend(usage);
        Ok(())
    }
}
