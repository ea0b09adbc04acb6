//! Why a request is refused, with Azure's status and error code: clients act on the code.

use crate::reply::Reply;
use crate::xml::escape;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error("The Host header does not name this machine, or a web page calls that may not.")]
    Foreign,
    #[error("The request carries no signature.")]
    Unsigned,
    #[error("The signature is wrong, expired or not valid yet.")]
    BadSignature,
    #[error("The signature does not permit this operation.")]
    NotPermitted,
    #[error("The signature is for another protocol.")]
    OtherProtocol,
    #[error("The signature is for another IP address.")]
    OtherCaller,
    #[error("The page's origin is not allowed.")]
    OriginNotAllowed,
    #[error("The emulator does not support this.")]
    NotSupported,
    #[error("The URL is malformed.")]
    BadUrl,
    #[error("Azure does not allow this name.")]
    BadName,
    #[error("A query parameter is missing.")]
    MissingParameter,
    #[error("The value of a query parameter is not allowed.")]
    BadParameter,
    #[error("A header is missing.")]
    MissingHeader,
    #[error("The value of a header is not allowed.")]
    BadHeader,
    #[error("The XML of the body is malformed.")]
    BadXml,
    #[error("The body is too large.")]
    TooLarge,
    #[error("The body is incomplete.")]
    BodyIncomplete,
    #[error("The queue does not exist.")]
    NoQueue,
    #[error("The queue exists, with other metadata.")]
    QueueExists,
    #[error("The message does not exist.")]
    NoMessage,
    #[error("The pop receipt is not the latest of the message.")]
    BadReceipt,
    #[error("The container does not exist.")]
    NoContainer,
    #[error("The container exists.")]
    ContainerExists,
    #[error("The blob does not exist.")]
    NoBlob,
    #[error("The blob exists.")]
    BlobExists,
    #[error("A condition of the request is not met.")]
    ConditionNotMet,
    #[error("The blob is of another type.")]
    OtherKind,
    #[error("The blob does not end at this position.")]
    AppendPosition,
    #[error("The blob would be longer than the request allows.")]
    MaxSize,
    #[error("An append blob is created empty.")]
    BadOperation,
    #[error("The range begins after the end of the blob.")]
    BadRange,
    #[error("Reading or writing the disk failed.")]
    Disk,
}

impl ServiceError {
    fn status_and_code(self) -> (u16, &'static str) {
        match self {
            Self::Foreign => (403, "AuthorizationFailure"),
            Self::Unsigned => (401, "NoAuthenticationInformation"),
            Self::BadSignature => (403, "AuthenticationFailed"),
            Self::NotPermitted => (403, "AuthorizationPermissionMismatch"),
            Self::OtherProtocol => (403, "AuthorizationProtocolMismatch"),
            Self::OtherCaller => (403, "AuthorizationSourceIPMismatch"),
            Self::OriginNotAllowed => (403, "CorsPreflightFailure"),
            Self::NotSupported => (501, "NotImplemented"),
            Self::BadUrl => (400, "InvalidUri"),
            Self::BadName => (400, "InvalidResourceName"),
            Self::MissingParameter => (400, "MissingRequiredQueryParameter"),
            Self::BadParameter => (400, "OutOfRangeQueryParameterValue"),
            Self::MissingHeader => (400, "MissingRequiredHeader"),
            Self::BadHeader => (400, "InvalidHeaderValue"),
            Self::BadXml => (400, "InvalidXmlDocument"),
            Self::TooLarge => (413, "RequestBodyTooLarge"),
            Self::BodyIncomplete => (400, "InvalidInput"),
            Self::NoQueue => (404, "QueueNotFound"),
            Self::QueueExists => (409, "QueueAlreadyExists"),
            Self::NoMessage => (404, "MessageNotFound"),
            Self::BadReceipt => (400, "PopReceiptMismatch"),
            Self::NoContainer => (404, "ContainerNotFound"),
            Self::ContainerExists => (409, "ContainerAlreadyExists"),
            Self::NoBlob => (404, "BlobNotFound"),
            Self::BlobExists => (409, "BlobAlreadyExists"),
            Self::ConditionNotMet => (412, "ConditionNotMet"),
            Self::OtherKind => (409, "InvalidBlobType"),
            Self::AppendPosition => (412, "AppendPositionConditionNotMet"),
            Self::MaxSize => (412, "MaxBlobSizeConditionNotMet"),
            Self::BadOperation => (400, "InvalidOperation"),
            Self::BadRange => (416, "InvalidRange"),
            Self::Disk => (500, "InternalError"),
        }
    }

    pub(crate) fn reply(self) -> Reply {
        let (status, code) = self.status_and_code();
        let message = escape(&self.to_string());
        let root = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        Reply::xml(status, &root).with("x-ms-error-code", code)
    }
}

impl From<std::io::Error> for ServiceError {
    fn from(_: std::io::Error) -> Self {
        Self::Disk
    }
}
