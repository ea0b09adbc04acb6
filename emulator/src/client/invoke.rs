//! Invocations: events whose reply carries the client's invocation id, and which the client may
//! cancel.

use std::pin::pin;

use tokio_tungstenite::tungstenite::Message as WsMessage;

use super::reader::{Frame, Reader};
use super::session::Session;
use crate::frame::{ClientFrame, RequestError, ServerFrame};
use crate::message::{Data, Metadata};
use crate::outbox::CloseReason;

impl Session {
    /// Sends the event like any other. Until the reply arrives, only a cancellation is processed.
    /// Other frames are held back, because the events of a connection are handled one at a time and
    /// in order.
    pub(super) async fn invoke(
        &self,
        id: String,
        event: &str,
        data: Data,
        reader: &mut Reader<'_>,
    ) -> Result<(), CloseReason> {
        let config = self.app.hub_config(&self.hub.name);
        let metadata = Metadata::new();
        let identity = &self.connection.identity;
        let mut answer = pin!(self.app.upstream.user_event(
            &self.hub.name,
            &config,
            identity,
            event,
            data,
            &metadata
        ));
        let mut listening = true;
        let answer = loop {
            tokio::select! {
                answer = &mut answer => break answer,
                frame = reader.read(), if listening => {
                    let Some(frame) = frame else {
                        // The socket is gone, but let the handler finish.
                        break answer.await;
                    };
                    if self.cancels(&frame, &id) {
                        return Ok(());
                    }
                    listening = reader.hold(frame);
                }
            }
        };
        let result = answer
            .map(|reply| reply.map(|reply| reply.data))
            .map_err(|failure| {
                self.log_failure(event, &failure);
                RequestError::internal()
            });
        self.send(ServerFrame::InvokeResponse { id, result });
        Ok(())
    }

    fn cancels(&self, frame: &Frame, id: &str) -> bool {
        let Ok(frame @ (WsMessage::Text(_) | WsMessage::Binary(_))) = frame else {
            return false;
        };
        let decoded = self
            .connection
            .agreed
            .protocol
            .decode(frame.clone(), &self.mode);
        matches!(decoded, Ok(ClientFrame::CancelInvocation { id: cancelled }) if cancelled == id)
    }
}
