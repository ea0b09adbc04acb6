//! Recognises whether the page's sources changed since they were built.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Folders without sources.
const NOT_SOURCES: [&str; 3] = ["node_modules", "dist", "test"];

/// Hashes the names and contents of all files that the build may read.
pub(super) fn fingerprint(folder: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let content = fs::read(&file)?;
        let name = file.strip_prefix(folder).unwrap_or(&file);
        let name = name.as_os_str().as_encoded_bytes();
        for part in [name, &content] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    Ok(URL_SAFE_NO_PAD.encode(hash.finalize()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_source = |name: &str| !name.starts_with('.') && !NOT_SOURCES.contains(&name);
        if !entry.file_name().to_str().is_some_and(is_source) {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_changes_with_each_source_and_with_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            fingerprint(folder.path()).unwrap()
        };

        let first = write("src/a.ts", "1");
        let built = write("dist/a.js", "1");
        let changed = write("src/a.ts", "2");
        let added = write("client/src/b.ts", "");

        assert_eq!(first, built);
        assert_ne!(first, changed);
        assert_ne!(changed, added);
    }
}
