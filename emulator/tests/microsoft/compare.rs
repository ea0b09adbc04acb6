//! The differences between two runs.

use std::fmt;

use serde_json::{Map, Value, json};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Difference {
    missing: Vec<Value>,
    surplus: Vec<Value>,
}

impl Difference {
    pub(crate) fn between(expected: &[Value], seen: &[Value]) -> Self {
        let mut surplus: Vec<Value> = seen.iter().map(essence).collect();
        let mut missing = Vec::new();
        for step in expected.iter().map(essence) {
            match surplus.iter().position(|other| *other == step) {
                Some(index) => {
                    surplus.swap_remove(index);
                }
                None => missing.push(step),
            }
        }
        Self::of(missing, surplus)
    }

    /// Ignores the order.
    pub(crate) fn of(mut missing: Vec<Value>, mut surplus: Vec<Value>) -> Self {
        missing.sort_by_key(Value::to_string);
        surplus.sort_by_key(Value::to_string);
        Self { missing, surplus }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.missing {
            writeln!(f, "  - {step}")?;
        }
        for step in &self.surplus {
            writeln!(f, "  + {step}")?;
        }
        Ok(())
    }
}

/// A step without the parts that do not count.
fn essence(step: &Value) -> Value {
    let mut step = step.clone();
    if let Some(got) = step.get_mut("got")
        && got["status"].as_u64() >= Some(400)
    {
        *got = essence_of_error(got);
    }
    let members: Map<String, Value> = step
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| {
            *name != "reason"
                || !step
                    .as_object()
                    .unwrap()
                    .keys()
                    .any(|key| key.ends_with(" closed"))
        })
        .map(|(name, value)| (name.clone(), essence_of_member(name, value)))
        .collect();
    let refused = members
        .keys()
        .find(|name| name.ends_with(" refused"))
        .cloned();
    match refused {
        Some(name) => json!({ &name: members[&name] }),
        None => Value::Object(members),
    }
}

/// The error code may be in a header or in the body.
fn essence_of_error(got: &Value) -> Value {
    let body = got["body"]
        .as_str()
        .and_then(|body| serde_json::from_str::<Value>(body).ok());
    let in_body = body.and_then(|body| body.get("code").cloned());
    let code = got.get("code").cloned().or(in_body);
    match code {
        Some(code) => json!({ "status": got["status"], "code": code }),
        None => json!({ "status": got["status"] }),
    }
}

fn essence_of_member(name: &str, value: &Value) -> Value {
    if name.ends_with(" closed") {
        return json!("*");
    }
    let mut value = value.clone();
    if value["type"] == "ack" && value["error"]["name"].is_string() {
        value["error"] = value["error"]["name"].clone();
    }
    value
}
