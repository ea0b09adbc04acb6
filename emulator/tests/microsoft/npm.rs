//! Node programs with packages of their own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A program that is spoken with line by line.
pub(crate) struct Program {
    process: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a script of a folder beside this file.
    pub(crate) fn start(folder: &str, script: &str) -> Self {
        let mut process = Command::new("node")
            .arg(script)
            .current_dir(installed(folder))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("these tests need Node 20 or newer on the PATH: https://nodejs.org");
        let input = process.stdin.take().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            process,
            input,
            lines,
        }
    }

    pub(crate) async fn read<T: for<'de> Deserialize<'de>>(&mut self) -> T {
        let line = self
            .lines
            .next_line()
            .await
            .unwrap()
            .expect("the program ended early");
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) async fn write(&mut self, line: &str) {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    pub(crate) async fn succeeds(mut self) -> bool {
        self.process.wait().await.unwrap().success()
    }
}

/// A copy of the folder under the target directory with its packages, so that nothing is
/// installed in the source tree. The packages are installed anew only when the lock file changed.
fn installed(folder: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/microsoft")
        .join(folder);
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("emulator-{folder}"));
    fs::create_dir_all(&copy).unwrap();
    // Another test may be about to do the same; the lock ends with the file's handle.
    let guard = File::create(copy.join(".lock")).unwrap();
    guard.lock().unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let lock_file = fs::read(copy.join("package-lock.json")).unwrap();
    let stamp = copy.join("node_modules/.installed");
    if fs::read(&stamp).ok().as_ref() != Some(&lock_file) {
        let npm = StdCommand::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&copy)
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
    copy
}
