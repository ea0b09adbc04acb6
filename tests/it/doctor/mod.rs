//! `switchboard doctor`: each fault is made for real, its line appears, and the fix that the line
//! prints removes it.

mod app;
mod deployed;
mod docs;
mod handler;
mod hostile;
mod services;
mod settings;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

use crate::support::fresh_folder;

/// A run of `doctor --json`.
pub(crate) struct Report {
    pub(crate) exit_code: i32,
    pub(crate) printed: String,
    findings: Vec<Value>,
}

/// Runs the binary in this folder with these variables and no others.
pub(crate) async fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .arg("doctor")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(settings.iter().copied())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap()
}

pub(crate) async fn report_in(
    folder: &Path,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> Report {
    let output = run(folder, &[arguments, &["--json"]].concat(), settings).await;
    let printed = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let json: Value =
        serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}{errors}"));
    Report {
        exit_code: output.status.code().unwrap(),
        findings: json["findings"].as_array().unwrap().clone(),
        printed,
    }
}

/// In an empty folder.
pub(crate) async fn report(arguments: &[&str], settings: &[(&str, &str)]) -> Report {
    report_in(&fresh_folder(), arguments, settings).await
}

impl Report {
    fn find(&self, code: &str) -> Option<&Value> {
        self.findings.iter().find(|finding| finding["code"] == code)
    }

    /// The line of the fault; returns the fix.
    #[track_caller]
    pub(crate) fn shows(&self, code: &str, what: &str) -> String {
        let finding = self
            .find(code)
            .unwrap_or_else(|| panic!("no {code}: {}", self.printed));
        let text = finding["what"].as_str().unwrap();
        assert!(text.contains(what), "{text:?} does not contain {what:?}");
        assert!(finding["why"].as_str().is_some_and(|why| !why.is_empty()));
        let is_error = finding["outcome"] == "error";
        assert!(is_error || finding["outcome"] == "warning", "{finding}");
        if is_error {
            assert_eq!(self.exit_code, 1);
        }
        finding["fix"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn lacks(&self, code: &str) {
        assert!(self.find(code).is_none(), "{}", self.printed);
    }

    /// A check that found nothing wrong.
    #[track_caller]
    pub(crate) fn is_ok(&self, check: &str) {
        let of_check: Vec<_> = self
            .findings
            .iter()
            .filter(|f| f["check"] == check)
            .collect();
        let all_ok = of_check.iter().all(|finding| finding["outcome"] == "ok");
        assert!(all_ok && !of_check.is_empty(), "{check}: {}", self.printed);
    }

    #[track_caller]
    pub(crate) fn is_healthy(&self) {
        let has_fault = self
            .findings
            .iter()
            .any(|finding| !finding["code"].is_null());
        assert!(!has_fault && self.exit_code == 0, "{}", self.printed);
    }
}

/// Changes a JSON file.
pub(crate) fn edit(path: impl AsRef<Path>, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(&path).unwrap();
    let mut json = serde_json::from_str(&text).unwrap();
    change(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

/// A folder with our host.json and functions, and `local.settings.json` if given.
pub(crate) fn copy_of_our_app() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = fresh_folder();
    fs::copy(source.join("host.json"), folder.join("host.json")).unwrap();
    for function in crate::functions::all(source) {
        fs::create_dir(folder.join(&function.name)).unwrap();
        let path = Path::new(&function.name).join("function.json");
        fs::copy(source.join(&path), folder.join(&path)).unwrap();
    }
    folder
}
