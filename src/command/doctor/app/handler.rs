//! How host.json says to start the handler and to talk to it.

use serde_json::Value;

use super::functions::Function;
use super::host_json::HostJson;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::json_file::member;
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

pub(super) fn check(host: &HostJson, functions: &[Function]) -> Vec<Finding> {
    let mut found = Vec::new();
    if host.text(&["version"]) != Some("2.0") {
        let what = "host.json must have `\"version\": \"2.0\"`, exactly";
        found.push(Finding::error(CHECK, &faults::HOST_JSON, what));
    }
    let Some(handler) = host.at(&["customHandler"]) else {
        let what = "host.json has no `customHandler`: the host has no program to start";
        found.push(Finding::error(CHECK, &faults::HOST_JSON, what));
        return found;
    };
    if host.executable().is_none_or(|path| path.trim().is_empty()) {
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
        && host.at(&["extensionBundle"]).is_none()
    {
        let what = format!(
            "`{}` has a {}, and host.json names no `extensionBundle`",
            function.name, function.trigger
        );
        found.push(Finding::error(CHECK, &faults::BUNDLE_MISSING, what));
    }
    if found.is_empty() {
        let mode = match host.forwards() {
            true => "requests are forwarded as they come",
            false => "requests are sent as JSON documents",
        };
        found.push(Finding::ok(CHECK, mode));
    }
    found
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
