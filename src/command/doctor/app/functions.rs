//! The function folders: what calls each function, and with which key.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::host_json::HostJson;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::json_file::{self, member};

const CHECK: &str = "functions";

/// The functions that the Web PubSub service calls, in a folder of ours.
const WEBHOOKS: [&str; 2] = ["connect_event", "message_event"];

/// What the host reads of a function.json.
pub(super) struct Function {
    pub(super) name: String,
    /// The type of its trigger, such as `queueTrigger`.
    pub(super) trigger: String,
    /// Its route without the prefix. The default is its name.
    pub(super) route: String,
    auth_level: Option<String>,
    /// In lower case; `None` admits all.
    pub(super) methods: Option<Vec<String>>,
    /// Exactly one HTTP trigger and one HTTP output.
    is_plain_http: bool,
}

impl Function {
    /// All functions of a folder in the order in which the host registers them, and the faults of
    /// those that cannot be read.
    pub(super) fn read_all(folder: &Path) -> (Vec<Self>, Vec<Finding>) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries
            .filter(|entry| entry.path().join("function.json").is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        let (mut functions, mut broken) = (Vec::new(), Vec::new());
        for name in names {
            let path = folder.join(&name).join("function.json");
            let read = json_file::read(&path).map_err(|error| error.to_string());
            match read.and_then(|root| Self::new(&name, &root)) {
                Ok(function) => functions.push(function),
                Err(error) => {
                    let what = format!("{name}/function.json {error}");
                    broken.push(Finding::error(CHECK, &faults::FUNCTION_JSON, what));
                }
            }
        }
        (functions, broken)
    }

    fn new(name: &str, root: &Value) -> Result<Self, String> {
        let bindings = member(root, "bindings").and_then(Value::as_array);
        let bindings = bindings.ok_or("has no list `bindings`")?;
        let text = |binding: &Value, name| Some(member(binding, name)?.as_str()?.to_owned());
        let kind = |binding: &Value| text(binding, "type").unwrap_or_default();
        let is_trigger = |binding: &&Value| kind(binding).to_ascii_lowercase().ends_with("trigger");
        let mut triggers = bindings.iter().filter(is_trigger);
        let trigger = triggers.next().ok_or("has no trigger")?;
        if triggers.next().is_some() {
            return Err("has two triggers".to_owned());
        }
        let inputs = bindings.iter().filter(|b| !is_output(b)).count();
        let outputs: Vec<_> = bindings.iter().filter(|b| is_output(b)).collect();
        let trigger_kind = kind(trigger);
        let is_http = trigger_kind.eq_ignore_ascii_case("httpTrigger");
        let one_http = outputs.len() == 1 && kind(outputs[0]).eq_ignore_ascii_case("http");
        let methods = member(trigger, "methods").and_then(Value::as_array);
        let methods = methods.map(|methods| {
            let names = methods.iter().filter_map(Value::as_str);
            names.map(str::to_ascii_lowercase).collect()
        });
        Ok(Self {
            name: name.to_owned(),
            route: text(trigger, "route").unwrap_or_else(|| name.to_owned()),
            auth_level: text(trigger, "authLevel"),
            methods,
            is_plain_http: is_http && one_http && inputs == 1,
            trigger: trigger_kind,
        })
    }

    pub(super) fn is_http(&self) -> bool {
        self.trigger.eq_ignore_ascii_case("httpTrigger")
    }

    /// Whether the host passes its requests on. Otherwise it calls `POST /<name>`.
    pub(super) fn is_forwarded(&self, host: &HostJson) -> bool {
        self.is_plain_http && host.forwards()
    }

    /// Whether callers must show a key.
    pub(super) fn has_key(&self) -> bool {
        let level = self.auth_level.as_deref();
        self.is_http() && !level.is_some_and(|level| level.eq_ignore_ascii_case("anonymous"))
    }

    pub(super) fn needs_extension(&self) -> bool {
        let built_in = ["httpTrigger", "timerTrigger"];
        !built_in
            .iter()
            .any(|kind| self.trigger.eq_ignore_ascii_case(kind))
    }

    fn is_webhook(&self) -> bool {
        self.is_http() && WEBHOOKS.contains(&self.name.as_str())
    }

    fn admits(&self, method: &str) -> bool {
        let methods = self.methods.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|known| known == method))
    }
}

fn is_output(binding: &Value) -> bool {
    let direction = member(binding, "direction").and_then(Value::as_str);
    direction.is_some_and(|direction| direction.eq_ignore_ascii_case("out"))
}

/// One finding for all functions, since one setting mends them all.
fn called_in_json_mode(functions: &[Function], host: &HostJson) -> Option<Finding> {
    let http = functions.iter().filter(|function| function.is_http());
    let names: Vec<_> = http
        .map(|function| format!("`{}`", function.name))
        .collect();
    if host.forwards() || names.is_empty() {
        return None;
    }
    let what = format!(
        "called as JSON documents, since host.json turns on neither forwarding nor proxying: {}",
        names.join(", ")
    );
    Some(Finding::warning(CHECK, &faults::NOT_FORWARDED, what))
}

pub(super) fn check(functions: &[Function], host: &HostJson) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(called_in_json_mode(functions, host));
    for function in functions.iter().filter(|function| function.is_http()) {
        let name = &function.name;
        if host.forwards() && !function.is_plain_http {
            let what = format!(
                "`{name}` is called as a JSON document: it has not exactly one `httpTrigger` and one \
                 `http` binding"
            );
            found.push(Finding::warning(CHECK, &faults::NOT_FORWARDED, what));
        }
        if function.auth_level.is_none() || (function.is_webhook() && function.has_key()) {
            let level = match &function.auth_level {
                Some(level) => format!("has `authLevel` `{level}`"),
                None => "has no `authLevel`, which means `function`".to_owned(),
            };
            let what = format!("`{name}` {level}: callers need a key");
            found.push(Finding::warning(CHECK, &faults::AUTH_LEVEL, what));
        }
        let admits_all = ["options", "post"]
            .iter()
            .all(|method| function.admits(method));
        if function.is_webhook() && !admits_all {
            let what = format!("`{name}` does not admit both OPTIONS and POST");
            let finding = Finding::error(CHECK, &faults::WEBHOOK_METHODS, what);
            found.push(finding.fill("function", name));
        }
    }
    if found.is_empty() {
        let http = functions
            .iter()
            .filter(|function| function.is_http())
            .count();
        let others = functions.len() - http;
        let what = format!("{http} HTTP functions, {others} that the host calls itself");
        found.push(Finding::ok(CHECK, what));
    }
    found
}
