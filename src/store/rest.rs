//! Errors of REST calls as errors of a store.

use super::types::{StoreError, WriteError};
use crate::azure::rest::{CallError, RestError};

impl From<RestError> for StoreError {
    fn from(error: RestError) -> Self {
        match error {
            RestError::Unreachable(cause) => Self::Unreachable(cause),
            RestError::TooLong => Self::TooLong,
            RestError::Denied { why, .. } | RestError::Refused(why) => Self::Refused(why),
        }
    }
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> Self {
        RestError::from(error).into()
    }
}

impl From<CallError> for WriteError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotDone(cause) => Self::NotDone(cause.into()),
            CallError::Unknown(cause) => Self::Unknown(cause.into()),
        }
    }
}
