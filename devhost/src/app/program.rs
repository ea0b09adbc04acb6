//! Finds the handler's program.

use std::path::{Path, PathBuf};

use super::error::LoadError;
use super::host_json::HostJson;
use super::options::Options;

/// The handler's program and its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// A relative path is a file of the app if that exists, otherwise a command.
pub(super) fn program(
    folder: &Path,
    host: &HostJson,
    options: &Options,
) -> Result<Program, LoadError> {
    let arguments = options
        .arguments
        .clone()
        .unwrap_or_else(|| host.arguments.clone());
    if options.attach.is_some() {
        return Ok(Program {
            path: PathBuf::new(),
            arguments,
        });
    }
    let path = match &options.executable {
        Some(executable) => executable.clone(),
        None if host.executable.is_empty() => {
            return Err(LoadError::NoExecutable {
                file: folder.join("host.json"),
            });
        }
        None => PathBuf::from(&host.executable),
    };
    let file = folder.join(&path);
    let is_command = path.components().count() == 1 && !file.is_file();
    if is_command {
        return Ok(Program { path, arguments });
    }
    if !file.is_file() {
        return Err(LoadError::HandlerMissing { path: file });
    }
    if !is_executable(&file) {
        return Err(LoadError::HandlerNotExecutable { path: file });
    }
    Ok(Program {
        path: file,
        arguments,
    })
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}
