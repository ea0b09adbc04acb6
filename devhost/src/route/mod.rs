//! ASP.NET route templates: which function a path belongs to.

mod constraint;
mod parameter;
mod safety;
mod template;

use constraint::Constraint;
pub(crate) use safety::unsafe_parameters;
pub(crate) use template::RouteTemplate;

/// Why the host would not take a route.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    #[error("has a brace that is not closed")]
    OpenBrace,
    #[error("has a parameter without a name")]
    NoName,
    #[error("has two parameters named {0:?}")]
    SameName(String),
    #[error("has something behind its catch-all parameter")]
    BehindCatchAll,
    #[error("starts with `/`, `~` or holds `?`, which the host refuses")]
    BadStart,
    #[error("starts with {0:?}, which the host keeps for itself")]
    Reserved(&'static str),
    #[error("has the constraint {0:?}, which is not known here")]
    UnknownConstraint(String),
    #[error("has the constraint {constraint:?} with an argument that does not fit: {problem}")]
    BadArgument { constraint: String, problem: String },
}

/// The values a path gave to a template's parameters, in the template's order.
pub(crate) type Values = Vec<(String, String)>;
