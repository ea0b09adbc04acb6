//! The journal: a file with one change of the queues in each line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::state::{Change, State};
use crate::open_error::OpenError;

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    lines: usize,
}

/// A journal with this many superfluous lines is rewritten.
const MAX_SUPERFLUOUS_LINES: usize = 10_000;

impl Journal {
    /// Reads the journal and opens it for appending.
    pub(super) fn open(path: PathBuf) -> Result<(State, Self), OpenError> {
        let folder_error = |source| OpenError::Folder {
            folder: path.clone(),
            source,
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(folder_error(error)),
        };
        let state = replay(&text).map_err(|line| OpenError::Damaged {
            file: path.clone(),
            line,
        })?;
        let (file, lines) = write_compacted(&path, &state).map_err(folder_error)?;
        Ok((state, Self { path, file, lines }))
    }

    /// Writes the line in one piece, so that a crash can truncate only the last line.
    pub(super) fn append(&mut self, change: &Change) -> io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.lines += 1;
        self.file.write_all(&line)
    }

    pub(super) fn compact_if_long(&mut self, state: &State) -> io::Result<()> {
        if self.lines > 2 * state.size() + MAX_SUPERFLUOUS_LINES {
            self.compact(state)?;
        }
        Ok(())
    }

    pub(super) fn compact(&mut self, state: &State) -> io::Result<()> {
        (self.file, self.lines) = write_compacted(&self.path, state)?;
        Ok(())
    }
}

/// Leaves out a last line without its line feed: no caller was told that this change was made.
/// Any other line that cannot be read is an error: its number.
fn replay(text: &[u8]) -> Result<State, usize> {
    let mut state = State::default();
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if let Some(line) = line.strip_suffix(b"\n") {
            state.apply(serde_json::from_slice(line).map_err(|_| index + 1)?);
        }
    }
    Ok(state)
}

/// Replaces the file as a whole, with the shortest journal for this state.
fn write_compacted(path: &Path, state: &State) -> io::Result<(File, usize)> {
    let new = path.with_extension("new");
    let mut text = Vec::new();
    let mut lines = 0;
    for change in state.changes() {
        serde_json::to_writer(&mut text, &change)?;
        text.push(b'\n');
        lines += 1;
    }
    fs::write(&new, text)?;
    fs::rename(&new, path)?;
    Ok((OpenOptions::new().append(true).open(path)?, lines))
}

#[cfg(test)]
mod tests {
    use super::{Change, replay};

    fn line(change: &Change) -> Vec<u8> {
        [serde_json::to_vec(change).unwrap(), b"\n".to_vec()].concat()
    }

    #[test]
    fn a_truncated_last_line_is_left_out() {
        let mut text = line(&Change::queue("one", Default::default()));
        text.extend_from_slice(b"{\"Queue\":[\"tw");

        let state = replay(&text).unwrap();

        assert!(state.queue("one").is_ok());
        assert_eq!(state.size(), 1);
    }

    #[test]
    fn damage_in_the_middle_is_an_error() {
        let mut text = b"nonsense\n".to_vec();
        text.extend(line(&Change::queue("one", Default::default())));

        assert_eq!(replay(&text).unwrap_err(), 1);
    }
}
