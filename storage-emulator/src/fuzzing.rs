//! Access for the fuzzers in `fuzz/`, which can only reach what is public.

use std::path::Path;

use bytes::Bytes;
use http::{Request, request};

use crate::access::Access;
use crate::blob::{self, Blobs};
use crate::call::Call;
use crate::queue::{self, Queues};
use crate::service::Service;
use crate::{account, clock, sas};

const MAX_HEADERS: usize = 100;

/// Answers requests that follow each other, as if the account's owner had sent them. Also builds
/// the texts that their signatures would cover. Empties `folder` first.
pub fn requests(folder: &Path, mut bytes: &[u8]) {
    let _ = std::fs::remove_dir_all(folder);
    let Ok(blobs) = Blobs::open(folder.join("blobs")) else {
        return;
    };
    let Ok(queues) = Queues::open(folder.join("queues")) else {
        return;
    };
    while let Some((head, rest)) = take_head(bytes) {
        let length = head.headers.get("Content-Length");
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let (body, rest) = rest.split_at(rest.len().min(length.unwrap_or(0)));
        bytes = rest;
        let Ok(mut call) = Call::parse(&head) else {
            continue;
        };
        call.body = Bytes::copy_from_slice(body);
        account::to_sign(&call);
        for service in [Service::Blob, Service::Queue] {
            let _ = sas::Claim::parse(service, &call, clock::now());
        }
        let _ = blob::answer(&blobs, &call, &Access::Owner);
        let _ = queue::answer(&queues, &call, &Access::Owner);
    }
    drop(queues);
    assert!(
        Queues::open(folder.join("queues")).is_ok(),
        "the journal can be read again"
    );
}

fn take_head(bytes: &[u8]) -> Option<(request::Parts, &[u8])> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(bytes).ok()? else {
        return None;
    };
    let mut request = Request::builder().method(parsed.method?).uri(parsed.path?);
    for header in parsed.headers.iter() {
        request = request.header(header.name, header.value);
    }
    let (head, ()) = request.body(()).ok()?.into_parts();
    Some((head, &bytes[length..]))
}
