//! Notices when the files change that make up an app.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// As soon as a person expects it, and seldom enough to cost nothing.
const EVERY: Duration = Duration::from_millis(500);

/// Every host.json and function.json of an app, and when it was written.
pub(crate) type Seen = Vec<(PathBuf, SystemTime)>;

pub(crate) fn seen(app: &Path) -> Seen {
    let folders = std::fs::read_dir(app).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folders
        .map(|entry| entry.path().join("function.json"))
        .collect();
    files.push(app.join("host.json"));
    files.sort();
    let written = |file: PathBuf| {
        let time = std::fs::metadata(&file).ok()?.modified().ok()?;
        Some((file, time))
    };
    files.into_iter().filter_map(written).collect()
}

/// Completes when the files are no longer what they were.
pub(crate) async fn changed(app: &Path, before: &Seen) {
    loop {
        tokio::time::sleep(EVERY).await;
        if seen(app) != *before {
            return;
        }
    }
}
