//! The README's examples and settings table match the program.

use serde_json::Value;

use crate::support::Dev;

const README: &str = include_str!("../../README.md");

/// Each `curl` command of a document with the answer printed below it.
pub(crate) fn curl_examples(document: &str) -> Vec<(&str, Value)> {
    let mut examples = Vec::new();
    let mut rest = document;
    while let Some((_, after)) = rest.split_once("```sh\ncurl ") {
        let (command, after) = after.split_once("\n```").unwrap();
        let (_, json) = after.split_once("```json\n").unwrap();
        let (json, after) = json.split_once("```").unwrap();
        examples.push((command, serde_json::from_str(json).unwrap()));
        rest = after;
    }
    examples
}

/// Calls `dev` as a document says. `$API_TOKEN` is its token.
pub(crate) fn run_curl(dev: &Dev, arguments: &str) -> Value {
    let arguments = arguments.replace("http://localhost:7071", &dev.base);
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("curl -s {arguments}")])
        .env("API_TOKEN", &dev.api_token)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `…` matches any text.
pub(crate) fn matches(printed: &Value, seen: &Value) -> bool {
    match (printed, seen) {
        (Value::String(printed), Value::String(seen)) => {
            let mut rest = Some(seen.as_str());
            for part in printed.split('…') {
                rest = rest
                    .and_then(|rest| rest.split_once(part))
                    .map(|(_, after)| after);
            }
            rest.is_some() && (printed.contains('…') || printed == seen)
        }
        (Value::Object(printed), Value::Object(seen)) => {
            printed.len() == seen.len()
                && printed
                    .iter()
                    .all(|(key, value)| seen.get(key).is_some_and(|seen| matches(value, seen)))
        }
        (printed, seen) => printed == seen,
    }
}

#[tokio::test]
async fn the_curl_examples_return_what_the_readme_prints() {
    let dev = Dev::start("readme", &["--port", "0", "--emulator-port", "0"]).await;
    let examples = curl_examples(README);
    assert!(examples.len() >= 3);

    for (arguments, mut printed) in examples {
        let seen = run_curl(&dev, arguments);

        if let Some(url) = printed.get_mut("url") {
            let port = dev
                .emulator
                .split(['/', ';'])
                .find_map(|p| p.strip_prefix("localhost:"));
            *url = url.as_str().unwrap().replace("8080", port.unwrap()).into();
        }
        assert!(
            matches(&printed, &seen),
            "curl {arguments}\nprinted {printed}\nseen    {seen}"
        );
    }
}

/// The names of settings that the code in `src/config/` reads.
fn settings_in_code() -> Vec<String> {
    let sources = [
        "mod",
        "assistant",
        "identity",
        "iot_hub",
        "listen",
        "storage",
        "store",
        "traces",
        "web_pubsub",
    ];
    let is_name = |text: &&str| {
        let is_upper = |b: u8| b.is_ascii_uppercase() || b == b'_';
        text.len() > 3 && text.bytes().all(is_upper)
            || text.starts_with("AzureWebJobsStorage") && !text.contains(' ')
    };
    let mut names = Vec::new();
    for source in sources {
        let path = format!("{}/src/config/{source}.rs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let quoted = code.split('"').skip(1).step_by(2);
        names.extend(quoted.filter(is_name).map(str::to_owned));
    }
    names
}

#[test]
fn every_setting_is_documented_in_the_readme() {
    let settings = settings_in_code();
    let ours = settings
        .iter()
        .filter(|name| !name.starts_with("AzureWebJobs"));
    let mut count = 0;
    for setting in ours {
        assert!(README.contains(&format!("`{setting}`")), "{setting}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}

/// `doctor` suggests names from this list.
#[test]
fn the_list_of_names_is_what_the_code_reads() {
    let mut read = settings_in_code();
    // `dev` alone sets it.
    read.retain(|name| name != "SWITCHBOARD_DEV_PARENT");
    read.sort();
    read.dedup();

    assert_eq!(read, switchboard::config::NAMES);
}
