use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::change::{Change, State};
use crate::storage::StorageError;

/// A file with every change, one in a line.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    lines: usize,
}

/// A journal is written anew when it has this many lines more than it needs.
const SPARE_LINES: usize = 10_000;

impl Journal {
    /// What the journal says, and the journal, ready for more.
    pub(super) fn open(path: PathBuf) -> Result<(State, Self), StorageError> {
        let unusable = |source| StorageError::Folder {
            folder: path.clone(),
            source,
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(unusable(error)),
        };
        let state = replay(&text).map_err(|line| StorageError::Damaged {
            file: path.clone(),
            line,
        })?;
        let (file, lines) = write_anew(&path, &state).map_err(unusable)?;
        Ok((state, Self { path, file, lines }))
    }

    /// In one piece, so that a crash cuts at most the last line short.
    pub(super) fn append(&mut self, change: &Change) -> io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.lines += 1;
        self.file.write_all(&line)
    }

    pub(super) fn shorten(&mut self, state: &State) -> io::Result<()> {
        if self.lines > 2 * state.size() + SPARE_LINES {
            self.rewrite(state)?;
        }
        Ok(())
    }

    pub(super) fn rewrite(&mut self, state: &State) -> io::Result<()> {
        (self.file, self.lines) = write_anew(&self.path, state)?;
        Ok(())
    }
}

/// A last line without an end was never told to anybody as done, and is left out. Any other that
/// cannot be read is an error, by its number.
fn replay(text: &[u8]) -> Result<State, usize> {
    let mut state = State::default();
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if let Some(line) = line.strip_suffix(b"\n") {
            state.apply(serde_json::from_slice(line).map_err(|_| index + 1)?);
        }
    }
    Ok(state)
}

/// Puts a complete new file in the old one's place.
fn write_anew(path: &Path, state: &State) -> io::Result<(File, usize)> {
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
    fn a_line_that_was_cut_short_is_left_out() {
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
