//! Runs scripts that use Microsoft's packages.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use testkit::Scripts;

/// The language of a Microsoft package.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sdk {
    Node,
    Python,
}

impl Sdk {
    /// Runs a script of `tests/clients`, named without its extension, and returns its output.
    #[track_caller]
    pub(crate) fn run(self, script: &str, argument: &str, stdin: &str) -> String {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
        let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
        let scripts = scripts.unwrap_or_else(|error| panic!("{error}"));
        let ending = match self {
            Self::Node => "mjs",
            Self::Python => "py",
        };
        let mut child = scripts
            .command(&format!("{script}.{ending}"))
            .arg(argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(stdin.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{script}.{ending} failed:\n{errors}"
        );
        String::from_utf8(output.stdout).unwrap()
    }
}
