use std::path::{Path, PathBuf};

use super::{HostJson, LoadError, Options};

/// What is started, with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// A relative path is one of the app's own files where there is such a file, else a command.
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
        Some(own) => own.clone(),
        None if host.executable.is_empty() => {
            return Err(LoadError::NoExecutable {
                file: folder.join("host.json"),
            });
        }
        None => PathBuf::from(&host.executable),
    };
    let inside = folder.join(&path);
    let is_command = path.components().count() == 1 && !inside.is_file();
    if is_command {
        return Ok(Program { path, arguments });
    }
    if !inside.is_file() {
        return Err(LoadError::HandlerMissing { path: inside });
    }
    if !is_executable(&inside) {
        return Err(LoadError::HandlerNotExecutable { path: inside });
    }
    Ok(Program {
        path: inside,
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
