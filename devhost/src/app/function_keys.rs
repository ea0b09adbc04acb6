//! Finds unknown keys in a function.json.

use super::bindings::Binding;
use super::json_file::JsonFile;
use super::spelling::unknown_keys;

const FILE: &[&str] = &[
    "$schema",
    "bindings",
    "configurationSource",
    "disabled",
    "entryPoint",
    "excluded",
    "functionDirectory",
    "generatedBy",
    "language",
    "name",
    "retry",
    "scriptFile",
];
const RETRY: &[&str] = &[
    "delayInterval",
    "maxRetryCount",
    "maximumInterval",
    "minimumInterval",
    "strategy",
];
const EVERY_BINDING: &[&str] = &["dataType", "direction", "name", "properties", "type"];
/// The other keys of those types of bindings that are checked.
const BINDINGS: &[(&str, &[&str])] = &[
    ("http", &[]),
    (
        "httpTrigger",
        &["authLevel", "methods", "route", "webHookType"],
    ),
    ("queue", &["connection", "queueName"]),
    ("queueTrigger", &["connection", "queueName"]),
    (
        "eventHubTrigger",
        &["cardinality", "connection", "consumerGroup", "eventHubName"],
    ),
    ("timerTrigger", &["runOnStartup", "schedule", "useMonitor"]),
];

/// A warning for each key of a function.json that the host does not know.
pub(super) fn unknown(function: &str, file: &JsonFile, bindings: &[Binding<'_>]) -> Vec<String> {
    let place = |section: &str| format!("{function}/function.json: {section}");
    let mut warnings = unknown_keys(&place(""), &file.root, FILE);
    if let Some(retry) = file.get("retry").and_then(|retry| retry.as_object()) {
        warnings.extend(unknown_keys(&place("retry."), retry, RETRY));
    }
    for binding in bindings {
        let mut kinds = BINDINGS.iter();
        if let Some((_, own)) = kinds.find(|(kind, _)| binding.kind.eq_ignore_ascii_case(kind)) {
            let known = [EVERY_BINDING, own].concat();
            let section = place(&binding.key(""));
            warnings.extend(unknown_keys(&section, binding.members, &known));
        }
    }
    warnings
}
