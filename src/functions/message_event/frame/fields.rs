//! Reads a frame's fields one by one, so that an error names the field and what it should be.

use serde_json::{Map, Value};

use uuid::Uuid;

use super::code::FrameError;
use crate::conversation::Conversation;
use crate::ids::target::{ChatId, RoomId, SessionId};
use crate::ids::user_id::UserId;

const MAX_USERS: usize = 1000;

/// The members of a frame. A `null` counts as absent, since many clients write absence so.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str) -> Result<&str, FrameError> {
        let value = self.get(name).ok_or_else(|| FrameError::missing(name))?;
        value
            .as_str()
            .ok_or_else(|| FrameError::invalid(name, "text"))
    }

    /// A time as the client writes it, text or number: it is given back or compared, never read
    /// as an instant of ours.
    pub fn timestamp(&self, name: &str) -> Result<Option<Value>, FrameError> {
        match self.get(name) {
            None => Ok(None),
            Some(value @ (Value::String(_) | Value::Number(_))) => Ok(Some(value.clone())),
            Some(_) => Err(FrameError::invalid(name, "text or a number")),
        }
    }

    pub fn counter(&self, name: &str) -> Result<Option<u64>, FrameError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        // JavaScript counts exactly up to here; what is larger may not be the number it meant.
        const EXACT: u64 = (1 << 53) - 1;
        match value.as_u64() {
            Some(number) if number <= EXACT => Ok(Some(number)),
            _ => Err(FrameError::invalid(
                name,
                "a whole number from 0 to 9007199254740991",
            )),
        }
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, FrameError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(FrameError::invalid(name, "`true` or `false`")),
        }
    }

    pub fn object(&self, name: &str) -> Result<Self, FrameError> {
        match self.get(name) {
            None => Err(FrameError::missing(name)),
            Some(Value::Object(members)) => Ok(Self(members.clone())),
            Some(_) => Err(FrameError::invalid(name, "an object")),
        }
    }

    /// A list of user ids, in our spelling.
    pub fn users(&self, name: &str) -> Result<Option<Vec<UserId>>, FrameError> {
        let wrong = || FrameError::invalid(name, "a list of user ids");
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let ids = value.as_array().filter(|ids| ids.len() <= MAX_USERS);
        let ids = ids.ok_or_else(wrong)?.iter();
        let users = ids.map(|id| UserId::parse(id.as_str()?).ok());
        users.collect::<Option<_>>().map(Some).ok_or_else(wrong)
    }

    pub fn chat_id(&self) -> Result<ChatId, FrameError> {
        self.id::<ChatId>("chatId")?
            .ok_or_else(|| FrameError::missing("chatId"))
    }

    /// The conversation that the frame names, if any.
    pub fn conversation(&self) -> Result<Option<Conversation>, FrameError> {
        let named = [
            self.id::<ChatId>("chatId")?.map(Conversation::Chat),
            self.id::<SessionId>("session_id")?
                .map(Conversation::Session),
            self.id::<RoomId>("room_id")?.map(Conversation::Room),
        ];
        let mut named = named.into_iter().flatten();
        let first = named.next();
        if named.next().is_some() {
            return Err(FrameError::invalid(
                "session_id",
                "alone: one of `chatId`, `session_id`, `room_id`",
            ));
        }
        Ok(first)
    }

    /// `file: {fileId}`
    pub fn file(&self) -> Result<Option<Uuid>, FrameError> {
        if self.get("file").is_none() {
            return Ok(None);
        }
        let file = self.object("file")?;
        let name = if file.get("file_id").is_some() {
            "file_id"
        } else {
            "fileId"
        };
        let id = Uuid::try_parse(file.text(name)?);
        id.map(Some)
            .map_err(|_| FrameError::invalid(name, "the `fileId` of an upload"))
    }

    fn id<T>(&self, name: &str) -> Result<Option<T>, FrameError>
    where
        T: std::str::FromStr<Err = crate::ids::target::InvalidId>,
    {
        if self.get(name).is_none() {
            return Ok(None);
        }
        let parsed = self.text(name)?.parse();
        parsed
            .map(Some)
            .map_err(|wrong: crate::ids::target::InvalidId| {
                FrameError::invalid(name, wrong.expected())
            })
    }
}
