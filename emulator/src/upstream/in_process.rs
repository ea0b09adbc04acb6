//! The client for a handler in this process: HTTP/1.1 as for any other, over memory instead of a
//! socket.

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::uri::{PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use thiserror::Error;

use crate::config::Door;
use crate::lock::Mutex;

/// How many bytes one side may write before the other reads.
const BUFFER: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct InProcess {
    door: Door,
    host: HeaderValue,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

/// Why a handler in this process did not answer.
#[derive(Debug, Error)]
pub(crate) enum InProcessError {
    #[error("the handler has stopped")]
    Stopped,
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

impl InProcess {
    /// `None` if the authority cannot be sent as a `Host` header.
    pub(super) fn new(door: Door) -> Option<Self> {
        Some(Self {
            host: HeaderValue::try_from(&door.authority).ok()?,
            door,
            idle: Mutex::default(),
        })
    }

    pub(super) fn serves(&self, uri: &Uri) -> bool {
        uri.scheme() == Some(&Scheme::HTTP)
            && uri
                .authority()
                .is_some_and(|authority| authority.as_str() == self.door.authority)
    }

    pub(super) async fn request(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, InProcessError> {
        request.headers_mut().insert(HOST, self.host.clone());
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
        loop {
            let (mut connection, is_new) = match self.idle() {
                Some(connection) => (connection, false),
                None => (self.connect().await?, true),
            };
            match connection.try_send_request(request).await {
                Ok(response) => {
                    self.idle.lock().push(connection);
                    return Ok(response);
                }
                // The handler closed the idle connection before the request.
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) if !is_new => request = unsent,
                    Some(_) | None => return Err(failed.into_error().into()),
                },
            }
        }
    }

    /// A connection whose last answer was read to its end.
    fn idle(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle.lock();
        let at = idle.iter().rposition(SendRequest::is_ready)?;
        Some(idle.swap_remove(at))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, InProcessError> {
        self.idle
            .lock()
            .retain(|connection| !connection.is_closed());
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        let sent = self.door.connections.send(theirs);
        sent.map_err(|_| InProcessError::Stopped)?;
        let (connection, serving) = http1::handshake(TokioIo::new(ours)).await?;
        // The request fails with the same error.
        tokio::spawn(async move { drop(serving.await) });
        Ok(connection)
    }
}
