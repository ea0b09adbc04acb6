//! Why an app cannot be loaded.

use std::path::PathBuf;

use crate::route::RouteError;

/// Why an app cannot be loaded. Each message tells the app's author what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    #[error("there is no host.json in {}; is this the folder of a function app?", folder.display())]
    NoHostJson { folder: PathBuf },
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is not valid JSON: {source}", file.display())]
    NotJson {
        file: PathBuf,
        source: serde_json::Error,
    },
    #[error("{}: {key} {problem}", file.display())]
    BadValue {
        file: PathBuf,
        key: String,
        problem: String,
    },
    #[error("{}: the route {route:?} {source}", file.display())]
    BadRoute {
        file: PathBuf,
        route: String,
        source: RouteError,
    },
    #[error(
        "the functions {first} and {second} share the route {route:?} and a method; \
         the host refuses to start such an app"
    )]
    SameRoute {
        first: String,
        second: String,
        route: String,
    },
    #[error("{} names no handler: set customHandler.description.defaultExecutablePath", file.display())]
    NoExecutable { file: PathBuf },
    #[error("the handler {} does not exist; build it, or correct customHandler.description.defaultExecutablePath", path.display())]
    HandlerMissing { path: PathBuf },
    #[error("the handler {} is not executable; run `chmod +x` on it", path.display())]
    HandlerNotExecutable { path: PathBuf },
}
