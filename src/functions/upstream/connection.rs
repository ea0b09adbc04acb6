//! What is known of a connection between two of its events. The service keeps it for us and
//! brings it along with each, sealed, since its signature does not cover it.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use webpubsub::upstream::header;

use crate::access::binding::Binding;
use crate::access::seal::{Purpose, SealBroken};
use crate::app::App;
use crate::audio::AudioTally;
use crate::http::problem::Problem;
use crate::ids::target::{ChatId, Target};
use crate::ids::user_id::UserId;

use super::SignedEvent;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionState {
    pub binding: Binding,
    /// Present once audio has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioTally>,
    /// Chats whose groups the connection was put into; the last it came to are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<ChatId>,
}

impl ConnectionState {
    /// More would not fit beside everything else that travels with each event.
    const MAX_JOINED: usize = 100;

    pub fn new(binding: Binding, joined: Vec<ChatId>) -> Self {
        Self {
            binding,
            audio: None,
            joined,
        }
    }
}

/// One connection, as the event at hand found it.
#[derive(Debug)]
pub struct Connection {
    id: String,
    event: EventStamp,
    state: ConnectionState,
    changed: bool,
}

/// Tells one event of a connection from its others. A retry bears the same.
#[derive(Debug, Clone)]
pub struct EventStamp {
    pub id: String,
    pub time: Option<Timestamp>,
}

impl Connection {
    /// Opens the state that an event brought. Missing, changed, or another connection's: 403.
    pub fn of(app: &App, event: &SignedEvent) -> Result<Self, Problem> {
        let context = event.context();
        let sealed = context.connection_state.as_deref().unwrap_or_default();
        let opened = app
            .sealer
            .open::<ConnectionState>(Purpose::State, &context.connection_id, sealed)
            .and_then(|state| {
                let user = context.user_id.as_deref();
                let same = user.and_then(|id| UserId::parse(id).ok()).as_ref()
                    == Some(&state.binding.user);
                if same { Ok(state) } else { Err(SealBroken) }
            });
        match opened {
            Ok(state) => Ok(Self {
                id: context.connection_id.clone(),
                event: EventStamp {
                    id: context.id.clone(),
                    time: context.time.and_then(|time| time.try_into().ok()),
                },
                state,
                changed: false,
            }),
            Err(SealBroken) => {
                tracing::warn!(
                    connection.id = %context.connection_id,
                    "refused an event whose connection state is not ours: was STATE_SECRET or \
                     the access key changed without keeping the old one?"
                );
                Err(Problem::forbidden(
                    "the connection's state is missing or not its own",
                ))
            }
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// The event at hand.
    pub fn event(&self) -> &EventStamp {
        &self.event
    }

    pub fn has_joined(&self, chat: &ChatId) -> bool {
        self.state.joined.contains(chat)
            || self.state.binding.is_bound_to(&Target::Chat(chat.clone()))
    }

    /// The chats whose groups the connection was put into.
    pub fn joined(&self) -> impl Iterator<Item = &ChatId> {
        self.state.joined.iter()
    }

    pub fn note_joined(&mut self, chat: ChatId) {
        let joined = &mut self.state_mut().joined;
        joined.retain(|known| *known != chat);
        joined.push(chat);
        let surplus = joined.len().saturating_sub(ConnectionState::MAX_JOINED);
        joined.drain(..surplus);
    }

    pub fn binding(&self) -> &Binding {
        &self.state.binding
    }

    pub fn state_mut(&mut self) -> &mut ConnectionState {
        self.changed = true;
        &mut self.state
    }

    /// The state to hand back to the service, if it is another than the one that came.
    pub fn sealed_change(&self, app: &App) -> Result<Option<String>, Problem> {
        if !self.changed {
            return Ok(None);
        }
        seal(app, &self.id, &self.state).map(Some)
    }
}

pub fn seal(app: &App, connection_id: &str, state: &ConnectionState) -> Result<String, Problem> {
    let sealed = app.sealer.seal(Purpose::State, connection_id, state);
    sealed.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a connection's state cannot be written"
        );
        Problem::unavailable("the connection's state cannot be written")
    })
}

/// A header with the new state of a connection.
pub fn state_header(sealed: &str) -> HeaderMap {
    const STATE: HeaderName = header::CE_CONNECTION_STATE;
    let value = HeaderValue::from_str(sealed).ok();
    value.map(|value| (STATE, value)).into_iter().collect()
}
