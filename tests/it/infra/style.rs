//! What Bicep's own linter would complain about, as far as it can be seen without it.

use super::{bicep_files, templates, text};

/// The text without comments and descriptions.
fn code_of(file: &str) -> String {
    let lines = text(file);
    let lines = lines.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with("//") && !line.starts_with("@description(")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn uses(code: &str, name: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.split(|c| !is_part(c))
        .filter(|word| *word == name)
        .count()
}

#[test]
fn every_parameter_and_variable_is_used() {
    for (file, template) in templates() {
        let code = code_of(file);
        for kind in ["parameters", "variables"] {
            for name in template[kind]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
            {
                assert!(uses(&code, name) > 1, "{file}: {name}");
            }
        }
    }
}

#[test]
fn every_parameter_and_output_is_described() {
    for (file, template) in templates() {
        for kind in ["parameters", "outputs"] {
            for (name, item) in template[kind].as_object().into_iter().flatten() {
                let decorators = item["decorators"].as_array().unwrap();
                let is_described = decorators
                    .iter()
                    .any(|known| known["type"] == "description");
                assert!(is_described, "{file}: {name}");
            }
        }
    }
}

#[test]
fn only_types_without_a_stable_version_have_a_preview_version() {
    for (file, template) in templates() {
        for (symbol, resource) in template["resources"].as_object().into_iter().flatten() {
            let kind = resource["type"].as_str().unwrap();
            let version = resource["api_version"].as_str().unwrap_or_default();
            let is_preview = version.ends_with("-preview");
            let has_no_other = kind == "Microsoft.Insights/diagnosticSettings";
            assert_eq!(is_preview, has_no_other, "{file}: {symbol}");
        }
    }
}

#[test]
fn no_address_of_one_cloud_is_written_down() {
    for file in bicep_files() {
        let code = code_of(&file);
        for host in [
            "core.windows.net",
            "vault.azure.net",
            "management.azure.com",
            "login.microsoftonline.com",
            "servicebus.windows.net",
            "documents.azure.com",
            "azurewebsites.net",
        ] {
            assert!(!code.contains(host), "{file}: {host}");
        }
    }
}
