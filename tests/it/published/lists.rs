//! The lists of what is sent: `.funcignore`, for those who publish from the source tree, and
//! `.dockerignore`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::package::dist;
use crate::support::fresh_folder;

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, without those in the `skipped` folders, relative to it.
pub(super) fn files_below(folder: &Path, skipped: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if !entry.file_type().unwrap().is_dir() {
                let path = path.strip_prefix(folder).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            } else if !skipped.iter().any(|name| entry.file_name() == *name) {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The files that a developer may have in the source tree.
fn files_of_a_developer() -> Vec<String> {
    let mut files = files_below(source(), &[".git", "target", "node_modules", "dist"]);
    let more = [
        "switchboard",
        ".git/HEAD",
        "target/release/switchboard",
        "node_modules/a/index.js",
        "dist/switchboard.zip",
        "dist/package/host.json",
        "dist/package/chat/function.json",
        "data/switchboard.db",
        "local.settings.json",
        "bin/switchboard",
        "web/dist/index.html",
        "web/node_modules/a/index.js",
        "azure.log",
        ".azure/env/.env",
    ];
    files.extend(more.map(str::to_owned));
    files.sort();
    files.dedup();
    files
}

/// The files that the patterns leave, as git reads them.
fn left_by_git(patterns: &str, files: &[String]) -> Vec<String> {
    let folder = fresh_folder();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(&folder);
        git.stdin(Stdio::piped()).stdout(Stdio::piped());
        git
    };
    assert!(git(&["init", "--quiet"]).status().unwrap().success());
    fs::write(folder.join(".gitignore"), patterns).unwrap();
    let mut check = git(&["check-ignore", "--no-index", "--stdin"])
        .spawn()
        .unwrap();
    let list = files.join("\n");
    let mut stdin = check.stdin.take().unwrap();
    // Both pipes would fill up if nobody read meanwhile.
    let writing = std::thread::spawn(move || stdin.write_all(list.as_bytes()).unwrap());
    let output = check.wait_with_output().unwrap();
    writing.join().unwrap();
    let ignored = String::from_utf8(output.stdout).unwrap();
    let ignored: Vec<_> = ignored.lines().collect();
    let is_left = |file: &&String| !ignored.contains(&file.as_str());
    files.iter().filter(is_left).cloned().collect()
}

/// The files that the patterns leave, as the Functions Core Tools read them: a pattern matches the
/// beginning of a path, and `*` stands for one character or more.
fn left_by_core_tools(patterns: &str, files: &[String]) -> Vec<String> {
    let matches = |file: &String| patterns.lines().any(|line| begins_with(line, file));
    let never = ["local.settings.json", ".git/"];
    let is_sent = |file: &&String| !never.iter().any(|name| file.starts_with(name));
    let left = files.iter().filter(is_sent).filter(|file| !matches(file));
    left.cloned().collect()
}

fn begins_with(pattern: &str, path: &str) -> bool {
    assert!(!pattern.starts_with(['!', '#', '/']) && !pattern.contains("**"));
    let Some((before, after)) = pattern.split_once('*') else {
        return path.starts_with(pattern);
    };
    let Some(rest) = path.strip_prefix(before) else {
        return false;
    };
    let segment = rest.split('/').next().unwrap().len();
    let ends = (1..=segment).filter(|end| rest.is_char_boundary(*end));
    ends.into_iter().any(|end| begins_with(after, &rest[end..]))
}

#[tokio::test]
async fn publishing_from_the_source_tree_sends_the_files_of_the_package() {
    let package = files_below(&dist().await.join("package"), &[]);
    let patterns = fs::read_to_string(source().join(".funcignore")).unwrap();
    let files = files_of_a_developer();

    assert_eq!(left_by_git(&patterns, &files), package, "as git reads it");
    let sent = left_by_core_tools(&patterns, &files);
    assert_eq!(sent, package, "as the Core Tools read it");
}

#[test]
fn a_file_that_no_pattern_names_would_be_noticed() {
    let files = ["host.json", "notes.txt", "websocket.json", ".env"].map(str::to_owned);
    let patterns = "web\n.*\n*.md\n";

    assert_eq!(
        left_by_git(patterns, &files),
        ["host.json", "notes.txt", "websocket.json"]
    );
    // The prefix `web` hides it.
    assert_eq!(
        left_by_core_tools(patterns, &files),
        ["host.json", "notes.txt"]
    );
}

/// The paths that `.dockerignore` lets through.
fn docker_context() -> PathBuf {
    let text = fs::read_to_string(source().join(".dockerignore")).unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("*"));
    let target = fresh_folder();
    for path in lines.filter_map(|line| line.strip_prefix('!')) {
        let path = path.strip_suffix("/*.rs").unwrap_or(path);
        let from = source().join(path);
        if from.is_file() {
            fs::copy(&from, target.join(path)).unwrap();
            continue;
        }
        let skipped = ["node_modules", "target", "compare", "__pycache__"];
        for file in files_below(&from, &skipped) {
            let to = target.join(path).join(&file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from.join(file), to).unwrap();
        }
    }
    target
}

/// Cargo reads the manifests of all members, and the files that they name.
#[test]
fn what_docker_gets_is_a_whole_workspace_for_cargo() {
    let context = docker_context();
    let binary = ["tree", "--locked", "--offline", "--package", "switchboard"];

    let tree = Command::new(env!("CARGO"))
        .args(binary)
        .args(["--no-default-features", "--edges", "normal"])
        .current_dir(&context)
        .output()
        .unwrap();

    let errors = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{errors}");
    assert!(context.join(".cargo/config.toml").is_file());
    assert!(!context.join("tests").exists() && !context.join("web").exists());
}
