//! Executes the requests of a client.

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::session::Session;
use crate::config::FailingEvents;
use crate::frame::{ClientFrame, Event, RequestError, SendToGroup, ServerFrame};
use crate::message::{Message, Source};
use crate::names;
use crate::outbox::CloseReason;
use crate::permissions::Permission;
use crate::streams::Stream;
use crate::upstream::{Reply, UpstreamError};

impl Session {
    /// An error closes the connection.
    pub(super) async fn execute(&self, frame: ClientFrame) -> Result<(), CloseReason> {
        match frame {
            ClientFrame::Ping => self.send(ServerFrame::Pong),
            ClientFrame::SequenceAck(sequence) => self.connection.outbox.acknowledge(sequence),
            ClientFrame::JoinGroup { group, ack } => self.once(ack, || self.join(&group)),
            ClientFrame::LeaveGroup { group, ack } => self.once(ack, || self.leave(&group)),
            ClientFrame::SendToGroup(send) => self.once(send.ack, || self.send_to_group(send)),
            ClientFrame::Event(event) => return self.event(event).await,
            // The reader runs invocations, and a finished one cannot be cancelled.
            ClientFrame::Invoke { .. } | ClientFrame::CancelInvocation { .. } => {}
            ClientFrame::StreamStart {
                group,
                stream,
                no_echo,
                idle_ms,
            } => {
                let now = self.app.clock.unix_ms();
                self.open_stream(Stream::new(&stream, &group, no_echo, idle_ms, now));
            }
            ClientFrame::StreamData { stream, part } => match part {
                Some((sequence, data)) => self.publish_part(&stream, sequence, data),
                None => self.keep_stream(&stream),
            },
            ClientFrame::StreamEnd { stream, error } => self.end_stream(&stream, error),
            ClientFrame::SetGroupState { group, ack, state } => self.once(ack, || {
                self.check_permission(Permission::SendToGroup, "set state in", &group)?;
                let now = self.app.clock.unix_ms();
                self.hub.states.set(&self.connection, &group, state, now);
                Ok(())
            }),
            ClientFrame::SubscribeGroupState { group, ack } => self.subscribe(&group, ack),
            ClientFrame::UnsubscribeGroupState { group, ack } => self.once(ack, || {
                self.hub.states.unwatch(&self.connection, &group);
                Ok(())
            }),
        }
        Ok(())
    }

    pub(super) fn send(&self, frame: ServerFrame) {
        self.connection.outbox.push_frame(frame);
    }

    /// Runs an action and acknowledges it, unless a request with the same `ackId` already
    /// succeeded.
    fn once(&self, ack: Option<u64>, action: impl FnOnce() -> Result<(), RequestError>) {
        if !self.is_duplicate(ack) {
            self.acknowledge(ack, action());
        }
    }

    fn is_duplicate(&self, ack: Option<u64>) -> bool {
        let Some(id) = ack.filter(|&id| self.connection.done.contains(id)) else {
            return false;
        };
        let message = format!("Message with ack-id: {id} has been processed");
        self.send(ServerFrame::Ack {
            id,
            error: Some(RequestError::new("Duplicate", message)),
        });
        true
    }

    fn acknowledge(&self, ack: Option<u64>, result: Result<(), RequestError>) {
        let Some(id) = ack else { return };
        if result.is_ok() {
            self.connection.done.remember(id);
        }
        self.send(ServerFrame::Ack {
            id,
            error: result.err(),
        });
    }

    pub(super) fn check_permission(
        &self,
        permission: Permission,
        verb: &str,
        group: &str,
    ) -> Result<(), RequestError> {
        if !names::is_group(group) {
            return Err(RequestError::new(
                "BadRequest",
                "The group name is invalid.",
            ));
        }
        if self.connection.permissions.lock().allows(permission, group) {
            return Ok(());
        }
        let message = format!("The client does not have permission to {verb} group '{group}'.");
        Err(RequestError::new("Forbidden", message))
    }

    fn join(&self, group: &str) -> Result<(), RequestError> {
        self.check_permission(Permission::JoinLeaveGroup, "join", group)?;
        self.app.join(&self.hub, &self.connection, group);
        Ok(())
    }

    fn leave(&self, group: &str) -> Result<(), RequestError> {
        self.check_permission(Permission::JoinLeaveGroup, "leave", group)?;
        self.app.leave(&self.hub, &self.connection, group);
        Ok(())
    }

    /// A sender that is a member gets its own message, before the acknowledgement.
    fn send_to_group(&self, send: SendToGroup) -> Result<(), RequestError> {
        self.check_permission(Permission::SendToGroup, "send to", &send.group)?;
        let source = Source::Group {
            group: send.group.as_str().into(),
            user: self.connection.user.clone(),
        };
        let now = self.app.clock.unix_ms();
        let mut message = Message::new(source, send.data);
        message.metadata = send.metadata;
        message.expire_after(send.ttl_seconds, now);
        let (group, no_echo) = (&send.group, send.no_echo);
        self.hub
            .publish(&self.connection, group, no_echo, message, now);
        Ok(())
    }

    /// The acknowledgement comes before the snapshot.
    fn subscribe(&self, group: &str, ack: Option<u64>) {
        if self.is_duplicate(ack) {
            return;
        }
        let permitted = self.check_permission(
            Permission::JoinLeaveGroup,
            "subscribe to the state of",
            group,
        );
        let watch = permitted.is_ok();
        self.acknowledge(ack, permitted);
        if watch {
            self.hub.states.watch(&self.connection, group);
        }
    }

    async fn event(&self, event: Event) -> Result<(), CloseReason> {
        if self.is_duplicate(event.ack) {
            return Ok(());
        }
        let config = self.app.hub_config(&self.hub.name);
        let identity = &self.connection.identity;
        let sent = self.app.upstream.user_event(
            &self.hub.name,
            &config,
            identity,
            &event.event,
            event.data,
            &event.metadata,
        );
        match sent.await {
            Ok(reply) => {
                if let Some(Reply { data, metadata }) = reply {
                    let mut message = Message::new(Source::Server, data);
                    message.metadata = metadata;
                    let now = self.app.clock.unix_ms();
                    self.hub.enqueue(&self.connection, &message.into(), now);
                }
                self.acknowledge(event.ack, Ok(()));
                Ok(())
            }
            Err(failure) => self.event_failed(&event.event, event.ack, &failure),
        }
    }

    /// A simple client has no error frame, so its connection is dropped. Others are dropped only if
    /// the settings say so.
    fn event_failed(
        &self,
        event: &str,
        ack: Option<u64>,
        failure: &UpstreamError,
    ) -> Result<(), CloseReason> {
        self.log_failure(event, failure);
        let drop = self.app.failing_events == FailingEvents::DropConnection;
        if drop || self.connection.agreed.protocol.is_simple() {
            return Err(CloseReason::new(CloseCode::Error, "Internal server error"));
        }
        self.acknowledge(ack, Err(RequestError::internal()));
        Ok(())
    }

    pub(super) fn log_failure(&self, event: &str, failure: &UpstreamError) {
        let (hub, connection) = (&self.hub.name, &self.connection.id);
        let error: &dyn std::error::Error = failure;
        tracing::warn!(%hub, %connection, error, "event {event} of {connection} failed");
    }
}
