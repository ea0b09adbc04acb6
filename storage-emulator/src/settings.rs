//! The settings of an account: where it keeps its data, which web pages may use it, and how
//! large a blob may be.

use std::path::PathBuf;

/// The settings of an account.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Created if it does not exist. Only one process at a time can use it.
    pub folder: PathBuf,
    /// The web pages that may read and write blobs. No page can reach queues.
    pub cors: Option<CorsSettings>,
    /// In bytes. A blob is in memory as a whole while it is written or read.
    pub max_blob_size: u64,
}

impl Settings {
    /// Blobs of up to 100 MiB, and no access for web pages.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            cors: None,
            max_blob_size: 100 << 20,
        }
    }
}

/// The web pages that may call from a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsSettings {
    /// Origins as browsers send them; `*` allows all of them.
    pub origins: Vec<String>,
    /// Whether pages may send credentials. Has no effect when `*` allows the page.
    pub credentials: bool,
}
