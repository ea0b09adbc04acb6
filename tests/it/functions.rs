//! The function folders and host.json, which Azure reads but our code does not.

use std::fs;
use std::path::Path;

use serde_json::Value;

pub(crate) struct Function {
    pub(crate) name: String,
    bindings: Vec<Value>,
}

impl Function {
    fn trigger(&self) -> &Value {
        self.bindings
            .iter()
            .find(|b| b["direction"] == "in")
            .unwrap()
    }

    pub(crate) fn is_http(&self) -> bool {
        self.trigger()["type"] == "httpTrigger"
    }

    pub(crate) fn route(&self) -> &str {
        self.trigger()["route"].as_str().unwrap()
    }
}

pub(crate) fn all(folder: &Path) -> Vec<Function> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let read = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path().join("function.json")).ok()?;
        let json: Value = serde_json::from_str(&text).unwrap();
        Some(Function {
            name: entry.file_name().into_string().unwrap(),
            bindings: json["bindings"].as_array().unwrap().clone(),
        })
    };
    entries.filter_map(read).collect()
}

fn ours() -> Vec<Function> {
    all(Path::new(env!("CARGO_MANIFEST_DIR")))
}

fn host_json() -> Value {
    serde_json::from_str(include_str!("../../host.json")).unwrap()
}

/// Constraints that were tested on the host's own router. They exclude `\`, `%` and a leading dot, so
/// a parameter cannot lead to another path.
const SAFE: [&str; 3] = [
    "regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)",
    "regex(^[a-z-]+$)",
    "guid",
];

/// The text between braces; our regexes contain none.
fn parameters(route: &str) -> Vec<&str> {
    route
        .split('{')
        .skip(1)
        .map(|rest| rest.split_once('}').unwrap().0)
        .collect()
}

fn is_safe(parameter: &str) -> bool {
    let parameter = parameter.strip_suffix('?').unwrap_or(parameter);
    let constraint = parameter.split_once(':').map(|(_, constraint)| constraint);
    constraint.is_some_and(|constraint| SAFE.contains(&constraint))
}

#[test]
fn every_route_parameter_has_a_safe_constraint() {
    for function in ours().iter().filter(|function| function.is_http()) {
        for parameter in parameters(function.route()) {
            assert!(is_safe(parameter), "{}: {parameter}", function.name);
        }
    }
}

#[test]
fn an_unsafe_route_parameter_is_detected() {
    for route in [
        "events/{org_id}",
        "rooms/{*rest}",
        "rooms/{id:maxlength(36)}",
        "rooms/{id:regex(^.*$)?}",
    ] {
        assert!(!parameters(route).into_iter().all(is_safe), "{route}");
    }
}

#[test]
fn every_http_function_can_be_forwarded_and_leaves_methods_to_the_handler() {
    for function in ours().iter().filter(|function| function.is_http()) {
        let name = &function.name;
        let types: Vec<_> = function
            .bindings
            .iter()
            .map(|b| b["type"].as_str().unwrap())
            .collect();
        assert_eq!(types, ["httpTrigger", "http"], "{name}");
        assert!(function.trigger().get("methods").is_none(), "{name}");
        assert_eq!(function.trigger()["authLevel"], "anonymous", "{name}");
        let route = function.route();
        assert!(
            !route.starts_with("admin") && !route.starts_with("runtime"),
            "{route}"
        );
    }
}

#[test]
fn triggers_are_named_after_their_queues() {
    let queues = ours();
    let queues = queues
        .iter()
        .filter(|f| f.trigger()["type"] == "queueTrigger");

    for function in queues {
        assert_eq!(
            function.trigger()["queueName"],
            format!("switchboard-{}", function.name)
        );
        assert_eq!(function.trigger()["connection"], "AzureWebJobsStorage");
    }
}

#[test]
fn a_batch_of_telemetry_that_fails_comes_again_without_end() {
    let text = include_str!("../../telemetry/function.json");
    let function: Value = serde_json::from_str(text).unwrap();
    let trigger = &function["bindings"][0];

    assert_eq!(trigger["cardinality"], "many");
    assert_eq!(trigger["dataType"], "string");
    assert_eq!(trigger["name"], "messages");
    // Without a limit: the host moves its checkpoint past a batch that failed for good.
    assert_eq!(function["retry"]["maxRetryCount"], -1);
}

#[test]
fn host_json_forwards_requests_unchanged() {
    let host = host_json();

    assert_eq!(host["version"], "2.0");
    assert_eq!(host["customHandler"]["enableForwardingHttpRequest"], true);
    // Publishing sets the execute bit on the file with exactly this name.
    let path = &host["customHandler"]["description"]["defaultExecutablePath"];
    assert_eq!(path, "switchboard");
    let queues = &host["extensions"]["queues"];
    assert_eq!(queues["maxPollingInterval"], "00:00:01");
    assert_eq!(queues["visibilityTimeout"], "00:00:15");
    assert_eq!(queues["maxDequeueCount"], 10);
}

#[test]
fn the_example_settings_disable_unconfigured_triggers() {
    let example: Value =
        serde_json::from_str(include_str!("../../local.settings.json.example")).unwrap();
    let values = &example["Values"];

    for trigger in ours().iter().filter(|function| !function.is_http()) {
        let disabled = &values[format!("AzureWebJobs.{}.Disabled", trigger.name)];
        // An IoT hub exists on Azure alone.
        let needs_setting = trigger.trigger()["type"] == "eventHubTrigger";
        assert_eq!(disabled.is_null(), !needs_setting, "{}", trigger.name);
    }
    assert_eq!(values["FUNCTIONS_WORKER_RUNTIME"], "custom");
    assert_eq!(values["ALLOW_ANONYMOUS"], "true");
    assert!(
        values
            .as_object()
            .unwrap()
            .keys()
            .all(|name| !name.starts_with("JWT_"))
    );
}
