use std::path::Path;

use bytes::BytesMut;

use super::access::Access;
use super::blob::{self, Blobs};
use super::call::Call;
use super::queue::{self, Queues};
use super::{Service, account, sas};
use crate::clock;
use crate::http::{BodyLength, RequestHead};

/// Answers requests as if the account's owner had sent them, and what their signatures would
/// have to cover is worked out as well.
pub(crate) fn fuzz(folder: &Path, requests: &[u8]) {
    let _ = std::fs::remove_dir_all(folder);
    let Ok(blobs) = Blobs::open(folder.join("blobs")) else {
        return;
    };
    let Ok(queues) = Queues::open(folder.join("queues")) else {
        return;
    };
    let mut rest = BytesMut::from(requests);
    while let Ok(Some(head)) = RequestHead::take(&mut rest) {
        let length = match BodyLength::of_request(&head.fields) {
            Some(BodyLength::Known(length)) => usize::try_from(length).unwrap_or(usize::MAX),
            _ => 0,
        };
        let Ok(mut call) = Call::parse(&head) else {
            continue;
        };
        call.body = rest.split_to(length.min(rest.len())).freeze();
        account::to_sign(&call);
        for service in [Service::Blob, Service::Queue] {
            let _ = sas::Claim::of(service, &call, clock::now());
        }
        let _ = blob::answer(&blobs, &call, &Access::Owner);
        let _ = queue::answer(&queues, &call, &Access::Owner);
    }
    // What was written has to be readable again.
    drop(queues);
    assert!(Queues::open(folder.join("queues")).is_ok());
}
