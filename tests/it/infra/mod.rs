//! The Bicep below `infra/`, the workflows and the dependencies.

mod access;
mod dependencies;
mod hooks;
mod names;
mod policies;
mod settings;
mod style;
mod workflows;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use testkit::Scripts;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of a folder with this ending, below the root.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<_> = names
        .filter(|name| name.ends_with(ending))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.sort();
    files
}

fn bicep_files() -> Vec<String> {
    [files("infra", ".bicep"), files("infra/modules", ".bicep")].concat()
}

/// Scripts with the packages that they need.
fn tool(folder: &str) -> Scripts {
    let source = Path::new(ROOT).join("tests/it/infra").join(folder);
    let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
    scripts.unwrap_or_else(|error| panic!("{error}"))
}

fn absolute(files: &[String]) -> Vec<PathBuf> {
    files
        .iter()
        .map(|file| Path::new(ROOT).join(file))
        .collect()
}

fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// All Bicep files as a parser sees them, by their path below the root.
fn templates() -> &'static BTreeMap<String, Value> {
    static TEMPLATES: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let files = bicep_files();
        let printed = output_of(tool("parser").command("parse.py").args(absolute(&files)));
        let parsed: BTreeMap<String, Value> = serde_json::from_str(&printed).unwrap();
        assert_eq!(parsed.len(), files.len());
        let root = format!("{ROOT}/");
        let relative = |path: String| path.trim_start_matches(&root).to_owned();
        parsed
            .into_iter()
            .map(|(path, template)| (relative(path), template))
            .collect()
    })
}

fn module(name: &str) -> &'static Value {
    &templates()[&format!("infra/modules/{name}.bicep")]
}

fn main_template() -> &'static Value {
    &templates()["infra/main.bicep"]
}

fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list}"));
    list.iter().map(|item| item.as_str().unwrap()).collect()
}

/// A resource's body, without its condition or loop.
fn body<'a>(template: &'a Value, symbol: &str) -> &'a Value {
    let config = &template["resources"][symbol]["config"];
    match config.get("config") {
        Some(body) => body,
        None => config,
    }
}

/// The text between double quotes.
fn quoted(code: &str) -> impl Iterator<Item = &str> {
    code.split('"').skip(1).step_by(2)
}
