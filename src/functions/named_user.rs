//! The user whose records a call is about: the one who signed in, or the one whom a back end names.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::admission::AdmissionError;
use crate::access::caller::{Caller, RawToken};
use crate::app::AppState;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::ids::user_id::UserId;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CallerQuery {
    /// Required with an API token: the user for whom the back end calls.
    username: Option<String>,
    /// A JWT, for callers that cannot set headers.
    #[param(value_type = Option<String>)]
    token: Option<RawToken>,
}

/// Never an anonymous user. `bad_token` is the close code for tokens that are refused.
pub(super) async fn named_user(
    parts: &mut Parts,
    state: &AppState,
    bad_token: u16,
) -> Result<UserId, Problem> {
    let app = state.app()?;
    let Query(query) = Query::<CallerQuery>::from_request_parts(parts, state).await?;
    let refuse = |error| AdmissionError::from_caller(error, Some(bad_token));
    let caller = app
        .callers
        .identify(&parts.headers, query.token.as_ref())
        .await;
    let caller = caller.map_err(refuse)?;
    let username = query.username.filter(|name| !name.is_empty());
    match (&caller, &username) {
        (Caller::Anonymous(_), _) => return Err(AdmissionError::Unauthenticated.into()),
        (Caller::Backend(_), None) => {
            return Err(Problem::invalid_parameter(
                "with an API token, `username` must name the user",
            ));
        }
        (Caller::Backend(_), Some(_)) | (Caller::SignedIn(_), _) => {}
    }
    let user = app.callers.user(&caller, username.as_deref());
    Ok(user.map_err(refuse)?)
}
