//! The state of a connection. The service keeps it between two events and sends it with each. It is
//! sealed, since the service's signature does not cover it.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use webpubsub::upstream::header;

use crate::access::binding::Binding;
use crate::access::seal::{Purpose, SealBroken};
use crate::app::App;
use crate::audio::AudioTally;
use crate::http::problem::Problem;
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;
use crate::recordings::Recording;

use super::SignedEvent;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionState {
    pub binding: Binding,
    /// Present after the first audio frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioTally>,
    /// Present while the stream is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
    /// The chats whose groups the connection joined last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<JoinedChat>,
}

/// A chat whose group the connection joined. In the state it is a list without names, because it
/// travels with every event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredJoin", into = "(ChatId, u64, bool)")]
pub struct JoinedChat {
    pub chat: ChatId,
    /// The chat's membership number at that time.
    pub membership: u64,
    /// Whether the user spoke there since then, and that was recorded.
    pub spoke: bool,
}

impl JoinedChat {
    pub fn new(chat: ChatId, membership: u64) -> Self {
        Self {
            chat,
            membership,
            spoke: false,
        }
    }
}

/// Earlier versions kept the id alone, of chats whose number was 0.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredJoin {
    Id(ChatId),
    Numbered(ChatId, u64, bool),
}

impl From<StoredJoin> for JoinedChat {
    fn from(stored: StoredJoin) -> Self {
        match stored {
            StoredJoin::Id(chat) => Self::new(chat, 0),
            StoredJoin::Numbered(chat, membership, spoke) => Self {
                spoke,
                ..Self::new(chat, membership)
            },
        }
    }
}

impl From<JoinedChat> for (ChatId, u64, bool) {
    fn from(joined: JoinedChat) -> Self {
        (joined.chat, joined.membership, joined.spoke)
    }
}

impl ConnectionState {
    /// The whole state has at most 16 KiB.
    const MAX_JOINED: usize = 100;

    pub fn new(binding: Binding, joined: Vec<JoinedChat>) -> Self {
        Self {
            binding,
            audio: None,
            recording: None,
            joined,
        }
    }
}

/// A connection, as the present event shows it.
#[derive(Debug)]
pub struct Connection {
    id: String,
    event: EventStamp,
    state: ConnectionState,
    changed: bool,
}

/// Identifies an event among those of its connection. A retry has the same.
#[derive(Debug, Clone)]
pub struct EventStamp {
    pub id: String,
    pub time: Option<Timestamp>,
}

impl Connection {
    /// Opens the state that came with an event. If it is missing, changed or another connection's,
    /// the answer is 403.
    pub fn of(app: &App, event: &SignedEvent) -> Result<Self, Problem> {
        let context = event.context();
        let sealed = context.connection_state.as_deref().unwrap_or_default();
        let opened = app
            .sealer
            .open::<ConnectionState>(Purpose::State, &context.connection_id, sealed)
            .and_then(|state| {
                let ours = &state.binding.user;
                let is_ours =
                    |id: &str| id == ours.as_str() || UserId::parse(id).as_ref() == Ok(ours);
                let same = context.user_id.as_deref().is_some_and(is_ours);
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

    /// The present event.
    pub fn event(&self) -> &EventStamp {
        &self.event
    }

    /// The membership number under which the connection joined a chat's group.
    pub fn joined_under(&self, chat: &ChatId) -> Option<u64> {
        let joined = self.state.joined.iter().find(|known| known.chat == *chat);
        joined.map(|known| known.membership)
    }

    /// The chats whose groups the connection was put into.
    pub fn joined(&self) -> impl Iterator<Item = &ChatId> {
        self.state.joined.iter().map(|joined| &joined.chat)
    }

    pub fn note_joined(&mut self, chat: ChatId, membership: u64) {
        let joined = &mut self.state_mut().joined;
        joined.retain(|known| known.chat != chat);
        joined.push(JoinedChat::new(chat, membership));
        let surplus = joined.len().saturating_sub(ConnectionState::MAX_JOINED);
        joined.drain(..surplus);
    }

    /// Notes that the user spoke in a joined chat. Returns whether that is new.
    pub fn note_spoke(&mut self, chat: &ChatId) -> bool {
        let joined = &mut self.state.joined;
        let Some(joined) = joined.iter_mut().find(|known| known.chat == *chat) else {
            return false;
        };
        let is_new = !std::mem::replace(&mut joined.spoke, true);
        self.changed |= is_new;
        is_new
    }

    pub fn binding(&self) -> &Binding {
        &self.state.binding
    }

    /// The recording that is under way.
    pub fn recording(&self) -> Option<&Recording> {
        self.state.recording.as_ref()
    }

    pub fn state_mut(&mut self) -> &mut ConnectionState {
        self.changed = true;
        &mut self.state
    }

    /// The state to return to the service, if it changed.
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

/// The header that carries the new state of a connection.
pub fn state_header(sealed: &str) -> HeaderMap {
    const STATE: HeaderName = header::CE_CONNECTION_STATE;
    let value = HeaderValue::from_str(sealed).ok();
    value.map(|value| (STATE, value)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_chat_is_read_as_it_is_written_and_as_earlier_versions_wrote_it() {
        let chat: ChatId = "0199a0000000700080000000000000ff".parse().unwrap();
        let joined = JoinedChat {
            spoke: true,
            ..JoinedChat::new(chat.clone(), 7)
        };

        let json = serde_json::to_string(&joined).unwrap();
        let earlier = format!(r#""{chat}""#);

        assert_eq!(json, format!(r#"["{chat}",7,true]"#));
        assert_eq!(serde_json::from_str::<JoinedChat>(&json).unwrap(), joined);
        assert_eq!(
            serde_json::from_str::<JoinedChat>(&earlier).unwrap(),
            JoinedChat::new(chat, 0)
        );
    }
}
