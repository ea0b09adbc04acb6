//! ASP.NET route templates: they decide which function gets a request.

mod constraint;
mod error;
mod parameter;
mod safety;
mod template;

pub use error::RouteError;
pub(crate) use parameter::Values;
pub(crate) use safety::unsafe_parameters;
pub(crate) use template::RouteTemplate;
