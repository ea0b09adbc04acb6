//! Why a route is refused.

/// Why the host refuses a route. The message continues a sentence about the route.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    #[error("has a brace that is not closed")]
    OpenBrace,
    #[error("has a parameter without a name")]
    NoName,
    #[error("has two parameters named {0:?}")]
    SameName(String),
    #[error("has a part after its catch-all parameter")]
    AfterCatchAll,
    #[error("starts with `/` or `~`, or contains `?` or an empty segment, which the host refuses")]
    BadStart,
    #[error("starts with {0:?}, which the host reserves for itself")]
    Reserved(&'static str),
    #[error("has the unknown constraint {0:?}")]
    UnknownConstraint(String),
    #[error("has the constraint {constraint:?} with an invalid argument: {problem}")]
    BadArgument { constraint: String, problem: String },
}
