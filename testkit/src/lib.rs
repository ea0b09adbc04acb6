//! Software that we did not write, for tests: Node and Python packages at pinned versions,
//! installed once for each target directory.
//!
//! A folder of a member's tests holds scripts beside a `package.json` with its lock file, or a
//! `requirements.txt`. [`Scripts`] copies it below the target directory, installs what it names
//! when that is not there yet, and runs the scripts.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const NODE_MISSING: &str =
    "Node.js is missing: install version 20 or newer from https://nodejs.org";
const PYTHON_MISSING: &str =
    "Python is missing: install version 3.9 or newer with its venv module (Debian: python3-venv)";

/// Why tests cannot run here, in a sentence that says what to do.
#[derive(Debug)]
pub struct CannotSetUp(String);

impl std::fmt::Display for CannotSetUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CannotSetUp {}

impl From<io::Error> for CannotSetUp {
    fn from(error: io::Error) -> Self {
        Self(format!("a folder for the tests cannot be set up: {error}"))
    }
}

/// Scripts with their packages, ready to run.
#[derive(Debug, Clone)]
pub struct Scripts {
    home: PathBuf,
}

impl Scripts {
    /// Sets up the packages that `source` names. `below` is the test's `CARGO_TARGET_TMPDIR`.
    ///
    /// Each state of the lock files has a home of its own, so nothing stale is ever used; who
    /// comes while another test installs waits for it.
    pub fn set_up(source: &Path, below: &Path) -> Result<Self, CannotSetUp> {
        let name = source
            .file_name()
            .and_then(OsStr::to_str)
            .unwrap_or("scripts");
        let locks = hash(&[
            source.join("package-lock.json"),
            source.join("requirements.txt"),
        ]);
        let home = below.join(format!("{name}-{locks:x}"));
        fs::create_dir_all(&home)?;
        let lock = File::create(home.join("lock"))?;
        lock.lock()?;
        copy_files(source, &home)?;
        let done = home.join("installed");
        if !done.exists() {
            if home.join("package.json").exists() {
                install_node_packages(&home)?;
            }
            if home.join("requirements.txt").exists() {
                install_python_packages(&home)?;
            }
            File::create(done)?;
        }
        Ok(Self { home })
    }

    /// Where the packages are.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Runs a script: its ending says in which language.
    pub fn command(&self, script: &str) -> Command {
        let own_node = self.home.join("node_modules/node/bin/node");
        let program = if script.ends_with(".py") {
            self.home.join("venv/bin/python")
        } else if own_node.exists() {
            own_node
        } else {
            PathBuf::from("node")
        };
        let mut command = Command::new(program);
        command.arg(self.home.join(script)).current_dir(&self.home);
        command
    }
}

fn hash(files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).unwrap_or_default().hash(&mut hasher);
    }
    hasher.finish()
}

/// Leaves a file alone that is there already: another test may be reading it.
fn copy_files(source: &Path, home: &Path) -> io::Result<()> {
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let target = home.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy_files(&entry.path(), &target)?;
            continue;
        }
        let text = fs::read(entry.path())?;
        if fs::read(&target).ok().as_ref() != Some(&text) {
            fs::write(target, text)?;
        }
    }
    Ok(())
}

fn install_node_packages(home: &Path) -> Result<(), CannotSetUp> {
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--omit-lockfile-registry-resolved",
    ]);
    succeed(npm.current_dir(home), NODE_MISSING)
}

fn install_python_packages(home: &Path) -> Result<(), CannotSetUp> {
    let venv = home.join("venv");
    succeed(
        Command::new("python3").args(["-m", "venv"]).arg(&venv),
        PYTHON_MISSING,
    )?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"]);
    succeed(pip.arg(home.join("requirements.txt")), PYTHON_MISSING)
}

fn succeed(command: &mut Command, missing: &str) -> Result<(), CannotSetUp> {
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CannotSetUp(missing.to_owned()),
        _ => CannotSetUp(format!("{command:?}: {error}")),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(CannotSetUp(format!(
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&said)
    )))
}
