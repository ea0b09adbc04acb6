//! Checks the routes of an app.

use super::error::LoadError;
use super::function::{Function, HttpTrigger};
use crate::route::unsafe_parameters;

/// The host refuses an app in which two functions share a route and a method.
pub(super) fn refuse_shared_routes(functions: &[Function]) -> Result<(), LoadError> {
    let http: Vec<(&Function, &HttpTrigger)> = functions
        .iter()
        .filter_map(|function| Some((function, function.http()?)))
        .collect();
    for (at, (first, one)) in http.iter().enumerate() {
        for (second, other) in &http[at + 1..] {
            let share_a_method = one.methods.is_empty()
                || other.methods.is_empty()
                || one
                    .methods
                    .iter()
                    .any(|method| other.methods.contains(method));
            if one.route.eq_ignore_ascii_case(&other.route) && share_a_method {
                return Err(LoadError::SameRoute {
                    first: first.name.clone(),
                    second: second.name.clone(),
                    route: one.route.clone(),
                });
            }
        }
    }
    Ok(())
}

/// A warning for each function whose route lets callers reach other paths.
pub(super) fn unsafe_routes(functions: &[Function]) -> impl Iterator<Item = String> {
    functions.iter().filter_map(|function| {
        let http = function.http()?;
        let parameters = unsafe_parameters(&http.template);
        let first = parameters.first()?;
        Some(format!(
            "{}: in the route {:?}, {} can contain `..%5C`, `%252E` and the like, which the host \
             turns into another path before it calls the handler; constrain it, for example as \
             {{{first}:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}}",
            function.name,
            http.route,
            parameters.join(" and "),
        ))
    })
}
