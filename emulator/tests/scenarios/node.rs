//! The player, which is a Node program with a package of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};

use tokio::process::{Child, Command};

const FILES: [&str; 6] = [
    "package.json",
    "package-lock.json",
    "record.mjs",
    "player.mjs",
    "notes.mjs",
    "scenarios.mjs",
];

/// Starts the player from a copy under the target directory, so that nothing is installed in the source tree.
pub(crate) fn play() -> Child {
    let folder = installed();
    Command::new("node")
        .arg("record.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("these tests need Node 20 or newer on the PATH: https://nodejs.org")
}

/// Copies the player and installs its package, unless that was done for the same lock file.
fn installed() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/record");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulator-record");
    fs::create_dir_all(&folder).unwrap();
    // Another test run may be about to do the same; the lock ends with the file's handle.
    let guard = File::create(folder.join(".lock")).unwrap();
    guard.lock().unwrap();
    for file in FILES {
        fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    let lock_file = fs::read(folder.join("package-lock.json")).unwrap();
    let stamp = folder.join("node_modules/.installed");
    if fs::read(&stamp).ok().as_ref() != Some(&lock_file) {
        let npm = StdCommand::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .output();
        let output =
            npm.expect("these tests need npm on the PATH; it comes with Node: https://nodejs.org");
        assert!(
            output.status.success(),
            "npm ci failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        fs::write(stamp, lock_file).unwrap();
    }
    folder
}
