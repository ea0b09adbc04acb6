//! The scripts that azd runs.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{ROOT, files, main_template, text};

/// Variables in capital letters that a script reads.
fn variables(script: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c == '_';
    let words = script
        .split('$')
        .skip(1)
        .map(|rest| rest.trim_start_matches('{'));
    words
        .map(|rest| rest.split(|c| !is_part(c)).next().unwrap())
        .filter(|name| name.len() > 1)
        .collect()
}

#[test]
fn the_scripts_read_outputs_and_parameters_of_the_template() {
    let outputs = main_template()["outputs"].as_object().unwrap();
    let parameters = text("infra/main.parameters.json");

    for file in files("infra/scripts", ".sh") {
        let script = text(&file);
        let names = variables(&script);
        assert!(names.len() > 2, "{file}");
        for name in names {
            let is_parameter = parameters.contains(&format!("${{{name}="));
            assert!(outputs.contains_key(name) || is_parameter, "{file}: {name}");
        }
        let syntax = Command::new("sh")
            .args(["-n", &file])
            .current_dir(ROOT)
            .status();
        assert!(syntax.unwrap().success(), "{file}");
        let hook = format!("{file}\n");
        assert!(text("azure.yaml").contains(&hook), "{file}");
    }
}

#[test]
fn the_page_reaches_its_own_deployment_alone() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("page-hook-{}", std::process::id()));
    fs::create_dir_all(folder.join("dist")).unwrap();
    fs::create_dir_all(folder.join("public")).unwrap();
    let policy = "web/public/staticwebapp.config.json";
    fs::write(folder.join("public/staticwebapp.config.json"), text(policy)).unwrap();

    let status = Command::new("sh")
        .arg(format!("{ROOT}/infra/scripts/web.sh"))
        .current_dir(&folder)
        .env("SWITCHBOARD_URL", "https://app.example.net")
        .env("SWITCHBOARD_WEB_PUBSUB_HOST", "wps.example.net")
        .env("SWITCHBOARD_BLOBS", "https://blobs.example.net/")
        .status();

    assert!(status.unwrap().success());
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(folder.join("dist").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(read("config.json")["api"], "https://app.example.net/api");
    let headers = &read("staticwebapp.config.json")["globalHeaders"];
    let policy = headers["Content-Security-Policy"].as_str().unwrap();
    let reached = "connect-src 'self' https://app.example.net wss://wps.example.net \
                   https://blobs.example.net;";
    assert!(policy.contains(reached), "{policy}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_hub_is_left_alone_unless_it_was_deferred() {
    let mut hook = Command::new("/bin/sh");
    hook.arg(format!("{ROOT}/infra/scripts/hub.sh"));

    let status = hook.env_clear().env("PATH", "/nothing").status();

    assert!(status.unwrap().success());
}
