//! Where somebody speaks or listens, and whether that is allowed: asked of the conversation as it
//! is at that moment.

use crate::access::binding::{AuthLevel, Binding};
use crate::conversation::chat::{self, ChatUser};
use crate::conversation::log::Permit;
use crate::conversation::room::{self, Bound, Speaker};
use crate::conversation::{Conversation, ConversationError, ConversationState, session};
use crate::functions::message_event::frame::{Code, FrameError};
use crate::ids::target::{Channel, ChatId, RoomId, Target};

/// The conversation that a frame means: the one it names, or the only one that the connection is
/// bound to.
pub fn meant(binding: &Binding, named: Option<Conversation>) -> Result<Conversation, FrameError> {
    if let Some(named) = named {
        return Ok(named);
    }
    let mut bound = binding.targets.iter().filter_map(|target| match target {
        Target::Chat(_) => None,
        other => Conversation::of(other),
    });
    match (bound.next(), bound.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(FrameError::new(
            Code::MissingField,
            "`room_id` or `session_id` is missing, and this connection is bound to neither",
        )),
        (Some(_), Some(_)) => Err(FrameError::new(
            Code::MissingField,
            "`room_id` or `session_id` is missing, and this connection is bound to several",
        )),
    }
}

/// Whether the connection may speak there.
pub fn may_speak(binding: &Binding, place: &Conversation) -> Permit {
    match place {
        Conversation::Chat(id) => {
            let user = chat_user(binding, id);
            Box::new(move |top, _| chat::taking_part(top, &user).map(|_| ()))
        }
        Conversation::Room(id) => {
            let speaker = speaker(binding, id);
            Box::new(move |top, _| room::may_speak(top, &speaker))
        }
        Conversation::Session(_) => {
            let user = binding.user.clone();
            let is_anonymous = binding.level == AuthLevel::Anonymous;
            Box::new(move |top, draft| {
                if is_anonymous {
                    return Err(ConversationError::Forbidden(
                        "sign in to take part in sessions",
                    ));
                }
                debug_assert_eq!(draft.sender, user);
                session::complete(top, draft)
            })
        }
    }
}

/// Whether the connection may read there.
pub(crate) fn check_reading(
    binding: &Binding,
    place: &Conversation,
    top: &ConversationState,
) -> Result<(), ConversationError> {
    match place {
        Conversation::Chat(id) => chat::taking_part(top, &chat_user(binding, id)).map(|_| ()),
        Conversation::Room(id) => room::may_read(top, &speaker(binding, id)),
        Conversation::Session(_) if binding.level == AuthLevel::Anonymous => Err(
            ConversationError::Forbidden("sign in to take part in sessions"),
        ),
        Conversation::Session(_) => session::participant(top, &binding.user).map(|_| ()),
    }
}

/// Whether the connection may bring something along for what it is to say there.
pub(crate) fn check_speaking(
    binding: &Binding,
    place: &Conversation,
    top: &ConversationState,
) -> Result<(), ConversationError> {
    match place {
        Conversation::Room(id) => room::may_speak(top, &speaker(binding, id)),
        Conversation::Chat(_) | Conversation::Session(_) => check_reading(binding, place, top),
    }
}

fn chat_user(binding: &Binding, id: &ChatId) -> ChatUser {
    ChatUser {
        user: binding.user.clone(),
        is_bound: binding.has_channel(Channel::Chats)
            || binding.is_bound_to(&Target::Chat(id.clone())),
    }
}

fn speaker(binding: &Binding, id: &RoomId) -> Speaker {
    let is_bound = binding.is_bound_to(&Target::Room(id.clone()));
    let pass = binding.passes.get(id);
    Speaker {
        user: binding.user.clone(),
        is_anonymous: binding.level == AuthLevel::Anonymous,
        bound: is_bound.then(|| Bound {
            role: binding.role_in(id),
            guard: pass.map_or(0, |pass| pass.guard),
            as_member: pass.is_some_and(|pass| pass.member),
        }),
    }
}
