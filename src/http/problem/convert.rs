//! Which status and code each error is answered with: the only place that chooses one.

use std::error::Error;

use axum::http::StatusCode;

use super::Problem;
use crate::access::admission::AdmissionError;
use crate::access::caller::rights::RightsError;
use crate::access::rate_limit::RateLimited;
use crate::access::service_proof::ProofError;
use crate::assistant::Failure;
use crate::azure::iot_hub::MethodError;
use crate::config::ConfigErrors;
use crate::conversation::ConversationError;
use crate::devices::{CommandError, InvalidCommand};
use crate::feeds::FeedError;
use crate::store::StoreError;

/// When a busy model may answer again.
const RETRY_BUSY_SECONDS: u64 = 20;
/// Budgets are of a day, but nobody waits so long for an answer: an hour is soon enough to ask.
const RETRY_BUDGET_SECONDS: u64 = 3600;

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let detail = failure.to_string();
        match failure {
            Failure::ContentFiltered => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "content_filtered", detail)
            }
            Failure::RateLimited => Self::rate_limited(RETRY_BUSY_SECONDS),
            Failure::BudgetSpent => Self {
                retry_after_seconds: Some(RETRY_BUDGET_SECONDS),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "budget_spent", detail)
            },
            Failure::Cancelled | Failure::Unavailable => Self::unavailable(detail),
        }
    }
}

/// An answer takes two minutes at most.
const RETRY_QUESTION_SECONDS: u64 = 120;

impl From<RateLimited> for Problem {
    fn from(limited: RateLimited) -> Self {
        Self::rate_limited(limited.retry_after_seconds)
    }
}

impl From<ConversationError> for Problem {
    fn from(error: ConversationError) -> Self {
        let problem = match &error {
            ConversationError::NotFound(detail) => Self::not_found(*detail),
            ConversationError::Forbidden(detail) => Self::forbidden(*detail),
            ConversationError::Invalid(detail) => Self::invalid_parameter(*detail),
            ConversationError::AlreadyCreated(detail) => Self::already_created(*detail),
            ConversationError::RateLimited(_) => Self::rate_limited(RETRY_QUESTION_SECONDS),
            ConversationError::Unavailable(_)
            | ConversationError::Store(_)
            | ConversationError::Blobs(_) => Self::unavailable(error.to_string()),
            ConversationError::OutcomeUnknown(_) => Self::internal(error.to_string()),
        };
        if error.source().is_some() {
            problem.caused_by(error)
        } else {
            problem
        }
    }
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        let problem = match &error {
            FeedError::Invalid(_) => Self::invalid_parameter(error.to_string()),
            FeedError::TooLarge(_) => Self::too_large(error.to_string()),
            FeedError::Busy | FeedError::Store(_) | FeedError::Send(_) => {
                Self::unavailable(error.to_string())
            }
            FeedError::OutcomeUnknown(_) => Self::internal(error.to_string()),
        };
        if error.source().is_some() {
            problem.caused_by(error)
        } else {
            problem
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        ConversationError::from(error).into()
    }
}

impl From<InvalidCommand> for Problem {
    fn from(error: InvalidCommand) -> Self {
        match error {
            InvalidCommand::Method | InvalidCommand::Timeout => {
                Self::invalid_parameter(error.to_string())
            }
            InvalidCommand::Payload => Self::too_large(error.to_string()),
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let CommandError::Method(cause) = error else {
            return Self::unavailable(error.to_string());
        };
        let detail = cause.to_string();
        match cause {
            MethodError::NotFound => Self::not_found(detail),
            MethodError::Offline => Self::device_offline(detail),
            MethodError::Timeout => Self::device_timeout(detail),
            MethodError::Invalid(_) => Self::invalid_parameter(detail).caused_by(cause),
            MethodError::Hub(_) => Self::unavailable(detail).caused_by(cause),
            MethodError::Unknown(_) => Self::internal(detail).caused_by(cause),
        }
    }
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Self {
        let status = match &error {
            AdmissionError::InvalidParameter(detail) => {
                return Self::invalid_parameter(detail.clone());
            }
            AdmissionError::MissingTarget => return Self::missing_target(),
            AdmissionError::TooManyGuesses {
                retry_after_seconds,
            } => return Self::rate_limited(*retry_after_seconds),
            AdmissionError::Unauthenticated
            | AdmissionError::TokenInvalid { .. }
            | AdmissionError::TokenExpired { .. }
            | AdmissionError::UnknownUser => StatusCode::UNAUTHORIZED,
            AdmissionError::Forbidden(_)
            | AdmissionError::NotAParticipant
            | AdmissionError::NotAMember
            | AdmissionError::Banned
            | AdmissionError::PasswordRequired
            | AdmissionError::WrongPassword
            | AdmissionError::InviteRequired
            | AdmissionError::InviteSpent => StatusCode::FORBIDDEN,
            AdmissionError::Store(_) | AdmissionError::Write(_) | AdmissionError::Keys(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let problem = Self {
            close_code: error.close_code(),
            ..Self::new(status, error.code(), error.to_string())
        };
        if error.source().is_some() {
            problem.caused_by(error)
        } else {
            problem
        }
    }
}

impl From<RightsError> for Problem {
    fn from(error: RightsError) -> Self {
        match error {
            RightsError::Caller(error) => AdmissionError::from(error).into(),
            RightsError::Forbidden(_) => Self::forbidden(error.to_string()),
        }
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::NotOurs => Self::unauthenticated(error.to_string()),
            ProofError::KeysUnavailable(_) => Self::unavailable(error.to_string()).caused_by(error),
        }
    }
}

impl From<&ConfigErrors> for Problem {
    fn from(errors: &ConfigErrors) -> Self {
        Self::server_misconfigured(errors.to_string())
    }
}
