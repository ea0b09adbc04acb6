//! The built page, once for all tests, and `dev` that serves it.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::Scripts;
use tokio::sync::OnceCell;

use crate::support::Dev;
use crate::support::dev::app_folder;

/// `dev` with the built page.
pub(super) async fn start(name: &str) -> Dev {
    start_in(app_folder(&format!("page-{name}"))).await
}

pub(super) async fn start_in(folder: PathBuf) -> Dev {
    start_with(folder, &[], &[]).await
}

pub(super) async fn start_with(
    folder: PathBuf,
    more: &[&str],
    environment: &[(&str, &str)],
) -> Dev {
    let site = built().await.to_str().unwrap();
    let fixed = ["--port", "0", "--emulator-port", "0", "--web-dir", site];
    Dev::start_with(folder, &[&fixed[..], more].concat(), environment).await
}

/// The folder with the built files.
pub(super) async fn built() -> &'static Path {
    static BUILT: OnceCell<PathBuf> = OnceCell::const_new();
    let build = || async { tokio::task::spawn_blocking(build).await.unwrap() };
    BUILT.get_or_init(build).await
}

/// Runs a script of the page's `package.json`. Panics with its output if it fails.
pub(super) fn npm_run(home: &Path, arguments: &[&str]) {
    let mut npm = Command::new("npm");
    npm.arg("run").args(arguments);
    let output = npm.current_dir(home).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&printed)
    );
}

/// A copy of the page's sources with its packages.
pub(super) fn sources() -> PathBuf {
    let packages = Scripts::set_up(&source(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let packages = packages.unwrap_or_else(|error| panic!("{error}"));
    let home = packages.home().to_owned();
    for folder in ["src", "client/src"] {
        remove_stale(&home.join(folder), &source().join(folder));
    }
    home
}

/// Removes files that the sources no longer have, since the copy outlives them.
fn remove_stale(copy: &Path, source: &Path) {
    for entry in fs::read_dir(copy).unwrap().map(Result::unwrap) {
        let original = source.join(entry.file_name());
        match (entry.path().is_dir(), original.exists()) {
            (true, true) => remove_stale(&entry.path(), &original),
            (true, false) => fs::remove_dir_all(entry.path()).unwrap(),
            (false, false) => fs::remove_file(entry.path()).unwrap(),
            (false, true) => {}
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web")
}

fn build() -> PathBuf {
    let home = sources();
    // Another test process may build, or may serve what it has built from other sources.
    let lock = File::create(home.join("build-lock")).unwrap();
    lock.lock().unwrap();
    let mut hasher = DefaultHasher::new();
    hash(&source(), &mut hasher);
    let name = format!("dist-{:x}", hasher.finish());
    let site = home.join(&name);
    if !site.join("index.html").exists() {
        npm_run(&home, &["build", "--", "--outDir", &name]);
    }
    site
}

fn hash(folder: &Path, hasher: &mut DefaultHasher) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name == "node_modules" || name == "dist" {
            continue;
        }
        name.hash(hasher);
        if entry.path().is_dir() {
            hash(&entry.path(), hasher);
        } else {
            fs::read(entry.path()).unwrap().hash(hasher);
        }
    }
}
