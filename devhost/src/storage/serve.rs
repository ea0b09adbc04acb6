use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::access::Access;
use super::call::Call;
use super::fault::Fault;
use super::{Service, Shared, blob, cors, queue};
use crate::clock;
use crate::http::{
    Asked, BodyLength, BodyReader, Reply, RequestHead, Version, Wire, names_this_machine,
};

/// A caller that sends nothing of its body for this long is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// The version of the interface whose answers these are.
const API_VERSION: &str = "2021-12-02";

/// Serves one connection until either side has enough of it.
pub(super) async fn serve(shared: Arc<Shared>, service: Service, stream: TcpStream) {
    let Ok(mut wire) = Wire::new(stream) else {
        return;
    };
    loop {
        let (asked, reply, body_read) = match wire.next_head().await {
            Ok(None) => return,
            Ok(Some(head)) => {
                let asked = Asked {
                    is_head: head.method.as_ref() == b"HEAD",
                    version: head.version,
                };
                let mut body = Body::of(&head);
                let reply = answer(&shared, service, &head, &mut body, &mut wire).await;
                let goes_on = body.is_read() && head.keeps_alive();
                (asked, reply, goes_on)
            }
            Err(refusal) => {
                let asked = Asked {
                    is_head: false,
                    version: Version::Http11,
                };
                (asked, Reply::empty(refusal.status()), false)
            }
        };
        let reply = reply.with("Server", "devhost");
        let written = reply.write(&mut wire, &asked, body_read).await;
        if written.is_err() || !body_read {
            return wire.close_gently().await;
        }
    }
}

async fn answer(
    shared: &Arc<Shared>,
    service: Service,
    head: &RequestHead,
    body: &mut Body,
    wire: &mut Wire,
) -> Reply {
    // A page may have had a name of its own pointed at this machine: for it there is nothing.
    let local = names_this_machine(head.fields.text("Host").unwrap_or_default());
    let from_page = service == Service::Queue && head.fields.contains("Origin");
    if !local || from_page {
        return Fault::Foreign.reply();
    }
    let cors = shared.cors.as_ref();
    if cors::is_preflight(&head.fields, &head.method) {
        return cors::preflight(cors, &head.fields);
    }
    let answered = admitted(shared, service, head, body, wire).await;
    let mut reply = answered
        .unwrap_or_else(Fault::reply)
        .with("x-ms-version", API_VERSION)
        .with("x-ms-request-id", clock::new_id().to_string());
    cors::open(cors, &head.fields, &mut reply);
    reply
}

/// Who may not call has no body of theirs read.
async fn admitted(
    shared: &Arc<Shared>,
    service: Service,
    head: &RequestHead,
    body: &mut Body,
    wire: &mut Wire,
) -> Result<Reply, Fault> {
    let mut call = Call::parse(head)?;
    let access = shared.account.admit(service, &call)?;
    let largest = match service {
        Service::Blob => shared.largest_blob,
        Service::Queue => queue::LARGEST_BODY,
    };
    call.body = body.read(wire, head, largest).await?;
    match service {
        Service::Queue => queue::answer(&shared.queues, &call, &access),
        Service::Blob => with_files(Arc::clone(shared), call, access).await,
    }
}

async fn with_files(shared: Arc<Shared>, call: Call, access: Access) -> Result<Reply, Fault> {
    tokio::task::spawn_blocking(move || blob::answer(&shared.blobs, &call, &access))
        .await
        .unwrap_or(Err(Fault::Disk))
}

/// The body of a request, as far as it has been read.
struct Body {
    length: Option<BodyLength>,
    reader: BodyReader,
}

impl Body {
    fn of(head: &RequestHead) -> Self {
        let length = BodyLength::of_request(&head.fields);
        Self {
            length,
            reader: BodyReader::new(length.unwrap_or(BodyLength::UntilClose)),
        }
    }

    fn is_read(&self) -> bool {
        self.reader.is_done()
    }

    async fn read(
        &mut self,
        wire: &mut Wire,
        head: &RequestHead,
        largest: u64,
    ) -> Result<Bytes, Fault> {
        match self.length {
            None => return Err(Fault::BodyCut),
            Some(BodyLength::Known(length)) if length > largest => return Err(Fault::TooLarge),
            Some(_) => {}
        }
        if !self.is_read() && wire.buffer.is_empty() && head.fields.lists("Expect", "100-continue")
        {
            let go_on = wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
            go_on.map_err(|_| Fault::BodyCut)?;
        }
        let mut whole = BytesMut::new();
        loop {
            let piece = timeout(PATIENCE, self.reader.next(wire)).await;
            match piece {
                Ok(Ok(Some(piece))) => whole.extend_from_slice(&piece),
                Ok(Ok(None)) => return Ok(whole.freeze()),
                Ok(Err(_)) | Err(_) => return Err(Fault::BodyCut),
            }
            if whole.len() as u64 > largest {
                return Err(Fault::TooLarge);
            }
        }
    }
}
