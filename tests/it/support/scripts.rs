//! Node and Python scripts that use third-party client libraries.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use testkit::Scripts;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The scripts of `tests/it/clients` with their packages.
pub(crate) async fn client_scripts() -> Scripts {
    let set_up = || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients");
        let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
        scripts.unwrap_or_else(|error| panic!("{error}"))
    };
    tokio::task::spawn_blocking(set_up).await.unwrap()
}

/// A running script of `tests/it/clients`.
pub(crate) struct Script {
    _child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Script {
    pub(crate) async fn start(script: &'static str, argument: &str) -> Self {
        Self::start_with(script, &[argument]).await
    }

    pub(crate) async fn start_with(script: &'static str, arguments: &[&str]) -> Self {
        Self::start_trusting(script, arguments, None).await
    }

    /// With a certificate that the script trusts in addition to the usual ones.
    pub(crate) async fn start_trusting(
        script: &'static str,
        arguments: &[&str],
        certificate: Option<&Path>,
    ) -> Self {
        let mut command = client_scripts().await.command(script);
        command.args(arguments);
        if let Some(certificate) = certificate {
            command.env("NODE_EXTRA_CA_CERTS", certificate);
        }
        let mut child = Command::from(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take().unwrap(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        }
    }

    /// The next line of output, which is JSON.
    pub(crate) async fn read(&mut self) -> Value {
        let line = self.lines.next_line().await.unwrap();
        let line = line.expect("the script ended; its output above says why");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
    }

    /// Sends a line to the script and returns its answer.
    pub(crate) async fn request(&mut self, request: &Value) -> Value {
        self.stdin
            .write_all(format!("{request}\n").as_bytes())
            .await
            .unwrap();
        self.read().await
    }
}
