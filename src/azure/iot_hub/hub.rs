//! The calls that we make.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::api::IotHubApi;
use super::error_code::{
    CLOSED_BY_DEVICE, CLOSED_FOR_NEW_CONNECTION, DEVICE_NOT_FOUND, DEVICE_NOT_ONLINE, error_code,
};
use super::settings::IotHubSettings;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::azure::rest::{Answer, Call, CallError, Deadline, RestClient, RestError, Retry};
use crate::azure::storage_account::percent_encode;
use crate::clock::Clock;

const API_VERSION: &str = "api-version=2021-04-12";
/// How much longer than the device the hub itself may take.
const MARGIN: Duration = Duration::from_secs(10);
/// An id that no device is expected to have.
const PROBE: &str = "switchboard-health-check";

/// A hub. Commands that wait for slow devices have a client of their own, so that they do not take
/// the permits of short calls.
#[derive(Debug)]
pub struct IotHub {
    methods: RestClient<IotHubApi>,
    twins: RestClient<IotHubApi>,
}

/// A direct method for a device.
#[derive(Debug, Clone, Copy)]
pub struct MethodCall<'a> {
    pub method: &'a str,
    pub payload: Option<&'a RawValue>,
    /// 5 to 300 seconds.
    pub timeout: Duration,
}

/// The device's own answer.
#[derive(Debug, Deserialize)]
pub struct MethodAnswer {
    pub status: i64,
    #[serde(default)]
    pub payload: Option<Box<RawValue>>,
}

/// Why there is no answer of the device.
#[derive(Debug, thiserror::Error)]
pub enum MethodError {
    #[error("the hub knows no such device")]
    NotFound,
    #[error("the device is not connected, or takes no direct methods")]
    Offline,
    #[error("the device did not answer in time")]
    Timeout,
    #[error("IoT Hub does not accept the call")]
    Invalid(#[source] RestError),
    /// The device got nothing.
    #[error("IoT Hub does not answer")]
    Hub(#[source] RestError),
    #[error("the outcome is unknown")]
    Unknown(#[source] RestError),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MethodBody<'a> {
    method_name: &'a str,
    response_timeout_in_seconds: u64,
    /// The device must be connected already.
    connect_timeout_in_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Twin {
    connection_state: Option<String>,
}

impl IotHub {
    /// Sends nothing yet.
    pub fn new(
        settings: &IotHubSettings,
        http_client: &SharedHttpClient,
        identities: &ManagedIdentities,
        clock: &Clock,
    ) -> Result<Self, IdentityError> {
        let api = IotHubApi::new(settings, clock.clone(), identities)?;
        let client = |api| {
            let url = settings.host.url().clone();
            RestClient::new(api, url, http_client.clone(), clock.clone())
        };
        Ok(Self {
            methods: client(api.clone()),
            twins: client(api),
        })
    }

    /// Calls a direct method and waits for the device's answer. Never called twice by us: a method
    /// may not be repeatable.
    pub async fn invoke(
        &self,
        device: &str,
        call: &MethodCall<'_>,
    ) -> Result<MethodAnswer, MethodError> {
        let body = serde_json::to_vec(&MethodBody {
            method_name: call.method,
            response_timeout_in_seconds: call.timeout.as_secs(),
            connect_timeout_in_seconds: 0,
            payload: call.payload,
        });
        let body = body.map_err(|error| MethodError::Hub(RestError::unreachable(error)))?;
        let patience = call.timeout + MARGIN;
        let path = format!("twins/{}/methods", percent_encode(device));
        let request = Call::new(Method::POST, path, Retry::Unsafe)
            .query(API_VERSION)
            .json(body)
            .attempt_timeout(patience);
        let answer = self
            .methods
            .call(&request, Deadline::within(patience))
            .await;
        match answer {
            Ok(answer) => self.method_answer(&answer),
            Err(CallError::NotDone(error)) => Err(MethodError::Hub(error)),
            Err(CallError::Unknown(RestError::TooLong)) => Err(MethodError::Timeout),
            Err(CallError::Unknown(error)) => Err(MethodError::Unknown(error)),
        }
    }

    fn method_answer(&self, answer: &Answer) -> Result<MethodAnswer, MethodError> {
        match (answer.status, error_code(answer)) {
            (StatusCode::OK, _) => answer.json().map_err(MethodError::Unknown),
            (_, Some(DEVICE_NOT_FOUND)) => Err(MethodError::NotFound),
            (_, Some(DEVICE_NOT_ONLINE | CLOSED_BY_DEVICE | CLOSED_FOR_NEW_CONNECTION)) => {
                Err(MethodError::Offline)
            }
            (StatusCode::GATEWAY_TIMEOUT, _) => Err(MethodError::Timeout),
            (StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE, _) => {
                Err(MethodError::Invalid(self.methods.refusal(answer)))
            }
            _ => Err(MethodError::Hub(self.methods.refusal(answer))),
        }
    }

    /// `Connected` or `Disconnected`; `None` for a device that the hub does not know.
    ///
    /// It is read from the device's twin and not from its identity, because a policy with `service
    /// connect` alone may read twins but not identities.
    pub async fn connection_state(&self, device: &str) -> Result<Option<String>, RestError> {
        let path = format!("twins/{}", percent_encode(device));
        let call = Call::new(Method::GET, path, Retry::Idempotent).query(API_VERSION);
        let answer = self.twins.call(&call, Deadline::start()).await?;
        match answer.status {
            StatusCode::OK => Ok(answer.json::<Twin>()?.connection_state),
            StatusCode::NOT_FOUND if error_code(&answer) == Some(DEVICE_NOT_FOUND) => Ok(None),
            _ => Err(self.twins.refusal(&answer)),
        }
    }

    /// Checks that the hub answers and accepts our credential, by asking for a device that does
    /// not exist: that needs the same right as the calls themselves, and the hub reads nothing
    /// else for it.
    pub async fn check(&self) -> Result<(), RestError> {
        self.connection_state(PROBE).await.map(drop)
    }
}
