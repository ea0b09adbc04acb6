//! Two parts that both add CORS headers.

use std::path::Path;

use super::host_json::HostJson;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::json_file::{at, read};

const CHECK: &str = "cors";

pub(super) fn check(folder: &Path, host: &HostJson) -> Vec<Finding> {
    let mut found = Vec::new();
    let headers = host.at(&["extensions", "http", "customHeaders"]);
    let headers = headers.and_then(|headers| headers.as_object());
    let mut names = headers.into_iter().flat_map(|headers| headers.keys());
    if let Some(name) = names.find(|name| name.to_ascii_lowercase().starts_with("access-control-"))
    {
        let what = format!("host.json adds `{name}` to every answer, beside the platform's CORS");
        found.push(Finding::error(CHECK, &faults::CORS_TWICE, what));
    }
    let local = folder.join("local.settings.json");
    if let Ok(settings) = read(&local)
        && at(&settings, &["Host", "CORS"]).is_some()
        && at(&settings, &["Values", "ALLOWED_ORIGINS"]).is_some()
    {
        let what = "local.settings.json sets both `Host.CORS` and `ALLOWED_ORIGINS`";
        found.push(Finding::error(CHECK, &faults::CORS_TWICE, what));
    }
    if found.is_empty() {
        found.push(Finding::ok(CHECK, "no header is added twice"));
    }
    found
}
