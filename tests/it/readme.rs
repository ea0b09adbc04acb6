//! The README's examples match the program.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{Dev, client_scripts, fresh_folder};

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

/// Ends the script when it has printed so many lines.
fn ended_after(lines: usize, code: &str) -> String {
    format!(
        "setTimeout(() => process.exit(1), 60_000);\n\
         const print = console.log;\n\
         let left = {lines};\n\
         console.log = (...line) => {{ print(...line); left -= 1; if (left === 0) process.exit(); }};\n\
         {code}\n"
    )
}

#[tokio::test]
async fn the_javascript_examples_print_what_the_readme_says() {
    let dev = Dev::start("readme-js", &["--port", "0", "--emulator-port", "0"]).await;
    let scripts = client_scripts().await;
    let folder = fresh_folder();
    symlink(
        scripts.home().join("node_modules"),
        folder.join("node_modules"),
    )
    .unwrap();
    let examples = README.split("\n```js\n").skip(1);
    let examples: Vec<_> = examples
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect();
    let printed: [&[&str]; 2] = [
        &["received", "message: 'Hello!'"],
        &["\"type\":\"connection\"", "\"type\":\"pong\""],
    ];
    assert_eq!(examples.len(), printed.len());

    for ((code, lines), printed) in examples.into_iter().zip([1, 2]).zip(printed) {
        let code = code.replace("http://localhost:7071", &dev.base);
        let file = folder.join(format!("{lines}.mjs"));
        fs::write(&file, ended_after(lines, &code)).unwrap();
        let mut command = scripts.command(file.to_str().unwrap());

        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();

        let seen = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        for part in printed {
            assert!(seen.contains(part), "{part}: {seen}{errors}");
        }
    }
}
