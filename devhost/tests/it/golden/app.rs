//! The app of the recordings: its function.json files, and the settings of each variant.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use devhost::{App, Keys, Options, Plan};
use serde_json::{Value, json};

use super::vector::Vector;

const RX: &str = "grx/{id:regex(^[A-Za-z0-9_-]+$)}";
const RX2: &str = "grx2/{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}";
const ALL: &[&str] = &[];

/// Name, route and methods.
const HTTP: &[(&str, Option<&str>, &[&str])] = &[
    ("negotiate", Some("negotiate"), ALL),
    ("connect_event", Some("connect_event"), &["post", "options"]),
    ("message_event", Some("message_event"), &["post"]),
    ("rooms", Some("rooms/{*rest}"), ALL),
    ("events", Some("events/{org_id}"), ALL),
    ("health", Some("health"), &["get"]),
    ("keyed", Some("keyed"), ALL),
    ("noroute", None, ALL),
    ("http_and_queue", Some("http_and_queue"), ALL),
    ("off", Some("off"), ALL),
    ("g_int", Some("gint/{id:int}"), ALL),
    ("g_guid", Some("gguid/{id:guid}"), ALL),
    ("g_alpha", Some("galpha/{id:alpha}"), ALL),
    ("g_rx", Some(RX), ALL),
    ("g_rx2", Some(RX2), ALL),
    ("g_len", Some("glen/{id:maxlength(36)}"), ALL),
    ("opt", Some("opt/{id?}"), ALL),
    ("sameroute_get", Some("same"), &["get"]),
    ("sameroute_post", Some("same"), &["post"]),
];

/// Writes the app into a folder and loads it.
pub(super) fn build(folder: &Path, vector: &Vector, handler: u16) -> App {
    let state = folder.join("state");
    let app = folder.join("app");
    fs::create_dir_all(&app).unwrap();
    fs::write(app.join("host.json"), host_json(vector).to_string()).unwrap();
    for (name, route, methods) in HTTP {
        write(&app, name, &http_function(name, *route, methods));
    }
    if let Some(function) = vector
        .text("function")
        .filter(|function| *function != "__ping")
    {
        write(&app, function, &triggered_function(vector, function));
    }
    App::load(&app, options(vector, handler, state)).unwrap()
}

fn write(app: &Path, name: &str, function: &Value) {
    let folder = app.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("function.json"), function.to_string()).unwrap();
}

fn host_json(vector: &Vector) -> Value {
    let variant = vector.variant();
    let mut host = json!({
        "version": "2.0",
        "extensions": { "http": {} },
        "customHandler": { "enableForwardingHttpRequest": variant.starts_with("forward") },
    });
    if variant.contains("customHeaders") {
        let headers = json!({ "X-Content-Type-Options": "nosniff", "X-A": "host" });
        host["extensions"]["http"]["customHeaders"] = headers;
    }
    if variant.contains("empty route prefix") {
        host["extensions"]["http"]["routePrefix"] = "".into();
    }
    if variant.contains("functionTimeout 00:00:03") {
        host["functionTimeout"] = "00:00:03".into();
    }
    host
}

fn http_function(name: &str, route: Option<&str>, methods: &[&str]) -> Value {
    let level = if name == "keyed" {
        "function"
    } else {
        "anonymous"
    };
    let output = if name == "rooms" { "$return" } else { "res" };
    let mut trigger =
        json!({ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": level });
    if let Some(route) = route {
        trigger["route"] = route.into();
    }
    if !methods.is_empty() {
        trigger["methods"] = json!(methods);
    }
    let mut bindings = vec![
        trigger,
        json!({ "type": "http", "direction": "out", "name": output }),
    ];
    if name == "http_and_queue" {
        bindings.push(queue_output("out", false));
    }
    json!({ "bindings": bindings, "disabled": name == "off" })
}

fn queue_output(name: &str, binary: bool) -> Value {
    let mut output =
        json!({ "type": "queue", "direction": "out", "name": name, "queueName": "outq" });
    if binary {
        output["dataType"] = "binary".into();
    }
    output
}

fn triggered_function(vector: &Vector, function: &str) -> Value {
    let hub = |name: &str, more: Value| {
        let mut trigger = json!({
            "type": "eventHubTrigger", "direction": "in", "name": name, "eventHubName": "hub",
            "connection": "Hub", "cardinality": "many",
        });
        trigger
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "bindings": [trigger] })
    };
    let queue = |binary: bool, output: &str| {
        let mut trigger =
            json!({ "type": "queueTrigger", "direction": "in", "name": "msg", "queueName": "inq" });
        if binary {
            trigger["dataType"] = "binary".into();
        }
        json!({ "bindings": [trigger, queue_output(output, binary)] })
    };
    match function {
        "QueueFn" => queue(false, "out"),
        "QueueFnBinary" => queue(true, "out"),
        "QueueFnReturn" => queue(false, "$return"),
        "HubOne" => hub("ev", json!({ "cardinality": "one" })),
        "HubMany" => hub("evs", json!({})),
        "HubManyString" => hub("evs", json!({ "dataType": "string" })),
        "HubManyBinary" => hub("evs", json!({ "dataType": "binary" })),
        "HubRetry" => {
            let mut function = hub("evs", json!({ "dataType": "string" }));
            function["retry"] = json!({ "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00" });
            function
        }
        "Timer" | "TimerMonitored" => json!({ "bindings": [vector.value["trigger"]] }),
        other => panic!("no function {other} is known"),
    }
}

fn options(vector: &Vector, handler: u16, state: PathBuf) -> Options {
    let variant = vector.variant();
    let mut settings = BTreeMap::new();
    let mut set = |name: &str, value: &str| settings.insert(name.to_owned(), value.to_owned());
    if variant.contains("CORS origin https://app.example.test") {
        set("CORS_ALLOWED_ORIGINS", r#"["https://app.example.test"]"#);
        set("CORS_SUPPORT_CREDENTIALS", "true");
    }
    if variant.contains("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=1000") {
        set("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "1000");
    }
    if variant.contains("an activity listener is present") {
        set(
            "APPLICATIONINSIGHTS_CONNECTION_STRING",
            "InstrumentationKey=none",
        );
    }
    if variant.contains("AzureWebJobsDisableHomepage=true") {
        set("AzureWebJobsDisableHomepage", "true");
    }
    let has_state = vector.name() == "timer-monitored-again";
    Options {
        settings,
        plan: if variant.contains("Linux Consumption") {
            Plan::Flex
        } else {
            Plan::Func
        },
        keys: Some(Keys {
            function: "the-function-key".to_owned(),
            master: "the-master-key".to_owned(),
        }),
        attach: Some(handler),
        state_dir: has_state.then_some(state),
        ..Options::default()
    }
}
