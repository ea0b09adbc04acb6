//! What is wrong with an app's routes taken together.

use super::{Function, HttpTrigger, LoadError};
use crate::route::unsafe_parameters;

/// The first of two would answer for both, so the host refuses them.
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

/// A sentence for each function whose callers can reach other paths than its own.
pub(super) fn unsafe_routes(functions: &[Function]) -> impl Iterator<Item = String> {
    functions.iter().filter_map(|function| {
        let http = function.http()?;
        let parameters = unsafe_parameters(&http.template);
        let first = parameters.first()?;
        Some(format!(
            "{}: in the route {:?}, {} can hold `..%5C`, `%252E` and the like, which the host \
             turns into another path on the way to the handler; constrain it, for instance as \
             {{{first}:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}}",
            function.name,
            http.route,
            parameters.join(" and "),
        ))
    })
}
