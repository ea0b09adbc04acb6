//! App settings.

use std::collections::BTreeMap;

/// App settings: in Azure they are environment variables.
///
/// They override the inherited environment, for the host as well as for the handler.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    pub(crate) fn new(own: BTreeMap<String, String>) -> Self {
        Self(own)
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned().or_else(|| inherited(name))
    }

    /// A setting that is not empty.
    pub(crate) fn non_empty(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.is_empty())
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    pub(crate) fn own(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The settings that override host.json: `AzureFunctionsJobHost__a__b` has the path `a`, `b`.
    pub(crate) fn overrides(&self) -> impl Iterator<Item = (Vec<String>, String)> {
        let mut all: BTreeMap<String, String> = inherited_all().collect();
        all.extend(self.0.clone());
        all.into_iter().filter_map(|(name, value)| {
            let (prefix, path) = name.split_at_checked(OVERRIDE.len())?;
            prefix.eq_ignore_ascii_case(OVERRIDE).then(|| {
                (
                    path.split("__")
                        .flat_map(|part| part.split(':'))
                        .map(str::to_owned)
                        .collect(),
                    value,
                )
            })
        })
    }

    /// Replaces each `%NAME%`. A missing setting is replaced with nothing.
    pub(crate) fn expand(&self, text: &str) -> String {
        self.replace(text, |_| String::new())
    }

    /// Replaces each `%NAME%`. A missing setting is left as it is.
    pub(crate) fn expand_known(&self, text: &str) -> String {
        self.replace(text, |name| format!("%{name}%"))
    }

    /// The first missing setting that [`expand_known`](Self::expand_known) left.
    pub(super) fn unset_name(expanded: &str) -> Option<&str> {
        let (_, rest) = expanded.split_once('%')?;
        let (name, _) = rest.split_once('%')?;
        Some(name)
    }

    fn replace(&self, text: &str, unset: impl Fn(&str) -> String) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            let Some((name, after)) = after.split_once('%') else {
                break;
            };
            expanded.push_str(before);
            expanded.push_str(&self.get(name).unwrap_or_else(|| unset(name)));
            rest = after;
        }
        expanded.push_str(rest);
        expanded
    }
}

const OVERRIDE: &str = "AzureFunctionsJobHost__";

#[expect(
    clippy::disallowed_methods,
    reason = "this is the only place that reads the environment of the app"
)]
fn inherited(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn inherited_all() -> impl Iterator<Item = (String, String)> {
    // `vars` would panic on a value that is not Unicode.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn an_unset_variable_is_removed_and_a_lone_percent_sign_stays() {
        let settings = Settings::new([("A".to_owned(), "1".to_owned())].into());

        assert_eq!(settings.expand("x%A%y%NOT_SET_ANYWHERE%z 5%"), "x1yz 5%");
    }

    #[test]
    fn a_job_host_setting_names_a_path_in_host_json() {
        let name = "AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest";
        let settings = Settings::new([(name.to_owned(), "true".to_owned())].into());

        let found: Vec<_> = settings.overrides().collect();

        assert!(found.contains(&(
            vec![
                "customHandler".to_owned(),
                "enableForwardingHttpRequest".to_owned()
            ],
            "true".to_owned()
        )));
    }
}
