//! The settings that the template makes are those that the program reads, and complete.

use std::collections::BTreeMap;

use serde_json::Value;
use switchboard::config::{Config, Credential, StoreConfig};

use super::{files, main_template, quoted, text};

/// Read by the Functions host alone.
const HOST_ONLY: [&str; 6] = [
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobs.telemetry.Disabled",
    "IOT_HUB_EVENTS_CONNECTION_STRING__clientId",
    "IOT_HUB_EVENTS_CONNECTION_STRING__credential",
    "IOT_HUB_EVENTS_CONNECTION_STRING__fullyQualifiedNamespace",
];

/// Collects the settings in an expression, of all conditions one branch.
fn collect(value: &Value, branch: &str, settings: &mut BTreeMap<String, Value>) {
    let Some(object) = value.as_object() else {
        return;
    };
    if let Some(conditional) = value.pointer("/operator/operands/condition") {
        assert!(conditional.is_string(), "{value}");
        return collect(&value["operator"]["operands"][branch], branch, settings);
    }
    for (name, value) in object {
        // The parser's own names have no capital letters.
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            // It keeps the quotes of names with a dot.
            settings.insert(name.trim_matches('\'').to_owned(), value.clone());
        } else {
            collect(value, branch, settings);
        }
    }
}

/// The settings of a deployment with all options, or with none.
fn settings(branch: &str) -> BTreeMap<String, Value> {
    let mut settings = BTreeMap::new();
    for (name, variable) in main_template()["variables"].as_object().unwrap() {
        if name.ends_with("Settings") {
            collect(&variable["value"], branch, &mut settings);
        }
    }
    assert!(settings.len() > 15, "{settings:?}");
    settings
}

/// The value in a deployment.
fn deployed(name: &str, value: &Value) -> String {
    let sample = match name {
        "ALLOW_ANONYMOUS" => "True",
        "API_TOKEN" | "STATE_SECRET" => "3f0e8b1e-6a5e-4a55-9b53-0d9a3b7f1c11",
        "AZURE_OPENAI_ENDPOINT" => "https://oai-x.openai.azure.com/",
        "AZURE_WEB_PUBSUB_ENDPOINT" => "https://wps-x.webpubsub.azure.com",
        "AzureWebJobsStorage__accountName" => "storx",
        "COSMOS_ENDPOINT" => "https://cosmos-x.documents.azure.com:443/",
        "IOT_HUB_HOST_NAME" => "iot-x.azure-devices.net",
        "JWT_AUDIENCE" | "JWT_ISSUER" => "",
        "WEB_PUBSUB_HUB_NAME" => "ViewerHub",
        "WEBHOOK_ISSUER" => "https://sts.windows.net/00000000-0000-4000-8000-000000000001/",
        _ => value.as_str().unwrap_or("x"),
    };
    sample.to_owned()
}

fn config(branch: &str) -> Config {
    let settings = settings(branch);
    let source = |name: &str| settings.get(name).map(|value| deployed(name, value));
    Config::from_settings(&source).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_setting_is_read() {
    let code: String = files("src/config", ".rs")
        .iter()
        .map(|file| text(file))
        .collect();
    let known: Vec<_> = quoted(&code).collect();
    let all = [settings("true_value"), settings("false_value")];

    for name in all.iter().flat_map(BTreeMap::keys) {
        let is_known = known.contains(&name.as_str()) || HOST_ONLY.contains(&name.as_str());
        assert!(is_known, "{name}");
    }
    for name in HOST_ONLY {
        assert!(
            all.iter().any(|settings| settings.contains_key(name)),
            "{name}"
        );
    }
}

#[test]
fn the_settings_are_complete_with_and_without_all_options() {
    let plain = config("false_value");
    let full = config("true_value");

    for config in [&plain, &full] {
        let credential = &config.web_pubsub.credential;
        assert!(matches!(credential, Credential::ManagedIdentity { .. }));
        let storage = config.storage.as_ref().unwrap();
        assert!(storage.blobs.is_some() && storage.queues.is_some());
    }
    assert!(matches!(plain.store, StoreConfig::Tables(_)));
    assert!(plain.assistant.model.is_none() && plain.devices.hub.is_none());
    let StoreConfig::Cosmos(cosmos) = full.store else {
        panic!("{:?}", full.store);
    };
    assert_eq!(
        cosmos.endpoint.host_str(),
        Some("cosmos-x.documents.azure.com")
    );
    assert!(full.assistant.model.is_some() && full.devices.hub.is_some());
}

#[test]
fn the_triggers_settings_always_have_a_value() {
    let trigger = text("telemetry/function.json");
    let names: Vec<_> = trigger.split('%').skip(1).step_by(2).collect();
    assert_eq!(names.len(), 2);

    for branch in ["true_value", "false_value"] {
        let settings = settings(branch);
        for name in &names {
            assert!(settings.contains_key(*name), "{name}");
        }
    }
    assert!(settings("false_value").contains_key("AzureWebJobs.telemetry.Disabled"));
    assert!(!settings("true_value").contains_key("AzureWebJobs.telemetry.Disabled"));
}

#[test]
fn every_parameter_of_azd_exists_and_the_required_ones_are_set() {
    let file: Value = serde_json::from_str(&text("infra/main.parameters.json")).unwrap();
    let given = file["parameters"].as_object().unwrap();
    let parameters = main_template()["parameters"].as_object().unwrap();

    for name in given.keys() {
        assert!(parameters.contains_key(name), "{name}");
    }
    for (name, parameter) in parameters {
        let has_default = !parameter["default"].is_null();
        assert!(has_default || given.contains_key(name), "{name}");
    }
}
