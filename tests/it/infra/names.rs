//! Names that the template and the program must agree on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ROOT, body, main_template, module, quoted, strings, text};
use crate::functions;

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().collect()
}

#[test]
fn the_queues_are_those_of_the_triggers_with_their_poison_queues() {
    let triggers = functions::all(ROOT.as_ref());
    let folders = triggers.iter().filter(|function| !function.is_http());
    let names = folders.filter_map(|function| {
        let function = json(&format!("{}/function.json", function.name));
        function["bindings"][0]["queueName"]
            .as_str()
            .map(str::to_owned)
    });
    let expected: BTreeSet<_> = names
        .flat_map(|name| [format!("{name}-poison"), name])
        .collect();

    let made = strings(&module("storage")["variables"]["queueNames"]["value"]);

    assert_eq!(expected, made.into_iter().map(str::to_owned).collect());
}

#[test]
fn the_tables_are_those_of_the_store() {
    let code = text("src/store/table/schema.rs");
    let code = code.split("#[cfg(test)]").next().unwrap();

    let made = strings(&module("storage")["variables"]["tableNames"]["value"]);

    let tables = quoted(code).filter(|name| name.starts_with("switchboard"));
    assert_eq!(set(tables), set(made));
}

#[test]
fn the_blob_containers_are_those_of_files_and_recordings() {
    let storage = module("storage");
    for (path, variable) in [
        ("src/conversation/attachments.rs", "filesContainer"),
        ("src/recordings/mod.rs", "recordingsContainer"),
    ] {
        let made = storage["variables"][variable]["value"].as_str().unwrap();

        let constant = format!("const CONTAINER: &str = \"{made}\";");
        assert!(text(path).contains(&constant), "{path} {made}");
    }
    let rules = &body(storage, "lifecycle")["properties"]["policy"]["rules"];
    let filters = &rules[0]["definition"]["filters"];
    assert_eq!(strings(&filters["blobTypes"]), ["appendBlob"]);
    assert_eq!(
        strings(&filters["prefixMatch"]),
        ["${recordingsContainer}/"]
    );
}

#[test]
fn the_cosmos_containers_are_those_that_the_store_would_create() {
    let cosmos = module("cosmos");
    let settings = text("src/config/store.rs");
    let schema = text("src/store/cosmos/schema.rs");

    let containers = strings(&cosmos["variables"]["containerNames"]["value"]);
    let database = cosmos["variables"]["databaseName"]["value"]
        .as_str()
        .unwrap();

    let defaults = settings.split("name(\"COSMOS_").skip(1);
    let defaults = defaults.map(|line| line.split('"').nth(2).unwrap());
    assert_eq!(set(defaults), set(containers.into_iter().chain([database])));
    let resource = &body(cosmos, "containers")["properties"]["resource"];
    assert_eq!(strings(&resource["partitionKey"]["paths"]), ["/pk"]);
    assert!(schema.contains("const PARTITION_KEY: &str = \"/pk\";"));
    for excluded in resource["indexingPolicy"]["excludedPaths"]
        .as_array()
        .unwrap()
    {
        let path = excluded["path"].as_str().unwrap();
        let escaped = format!("{{ \"path\": \"{}\" }}", path.replace('"', "\\\""));
        assert!(schema.contains(&escaped), "{escaped}");
    }
    assert_eq!(resource.get("defaultTtl"), None);
}

#[test]
fn the_hub_calls_the_routes_of_the_webhooks() {
    let prefix = json("host.json")["extensions"]["http"]["routePrefix"].clone();
    let prefix = prefix.as_str().unwrap();
    let functions = functions::all(ROOT.as_ref());
    let url = |name: &str| {
        let function = functions.iter().find(|function| function.name == name);
        format!("${{appUrl}}/{prefix}/{}", function.unwrap().route())
    };

    let handlers = &body(module("hub"), "hub")["properties"]["eventHandlers"];

    assert_eq!(handlers[0]["urlTemplate"], url("connect_event"));
    assert_eq!(
        strings(&handlers[0]["systemEvents"]),
        ["connect", "connected", "disconnected"]
    );
    assert_eq!(handlers[1]["urlTemplate"], url("message_event"));
    assert_eq!(handlers[1]["userEventPattern"], "*");
    let hub = &main_template()["parameters"]["hubName"]["default"];
    assert_eq!(hub.as_str(), Some("ViewerHub"));
    let script = text("infra/scripts/hub.sh");
    for name in ["connect_event", "message_event"] {
        assert!(script.contains(&url(name).replace("${appUrl}", "$SWITCHBOARD_URL")));
    }
}

#[test]
fn the_runtime_is_a_custom_handler() {
    let app = &body(module("function-app"), "app")["properties"]["functionAppConfig"];

    assert_eq!(app["runtime"]["name"], "custom");
    assert_eq!(app["runtime"]["version"], "1.0");
    assert!(text("azure.yaml").contains("dist: dist/package"));
}
