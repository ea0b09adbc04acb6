use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// As soon as a person expects it, and seldom enough to cost nothing.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

/// The files that make up an app, host.json and every function.json, as they are at some time.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    folder: PathBuf,
    written: Vec<(PathBuf, SystemTime)>,
}

impl Files {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            written: written(folder),
        }
    }

    /// Completes when they are no longer what they were.
    pub(crate) async fn changed(&self) {
        while written(&self.folder) == self.written {
            tokio::time::sleep(LOOKED_AT_EVERY).await;
        }
    }
}

fn written(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folders
        .map(|entry| entry.path().join("function.json"))
        .collect();
    files.push(folder.join("host.json"));
    files.sort();
    let written = |file: PathBuf| {
        let time = std::fs::metadata(&file).ok()?.modified().ok()?;
        Some((file, time))
    };
    files.into_iter().filter_map(written).collect()
}
