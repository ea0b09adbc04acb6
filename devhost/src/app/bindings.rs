//! The `bindings` of a function.json.

use serde_json::{Map, Value};

use super::error::LoadError;
use super::function::DataType;
use super::json_file::{JsonFile, member};

/// One entry of `bindings`, of any type.
pub(super) struct Binding<'a> {
    pub(super) index: usize,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) is_output: bool,
    pub(super) members: &'a Map<String, Value>,
}

impl Binding<'_> {
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        member(self.members, key)?
            .as_str()
            .filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        member(self.members, key)?.as_bool()
    }

    pub(super) fn key(&self, key: &str) -> String {
        format!("bindings[{}].{key}", self.index)
    }

    pub(super) fn required(&self, file: &JsonFile, key: &str) -> Result<String, LoadError> {
        let problem = format!("is missing; a {} requires it", self.kind);
        self.text(key)
            .map(str::to_owned)
            .ok_or_else(|| file.bad(&self.key(key), problem))
    }

    pub(super) fn connection(&self) -> String {
        self.text("connection")
            .unwrap_or("AzureWebJobsStorage")
            .to_owned()
    }

    pub(super) fn data_type(&self) -> DataType {
        match self.text("dataType").map(str::to_lowercase).as_deref() {
            Some("string") => DataType::Text,
            Some("binary") => DataType::Binary,
            _ => DataType::Unset,
        }
    }
}

pub(super) fn bindings(file: &JsonFile) -> Result<Vec<Binding<'_>>, LoadError> {
    let list = match file.get("bindings") {
        Some(Value::Array(list)) if !list.is_empty() => list,
        _ => return Err(file.bad("bindings", "must be a list with at least one binding")),
    };
    let mut bindings = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let key = |name: &str| format!("bindings[{index}]{name}");
        let members = value
            .as_object()
            .ok_or_else(|| file.bad(&key(""), "must be an object"))?;
        let text = |name: &str| {
            let found = member(members, name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty());
            found.ok_or_else(|| file.bad(&key(&format!(".{name}")), "must be a string"))
        };
        let is_output = match member(members, "direction").and_then(Value::as_str) {
            None => false,
            Some(direction) if direction.eq_ignore_ascii_case("in") => false,
            Some(direction) if direction.eq_ignore_ascii_case("out") => true,
            Some(_) => return Err(file.bad(&key(".direction"), "must be \"in\" or \"out\"")),
        };
        let (kind, name) = (text("type")?.to_owned(), text("name")?.to_owned());
        bindings.push(Binding {
            index,
            kind,
            name,
            is_output,
            members,
        });
    }
    for (index, binding) in bindings.iter().enumerate() {
        if bindings[..index]
            .iter()
            .any(|other| other.name == binding.name)
        {
            return Err(file.bad(
                &binding.key("name"),
                format!("{:?} is the name of another binding too", binding.name),
            ));
        }
    }
    Ok(bindings)
}
