//! Builds the page in the background with Node.js, if its sources changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::time::Instant;

use super::progress::{NODE_MISSING, Progress, State};
use super::sources::fingerprint;

/// Relative to the app's folder: what the built files were built from.
const BUILT_FROM: &str = "data/page-built-from";
/// Held while the page is built, because two `dev` may share a folder.
const LOCK: &str = "data/page-build.lock";
const OLDEST_NODE: u32 = 20;
/// How much of a failed program's output is shown.
const MAX_OUTPUT_LINES: usize = 60;

#[derive(Debug, thiserror::Error)]
enum BuildError {
    #[error("{NODE_MISSING}")]
    NodeMissing,
    #[error("{command} failed:\n{output}")]
    Failed {
        command: &'static str,
        output: String,
    },
    #[error("failed to build the page: {0}")]
    Io(#[from] io::Error),
}

/// Builds the page in `web/` of the app's folder into `web/dist`. `say` prints a line.
pub(in crate::command::dev) async fn build(app: &Path, progress: &Progress, say: impl Fn(&str)) {
    let started = Instant::now();
    match run(app, progress, &say).await {
        Ok(built) => {
            progress.set(State::Built);
            if built {
                let seconds = started.elapsed().as_secs_f64();
                say(&format!("the page is built ({seconds:.1} s)"));
            }
        }
        Err(error) => {
            say(&error.to_string());
            progress.set(match error {
                BuildError::NodeMissing => State::NodeMissing,
                error => State::Failed(error.to_string()),
            });
        }
    }
}

/// Returns whether there was something to build.
async fn run(app: &Path, progress: &Progress, say: &impl Fn(&str)) -> Result<bool, BuildError> {
    let web = app.join("web");
    let _lock = lock(app.join(LOCK)).await?;
    let sources = fingerprint(&web)?;
    let stamp = app.join(BUILT_FROM);
    let is_built = web.join("dist/index.html").is_file();
    if is_built && fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == sources) {
        return Ok(false);
    }
    check_node().await?;
    progress.set(State::Installing);
    say("installing the page's packages in the background");
    npm(&web, "npm ci", &["ci", "--no-audit", "--no-fund"]).await?;
    progress.set(State::Building);
    say("building the page");
    npm(&web, "npm run build", &["run", "build"]).await?;
    fs::write(stamp, sources)?;
    Ok(true)
}

async fn lock(file: PathBuf) -> io::Result<fs::File> {
    let lock = move || {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = fs::File::create(file)?;
        file.lock()?;
        Ok(file)
    };
    tokio::task::spawn_blocking(lock)
        .await
        .map_err(io::Error::other)?
}

async fn check_node() -> Result<(), BuildError> {
    let output = Command::new("node").arg("--version").output().await;
    let output = output.map_err(|_| BuildError::NodeMissing)?;
    let version = String::from_utf8_lossy(&output.stdout);
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= OLDEST_NODE) {
        Ok(())
    } else {
        Err(BuildError::NodeMissing)
    }
}

async fn npm(folder: &Path, command: &'static str, arguments: &[&str]) -> Result<(), BuildError> {
    let mut npm = Command::new("npm");
    npm.args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = npm.output().await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => BuildError::NodeMissing,
        _ => BuildError::Io(error),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(BuildError::Failed {
        command,
        output: last_lines(&String::from_utf8_lossy(&printed)),
    })
}

/// The end of a program's output, without colours.
fn last_lines(output: &str) -> String {
    let lines: Vec<_> = output.lines().map(without_escapes).collect();
    let first = lines.len().saturating_sub(MAX_OUTPUT_LINES);
    lines[first..].join("\n")
}

fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // A sequence ends with its first letter.
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else if !character.is_control() || character == '\t' {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_shown_without_colours_and_from_its_end() {
        let long = "\u{1b}[31merror\u{1b}[39m: x\n".repeat(100);

        let shown = last_lines(&long);

        assert_eq!(shown.lines().count(), MAX_OUTPUT_LINES);
        assert!(shown.starts_with("error: x\n"));
    }
}
