//! `devices`: the devices that report, their telemetry, and commands for them.

pub mod commands;
pub mod list;
pub mod telemetry;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::access::caller::rights::DeviceReader;
use crate::app::{App, AppState};
use crate::http::problem::Problem;

/// The app of a deployment that has devices.
#[derive(Debug)]
pub struct DevicesApp(Arc<App>);

impl FromRequestParts<AppState> for DevicesApp {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let app = Arc::<App>::from_request_parts(parts, state).await?;
        if app.config.devices.enabled {
            Ok(Self(app))
        } else {
            Err(Problem::unavailable(
                "devices are turned off: IOT_HUB_ENABLE is `false`",
            ))
        }
    }
}

impl FromRequestParts<AppState> for DeviceReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self::from_headers(&state.app()?.callers, &parts.headers).await?)
    }
}
