//! The values of host.json, found in any case, as the host finds them.

use serde_json::Value;

use crate::command::doctor::json_file::at;

pub(super) struct HostJson(Value);

impl HostJson {
    pub(super) fn new(root: Value) -> Self {
        Self(root)
    }

    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        at(&self.0, path)
    }

    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    fn flag(&self, name: &str) -> bool {
        match self.at(&["customHandler", name]) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    pub(super) fn executable(&self) -> Option<&str> {
        self.text(&["customHandler", "description", "defaultExecutablePath"])
    }

    /// Whether requests are passed on as they came, in either way.
    pub(super) fn forwards(&self) -> bool {
        self.flag("enableForwardingHttpRequest") || self.flag("enableProxyingHttpRequest")
    }

    pub(super) fn route_prefix(&self) -> &str {
        let prefix = self.text(&["extensions", "http", "routePrefix"]);
        prefix.unwrap_or("api").trim_matches('/')
    }
}
