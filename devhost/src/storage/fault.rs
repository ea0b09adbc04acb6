use super::xml::escape;
use crate::http::{Reply, ReplyBody};

/// Why a request is refused, in Azure's words: the code is what clients look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("The request names this machine wrongly, or comes from a page that may not call.")]
    Foreign,
    #[error("The request carries no signature.")]
    Unsigned,
    #[error("The signature is wrong, or its time is over or has not come.")]
    BadSignature,
    #[error("The signature does not allow this.")]
    NotPermitted,
    #[error("The signature is for another protocol.")]
    OtherProtocol,
    #[error("The signature is for another address.")]
    OtherCaller,
    #[error("The page's origin is not listed.")]
    PageNotAllowed,
    #[error("This is not supported here.")]
    NotSupported,
    #[error("The address cannot be understood.")]
    BadAddress,
    #[error("The name is not one that Azure would take.")]
    BadName,
    #[error("A parameter of the query is missing.")]
    MissingParameter,
    #[error("A parameter of the query has a value that is not allowed.")]
    BadParameter,
    #[error("A header is missing.")]
    MissingHeader,
    #[error("A header has a value that is not allowed.")]
    BadHeader,
    #[error("The XML of the body cannot be understood.")]
    BadXml,
    #[error("The body is too large.")]
    TooLarge,
    #[error("The body did not come as announced.")]
    BodyCut,
    #[error("The queue does not exist.")]
    NoQueue,
    #[error("The queue exists, with other metadata.")]
    QueueExists,
    #[error("The message does not exist.")]
    NoMessage,
    #[error("The pop receipt is not the message's latest.")]
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
    #[error("The blob ends before the range begins.")]
    BadRange,
    #[error("The disk did not do what was asked.")]
    Disk,
}

impl Fault {
    fn status_and_code(self) -> (u16, &'static str) {
        match self {
            Self::Foreign => (403, "AuthorizationFailure"),
            Self::Unsigned => (401, "NoAuthenticationInformation"),
            Self::BadSignature => (403, "AuthenticationFailed"),
            Self::NotPermitted => (403, "AuthorizationPermissionMismatch"),
            Self::OtherProtocol => (403, "AuthorizationProtocolMismatch"),
            Self::OtherCaller => (403, "AuthorizationSourceIPMismatch"),
            Self::PageNotAllowed => (403, "CorsPreflightFailure"),
            Self::NotSupported => (501, "NotImplemented"),
            Self::BadAddress => (400, "InvalidUri"),
            Self::BadName => (400, "InvalidResourceName"),
            Self::MissingParameter => (400, "MissingRequiredQueryParameter"),
            Self::BadParameter => (400, "OutOfRangeQueryParameterValue"),
            Self::MissingHeader => (400, "MissingRequiredHeader"),
            Self::BadHeader => (400, "InvalidHeaderValue"),
            Self::BadXml => (400, "InvalidXmlDocument"),
            Self::TooLarge => (413, "RequestBodyTooLarge"),
            Self::BodyCut => (400, "InvalidInput"),
            Self::NoQueue => (404, "QueueNotFound"),
            Self::QueueExists => (409, "QueueAlreadyExists"),
            Self::NoMessage => (404, "MessageNotFound"),
            Self::BadReceipt => (400, "PopReceiptMismatch"),
            Self::NoContainer => (404, "ContainerNotFound"),
            Self::ContainerExists => (409, "ContainerAlreadyExists"),
            Self::NoBlob => (404, "BlobNotFound"),
            Self::BlobExists => (409, "BlobAlreadyExists"),
            Self::ConditionNotMet => (412, "ConditionNotMet"),
            Self::BadRange => (416, "InvalidRange"),
            Self::Disk => (500, "InternalError"),
        }
    }

    pub(super) fn reply(self) -> Reply {
        let (status, code) = self.status_and_code();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code>\
             <Message>{}</Message></Error>",
            escape(&self.to_string())
        );
        Reply::new(status, ReplyBody::Sized(body.into()))
            .with("Content-Type", "application/xml")
            .with("x-ms-error-code", code)
    }
}

impl From<std::io::Error> for Fault {
    fn from(_: std::io::Error) -> Self {
        Self::Disk
    }
}
