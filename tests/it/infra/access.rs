//! Who may do what, and that nothing is opened with a key.

use serde_json::Value;

use super::{bicep_files, body, module, templates, text};

/// Azure's ids of the roles that the template assigns.
const ROLES: [(&str, &str); 10] = [
    ("storage", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("storage", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
    ("storage", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
    ("web-pubsub", "12cf5a90-567b-43ae-8102-96cf46c7d9b4"),
    ("monitoring", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("key-vault", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("openai", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
    ("iot-hub", "4fc6c259-987e-4a07-842e-c321cc9d413f"),
    ("iot-hub", "a638d3c7-ab3a-418d-83e6-5f17a39d4fde"),
    ("iot-hub", "2b629674-e913-4c01-ae53-ef4638d8f975"),
];

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[test]
fn the_identity_gets_exactly_these_roles() {
    let mut found = Vec::new();
    for file in bicep_files() {
        let code = text(&file);
        let module = file
            .trim_start_matches("infra/modules/")
            .trim_end_matches(".bicep");
        let ids = code.split('\'').filter(|text| is_guid(text));
        found.extend(ids.map(|id| (module.to_owned(), id.to_owned())));
    }
    let mut expected = ROLES.map(|(module, id)| (module.to_owned(), id.to_owned()));

    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    // Data access to Cosmos DB has roles of its own.
    let role = &module("cosmos")["variables"]["dataContributor"]["value"];
    let contributor = "/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002";
    assert!(role.as_str().unwrap().ends_with(contributor));
}

#[test]
fn every_assignment_says_that_an_identity_gets_the_role() {
    let mut count = 0;
    for (file, template) in templates() {
        let resources = template["resources"].as_object().into_iter().flatten();
        for (symbol, resource) in resources {
            if resource["type"] == "Microsoft.Authorization/roleAssignments" {
                let properties = &body(template, symbol)["properties"];
                assert_eq!(
                    properties["principalType"], "ServicePrincipal",
                    "{file} {symbol}"
                );
                assert!(
                    body(template, symbol).get("scope").is_some(),
                    "{file} {symbol}"
                );
                count += 1;
            }
        }
    }
    assert_eq!(count, 8);
}

#[test]
fn no_service_accepts_keys() {
    let off = |module_name, symbol, property: &str, value: bool| {
        let found = &body(module(module_name), symbol)["properties"][property];
        assert_eq!(*found, Value::Bool(value), "{module_name} {property}");
    };

    off("storage", "account", "allowSharedKeyAccess", false);
    off("web-pubsub", "service", "disableLocalAuth", true);
    off("cosmos", "account", "disableLocalAuth", true);
    off("openai", "account", "disableLocalAuth", true);
    off("iot-hub", "hub", "disableLocalAuth", true);
    off("iot-hub", "namespace", "disableLocalAuth", true);
    off("monitoring", "insights", "DisableLocalAuth", true);
}

#[test]
fn no_key_is_read_and_no_secret_is_put_out() {
    for file in bicep_files() {
        let code = text(&file).to_lowercase();
        for call in [
            "listkeys",
            "listaccountsas",
            "listservicesas",
            "listsecrets",
            "getsecret",
        ] {
            assert!(!code.contains(call), "{file} {call}");
        }
    }
    for (file, template) in templates() {
        for (name, output) in template["outputs"].as_object().into_iter().flatten() {
            let shown = output["value"].to_string();
            for secret in ["stateSecret", "apiToken"] {
                assert!(!shown.contains(secret), "{file} {name}");
            }
        }
    }
}

#[test]
fn secrets_are_secure_parameters_that_are_made_once() {
    for file in ["infra/main.bicep", "infra/modules/key-vault.bicep"] {
        for name in ["stateSecret", "apiToken"] {
            let decorators = &templates()[file]["parameters"][name]["decorators"];
            let decorators = decorators.as_array().unwrap();
            assert!(
                decorators.iter().any(|known| known["type"] == "secure"),
                "{file} {name}"
            );
        }
    }
    for secret in ["state", "token"] {
        let resource = &module("key-vault")["resources"][secret];
        assert_eq!(resource["decorators"][0]["type"], "onlyIfNotExists");
    }
}
