//! Reads a frame's fields one by one, so that an error names the field and what it should be.

use serde_json::{Map, Value};

use super::code::FrameError;

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
}
