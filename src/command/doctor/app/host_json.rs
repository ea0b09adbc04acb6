//! host.json: how the host starts the handler and talks to it.

use serde_json::Value;

use super::functions::Function;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::json_file::{at, member};
use crate::command::doctor::spelling::nearest;

const CHECK: &str = "host.json";

/// The keys that the host reads.
const HANDLER_KEYS: [&str; 6] = [
    "description",
    "enableForwardingHttpRequest",
    "enableProxyingHttpRequest",
    "initializationTimeout",
    "port",
    "http",
];

pub(super) struct HostJson(Value);

impl HostJson {
    pub(super) fn new(root: Value) -> Self {
        Self(root)
    }

    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        at(&self.0, path)
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    fn flag(&self, name: &str) -> bool {
        match self.at(&["customHandler", name]) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    pub(super) fn executable(&self) -> Option<&str> {
        self.text(&["customHandler", "description", "defaultExecutablePath"])
    }

    /// Whether requests are passed on as they came, in either way.
    pub(super) fn forwards(&self) -> bool {
        self.flag("enableForwardingHttpRequest") || self.flag("enableProxyingHttpRequest")
    }

    pub(super) fn route_prefix(&self) -> &str {
        let prefix = self.text(&["extensions", "http", "routePrefix"]);
        prefix.unwrap_or("api").trim_matches('/')
    }

    pub(super) fn check(&self, functions: &[Function]) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.text(&["version"]) != Some("2.0") {
            let what = "host.json must have `\"version\": \"2.0\"`, exactly";
            found.push(Finding::error(CHECK, &faults::HOST_JSON, what));
        }
        let Some(handler) = self.at(&["customHandler"]) else {
            let what = "host.json has no `customHandler`: the host has no program to start";
            found.push(Finding::error(CHECK, &faults::HOST_JSON, what));
            return found;
        };
        if self.executable().is_none_or(|path| path.trim().is_empty()) {
            let what = "`customHandler.description.defaultExecutablePath` is missing";
            found.push(Finding::error(CHECK, &faults::HOST_JSON, what));
        }
        found.extend(unknown_keys(handler));
        if member(handler, "http").is_some() && !functions.is_empty() {
            let what = format!(
                "`customHandler.http` is set, and {} functions have a function.json",
                functions.len()
            );
            found.push(Finding::error(CHECK, &faults::ROUTES_MIXED, what));
        }
        let extended = functions.iter().find(|f| f.needs_extension());
        if let Some(function) = extended
            && self.at(&["extensionBundle"]).is_none()
        {
            let what = format!(
                "`{}` has a {}, and host.json names no `extensionBundle`",
                function.name, function.trigger
            );
            found.push(Finding::error(CHECK, &faults::BUNDLE_MISSING, what));
        }
        if found.is_empty() {
            let mode = match self.forwards() {
                true => "requests are forwarded as they come",
                false => "requests are sent as JSON documents",
            };
            found.push(Finding::ok(CHECK, mode));
        }
        found
    }
}

fn unknown_keys(handler: &Value) -> Vec<Finding> {
    let keys = handler.as_object().into_iter().flat_map(|map| map.keys());
    let unknown = keys.filter(|key| !HANDLER_KEYS.iter().any(|k| k.eq_ignore_ascii_case(key)));
    let finding = |key: &String| {
        let what = format!("the host does not know `customHandler.{key}`, and ignores it");
        // A misspelt flag shares more with it than any limit on edits would allow.
        let known = match key.to_ascii_lowercase() {
            key if key.contains("proxy") => "enableProxyingHttpRequest",
            key if key.contains("forward") => "enableForwardingHttpRequest",
            _ => nearest(key, HANDLER_KEYS).unwrap_or("description"),
        };
        Finding::warning(CHECK, &faults::FLAG_UNKNOWN, what)
            .fill("key", key)
            .fill("known", known)
    };
    unknown.map(finding).collect()
}
