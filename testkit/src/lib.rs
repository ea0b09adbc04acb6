//! Runs third-party software in tests: Node and Python packages at pinned versions, installed
//! once for each target directory.
//!
//! The folder of a test contains scripts beside a `package.json` with its lock file, or a
//! `requirements.txt`. [`Scripts`] copies the folder below the target directory, installs the
//! packages if they are not there yet, and runs the scripts.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const NODE_MISSING: &str =
    "Node.js is missing: install version 20 or newer from https://nodejs.org";
const PYTHON_MISSING: &str =
    "Python is missing: install version 3.10 or newer with its venv module (Debian: python3-venv)";

/// The packages cannot be set up. The message says what to do about it.
#[derive(Debug)]
pub struct SetupError(String);

impl std::fmt::Display for SetupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetupError {}

impl From<io::Error> for SetupError {
    fn from(error: io::Error) -> Self {
        Self(format!("failed to set up a folder for the tests: {error}"))
    }
}

/// Scripts with their packages, ready to run.
#[derive(Debug, Clone)]
pub struct Scripts {
    home: PathBuf,
}

impl Scripts {
    /// Installs the packages of the folder `source`. `below` is the test's
    /// `CARGO_TARGET_TMPDIR`.
    ///
    /// Each version of the lock files gets a separate folder, so that no stale packages are
    /// used. If another test is installing into the folder, this call waits for it.
    pub fn set_up(source: &Path, below: &Path) -> Result<Self, SetupError> {
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

    /// The folder that contains the scripts and their packages.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Copies a package into `node_modules`, so that the scripts can import it by this name.
    pub fn add_package(&self, name: &str, source: &Path) -> Result<(), SetupError> {
        let target = self.home.join("node_modules").join(name);
        fs::create_dir_all(&target)?;
        let lock = File::create(self.home.join("lock"))?;
        lock.lock()?;
        copy_files(source, &target)?;
        Ok(())
    }

    /// Runs a command of an installed package, such as a compiler.
    pub fn run_tool(&self, name: &str, arguments: &[&str]) -> Result<(), SetupError> {
        let mut tool = Command::new(self.home.join("node_modules/.bin").join(name));
        run(
            tool.args(arguments).current_dir(&self.home),
            "an npm package is incomplete",
        )
    }

    /// A command that runs a script: with Python if its name ends in `.py`, otherwise with
    /// Node.
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

/// Installed packages of a developer, and what a build made of the sources.
const NOT_SOURCES: [&str; 2] = ["node_modules", "dist"];

/// Copies a folder. Unchanged files are not written again, because another test may be
/// reading them.
fn copy_files(source: &Path, home: &Path) -> io::Result<()> {
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let target = home.join(entry.file_name());
        if NOT_SOURCES.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
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

fn install_node_packages(home: &Path) -> Result<(), SetupError> {
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--omit-lockfile-registry-resolved",
    ]);
    run(npm.current_dir(home), NODE_MISSING)
}

fn install_python_packages(home: &Path) -> Result<(), SetupError> {
    let venv = home.join("venv");
    run(
        Command::new("python3").args(["-m", "venv"]).arg(&venv),
        PYTHON_MISSING,
    )?;
    let mut pip = Command::new(venv.join("bin/python"));
    // Compiling every module ahead takes longer than the few that the scripts import.
    pip.args(["-m", "pip", "install", "--quiet", "--no-compile"]);
    pip.arg("--requirement");
    run(pip.arg(home.join("requirements.txt")), PYTHON_MISSING)
}

/// Runs a command and fails unless it succeeds. `missing` is the message if the program is
/// not installed.
fn run(command: &mut Command, missing: &str) -> Result<(), SetupError> {
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SetupError(missing.to_owned()),
        _ => SetupError(format!("{command:?}: {error}")),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(SetupError(format!(
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&printed)
    )))
}
