//! The handler as a program.

use std::path::{Path, PathBuf};

/// Names the folder that `scripts/publish.sh` made before the tests, as `.ci/run` does.
const DIST: &str = "SWITCHBOARD_DIST";

/// The folder that `scripts/publish.sh` made, if the test run names one.
#[expect(
    clippy::disallowed_methods,
    reason = "a parameter of the test run, and no setting"
)]
pub(crate) fn dist() -> Option<PathBuf> {
    let folder = std::env::var_os(DIST)?;
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

/// The published binary if there is one, or else the one that cargo built for the tests. Load tests
/// take it: it is what must keep its promises, and it is several times as fast.
pub(crate) fn published_or_built() -> PathBuf {
    match dist() {
        Some(dist) => dist.join("package/switchboard"),
        None => env!("CARGO_BIN_EXE_switchboard").into(),
    }
}
