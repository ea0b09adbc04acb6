//! The package that the tests start.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::support::program;

/// The folder with `package/` and `switchboard.zip`.
///
/// Without a package made before, one is made of the binary that cargo built for the tests. It has
/// the same layout, but runs on this machine alone: the real build takes minutes.
pub(super) async fn dist() -> &'static Path {
    static DIST: OnceLock<PathBuf> = OnceLock::new();
    let made = tokio::task::spawn_blocking(|| DIST.get_or_init(make).as_path());
    made.await.unwrap()
}

fn make() -> PathBuf {
    if let Some(dist) = program::dist() {
        return dist;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dist = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dist");
    let binary = env!("CARGO_BIN_EXE_switchboard");
    let arguments = ["--local", "--binary", binary, "--output"];
    let made = publish(
        source,
        &[&arguments[..], &[dist.to_str().unwrap()]].concat(),
    );
    assert!(made.status.success(), "{made:?}");
    dist
}

/// Runs the script of this source tree.
pub(super) fn publish(source: &Path, arguments: &[&str]) -> Output {
    let mut script = Command::new(source.join("scripts/publish.sh"));
    script.args(arguments).output().unwrap()
}

/// The binary of the package.
pub(super) async fn binary() -> PathBuf {
    dist().await.join("package/switchboard")
}
