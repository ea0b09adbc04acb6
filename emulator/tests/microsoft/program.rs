//! Programs in other languages, with their own packages.

use std::path::Path;
use std::process::Stdio;

use serde::Deserialize;
use testkit::Scripts;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A program that talks in lines.
pub(crate) struct Program {
    process: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a script in a folder beside this file.
    pub(crate) fn start(folder: &str, script: &str) -> Self {
        Self::start_with(folder, script, [])
    }

    /// The same with additional environment variables.
    pub(crate) fn start_with<'a>(
        folder: &str,
        script: &str,
        environment: impl IntoIterator<Item = (&'a str, &'a Path)>,
    ) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/microsoft");
        let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let scripts =
            Scripts::set_up(&source.join(folder), below).unwrap_or_else(|why| panic!("{why}"));
        let mut process = Command::from(scripts.command(script))
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
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
