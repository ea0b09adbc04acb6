//! The package that the tests start.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Names the folder that `scripts/publish.sh` made before the tests, as `.ci/run` does.
const MADE_BEFORE: &str = "SWITCHBOARD_DIST";

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
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some(dist) = made_before() {
        return source.join(dist);
    }
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

#[expect(
    clippy::disallowed_methods,
    reason = "a parameter of the test run, and no setting"
)]
fn made_before() -> Option<String> {
    std::env::var(MADE_BEFORE).ok()
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
