//! The authority of a connection in a conversation.

use crate::access::binding::{AuthLevel, Binding};
use crate::conversation::chat::ChatUser;
use crate::conversation::room::{Bound, Speaker};
use crate::conversation::{Author, Conversation};
use crate::ids::target::{Channel, ChatId, RoomId, Target};

/// What the conversation needs to know of the connection to decide whether it may post or read.
pub fn author(binding: &Binding, conversation: &Conversation) -> Author {
    match conversation {
        Conversation::Room(id) => Author::Room(speaker(binding, id)),
        Conversation::Chat(id) => Author::Chat(chat_user(binding, id)),
        Conversation::Session(_) => Author::Session {
            user: binding.user.clone(),
            is_anonymous: binding.level == AuthLevel::Anonymous,
        },
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
