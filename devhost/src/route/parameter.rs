//! Parameters of route templates.

use super::constraint::Constraint;
use super::error::RouteError;

/// The values of a template's parameters, in the template's order.
pub(crate) type Values = Vec<(String, String)>;

/// A parameter: `{name:constraint(argument)=default}`, `{name?}` or `{*name}`.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) catch_all: bool,
    optional: bool,
    default: Option<String>,
}

impl Parameter {
    /// Parses the text between the braces.
    pub(super) fn parse(text: &str) -> Result<Self, RouteError> {
        let text = text.replace("{{", "{").replace("}}", "}");
        let bare = text.trim_start_matches('*');
        let catch_all = bare.len() < text.len();
        let (bare, optional) = match bare.strip_suffix('?') {
            Some(bare) => (bare, true),
            None => (bare, false),
        };
        let end = bare.find([':', '=']).unwrap_or(bare.len());
        let (name, mut rest) = bare.split_at(end);
        if name.is_empty() {
            return Err(RouteError::NoName);
        }
        let mut constraints = Vec::new();
        while let Some(after) = rest.strip_prefix(':') {
            let length = constraint_length(after);
            constraints.push(Constraint::parse(&after[..length])?);
            rest = &after[length..];
        }
        let default = rest.strip_prefix('=').map(str::to_owned);
        Ok(Self {
            name: name.to_owned(),
            constraints,
            catch_all,
            optional,
            default,
        })
    }

    /// Adds this text as the parameter's value. `None` if the parameter does not allow it.
    pub(super) fn take(&self, text: &str, values: &mut Values) -> Option<()> {
        let text = match (text, &self.default) {
            ("", Some(default)) => default,
            ("", None) if self.optional => return Some(()),
            ("", None) if self.catch_all && self.constraints.is_empty() => return Some(()),
            ("", None) => return None,
            (text, _) => text,
        };
        self.constraints
            .iter()
            .all(|constraint| constraint.allows(text))
            .then_some(())?;
        values.push((self.name.clone(), text.to_owned()));
        Some(())
    }
}

/// An argument ends at the parenthesis after which the parameter continues or ends.
fn constraint_length(text: &str) -> usize {
    let plain_end = text.find([':', '=']).unwrap_or(text.len());
    match text.find('(') {
        Some(open) if open < plain_end => {
            let ends = |at: &usize| matches!(text[at + 1..].chars().next(), None | Some(':' | '='));
            text.match_indices(')')
                .map(|(at, _)| at)
                .find(ends)
                .map_or(text.len(), |at| at + 1)
        }
        _ => plain_end,
    }
}
