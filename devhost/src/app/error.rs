use std::path::PathBuf;

use crate::route::RouteError;

/// Why an app folder cannot be run; each is a sentence for the person who wrote it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    #[error("there is no host.json in {}; is it the folder of a function app?", folder.display())]
    NoHostJson { folder: PathBuf },
    #[error("{} cannot be read: {source}", file.display())]
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
    #[error("{} is empty: give the program that answers as customHandler.description.defaultExecutablePath", file.display())]
    NoExecutable { file: PathBuf },
    #[error("the handler {} does not exist; build it, or correct customHandler.description.defaultExecutablePath", path.display())]
    HandlerMissing { path: PathBuf },
    #[error("the handler {} is not executable; `chmod +x` makes it so", path.display())]
    HandlerNotExecutable { path: PathBuf },
}
