//! Notices changes to the files of an app.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Short enough for a person, long enough to cost nothing.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The files of an app, host.json and the function.json files, with their times of change.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    folder: PathBuf,
    modified: Vec<(PathBuf, SystemTime)>,
}

impl Files {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            modified: modified(folder),
        }
    }

    /// Completes when a file is changed, added or removed.
    pub(crate) async fn changed(&self) {
        while modified(&self.folder) == self.modified {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

fn modified(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folders
        .map(|entry| entry.path().join("function.json"))
        .collect();
    files.push(folder.join("host.json"));
    files.sort();
    let modified = |file: PathBuf| {
        let time = std::fs::metadata(&file).ok()?.modified().ok()?;
        Some((file, time))
    };
    files.into_iter().filter_map(modified).collect()
}
