//! Sets up Microsoft's own packages, once per target directory, and runs scripts with them.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FILES: [(&str, &str); 7] = [
    ("package.json", include_str!("../clients/package.json")),
    (
        "package-lock.json",
        include_str!("../clients/package-lock.json"),
    ),
    (
        "requirements.txt",
        include_str!("../clients/requirements.txt"),
    ),
    ("calls.mjs", include_str!("../clients/calls.mjs")),
    ("calls.py", include_str!("../clients/calls.py")),
    ("tokens.mjs", include_str!("../clients/tokens.mjs")),
    ("tokens.py", include_str!("../clients/tokens.py")),
];

/// A language that Microsoft has a package for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sdk {
    Node,
    Python,
}

impl Sdk {
    /// Runs a script of `tests/clients`, named without its ending, and returns what it prints.
    #[track_caller]
    pub(crate) fn run(self, script: &str, argument: &str, stdin: &str) -> String {
        let home = set_up(self);
        let (program, ending) = match self {
            Self::Node => (PathBuf::from("node"), "mjs"),
            Self::Python => (home.join("venv/bin/python"), "py"),
        };
        let mut child = Command::new(program)
            .arg(home.join(format!("{script}.{ending}")))
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

/// Each state of the scripts and lock files has a directory of its own, so that nothing
/// stale is ever used; the lock is for tests that run at the same time.
fn set_up(sdk: Sdk) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    FILES.hash(&mut hasher);
    let home =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clients-{:x}", hasher.finish()));
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();

    let done = home.join(format!("{sdk:?}.done"));
    if !done.exists() {
        for (name, text) in FILES {
            fs::write(home.join(name), text).unwrap();
        }
        match sdk {
            Sdk::Node => set_up_node(&home),
            Sdk::Python => set_up_python(&home),
        }
        File::create(done).unwrap();
    }
    home
}

fn set_up_node(home: &Path) {
    let missing = "npm is missing: install Node.js 20 or newer (https://nodejs.org)";
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .arg("--omit-lockfile-registry-resolved");
    succeed(npm.current_dir(home), missing);
}

fn set_up_python(home: &Path) {
    let missing = "python3 is missing: install Python 3.9 or newer with its venv module";
    succeed(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(home.join("venv")),
        missing,
    );
    let mut pip = Command::new(home.join("venv/bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(home.join("requirements.txt"));
    succeed(&mut pip, missing);
}

fn succeed(command: &mut Command, missing: &str) {
    let output = command.output().unwrap_or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => panic!("{missing}"),
        _ => panic!("{command:?}: {error}"),
    });
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
