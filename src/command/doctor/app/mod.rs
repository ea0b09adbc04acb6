//! `--app`: what is wrong with an app's folder before it is deployed. It serves any custom handler.

mod cors;
mod elf;
mod executable;
mod functions;
mod handler;
mod host_json;
mod parameter;
mod route;
mod split;

use std::path::Path;

use super::faults;
use super::finding::Finding;
use super::json_file;
use functions::Function;
use host_json::HostJson;

/// Reads the folder; calls nothing.
pub(super) fn check(folder: &Path) -> Vec<Finding> {
    let path = folder.join("host.json");
    if !path.is_file() {
        let what = format!("{} does not exist", path.display());
        return vec![Finding::error("host.json", &faults::APP_MISSING, what)];
    }
    let root = match json_file::read(&path) {
        Ok(root) => root,
        Err(error) => {
            let what = format!("host.json {error}");
            return vec![Finding::error("host.json", &faults::HOST_JSON, what)];
        }
    };
    let host = HostJson::new(root);
    let (functions, mut broken) = Function::read_all(folder);
    let mut found = handler::check(&host, &functions);
    found.extend(executable::check(folder, &host));
    found.append(&mut broken);
    found.extend(functions::check(&functions, &host));
    found.extend(route::check(&functions, &host));
    found.extend(cors::check(folder, &host));
    found
}
