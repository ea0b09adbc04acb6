//! Whether the app accepts the API token that back ends use.

use http::StatusCode;
use http::header::AUTHORIZATION;

use super::Site;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::Request;

const CHECK: &str = "token";

pub(super) async fn check(site: &Site) -> Vec<Finding> {
    let Some(token) = &site.token else {
        return vec![Finding::skipped(CHECK, "no token was given")];
    };
    let bearer = format!("Bearer {token}");
    // Reads a user that does not exist.
    let request = Request::get("/api/users?user_id=switchboard-doctor");
    let finding = match site
        .probe
        .call(request.header(AUTHORIZATION, &bearer))
        .await
    {
        Ok(reply) if matches!(reply.status, StatusCode::OK | StatusCode::NOT_FOUND) => {
            Finding::ok(CHECK, "the app accepts the API token")
        }
        Ok(reply) => {
            let what = format!("/api/users answers {} to the API token", reply.summary());
            Finding::error(CHECK, &faults::TOKEN_REFUSED, what)
        }
        Err(error) => {
            let what = format!("/api/users: {error}");
            Finding::error(CHECK, &faults::APP_DEGRADED, what)
        }
    };
    vec![finding]
}
