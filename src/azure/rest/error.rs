//! Errors of a REST call.

/// Why a call failed. Never holds a key, a signature, an address or a body.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    #[error("the service cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the service took too long")]
    TooLong,
    /// The service does not accept our credential for this call.
    #[error("the service refused: {why}")]
    Denied { status: u16, why: String },
    #[error("the service refused: {0}")]
    Refused(String),
}

impl RestError {
    pub(crate) fn malformed() -> Self {
        Self::Refused("its answer is malformed".to_owned())
    }

    pub(crate) fn unreachable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unreachable(cause.into())
    }
}

/// A call that failed, and whether it may have had an effect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The service did nothing.
    #[error(transparent)]
    NotDone(RestError),
    /// The call had been sent; its outcome is unknown.
    #[error(transparent)]
    Unknown(RestError),
}

impl From<CallError> for RestError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotDone(cause) | CallError::Unknown(cause) => cause,
        }
    }
}
