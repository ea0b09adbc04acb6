//! Frames: what a client sends over its socket, and the replies. One file a frame holds its
//! fields, how they are read, what it does and its reply; the list below is the only other place
//! that names it.

pub mod code;
pub mod fields;

mod ask;
mod assistant_cancel;
mod audio;
mod audio_end;
mod audio_start;
mod authenticate;
mod call;
mod chat_group;
mod client_frames;
mod create_chat;
mod delete_chat;
mod get_chat_history;
mod get_chats;
mod history;
mod mark_read;
mod parse;
mod ping;
mod post_message;
mod rename_chat;
mod reply;
pub mod schemas;
mod send_message;
mod set_chat_members;
mod test;
mod typing;

pub use call::Call;
pub use parse::{Incoming, parse};
pub use reply::Reply;

use ask::Ask;
use assistant_cancel::AssistantCancel;
use audio::Audio;
use audio_end::AudioEnd;
use audio_start::AudioStart;
use authenticate::Authenticate;
use code::{Code, FrameError};
use create_chat::CreateChat;
use delete_chat::DeleteChat;
use fields::Fields;
use get_chat_history::GetChatHistory;
use get_chats::GetChats;
use history::History;
use mark_read::MarkRead;
use ping::Ping;
use post_message::PostMessage;
use rename_chat::RenameChat;
use send_message::SendMessage;
use set_chat_members::SetChatMembers;
use test::Test;
use typing::Typing;

/// Makes the enum of all frames from a list of types and the structs that read them.
macro_rules! frames {
    ($($kind:literal => $frame:ident,)+) => {
        /// A frame that was read.
        #[derive(Debug, PartialEq)]
        pub enum Frame {
            $($frame($frame),)+
        }

        impl Frame {
            /// The types of all frames.
            pub const TYPES: &[&str] = &[$($kind),+];

            fn read(kind: &str, fields: &Fields) -> Result<Self, FrameError> {
                match kind {
                    $($kind => $frame::read(fields).map(Self::$frame),)+
                    _ => Err(FrameError::new(
                        Code::UnknownType,
                        "there is no frame of this type",
                    )),
                }
            }

            /// Does what the frame asks for, and returns the reply to its sender.
            pub async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
                match self {
                    $(Self::$frame(frame) => frame.apply(call).await,)+
                }
            }
        }
    };
}

frames! {
    "ping" => Ping,
    "test" => Test,
    "audio.start" => AudioStart,
    "audio" => Audio,
    "audio.end" => AudioEnd,
    "authenticate" => Authenticate,
    "GET_CHATS" => GetChats,
    "CREATE_CHAT" => CreateChat,
    "RENAME_CHAT" => RenameChat,
    "SET_CHAT_MEMBERS" => SetChatMembers,
    "DELETE_CHAT" => DeleteChat,
    "SEND_MESSAGE" => SendMessage,
    "GET_CHAT_HISTORY" => GetChatHistory,
    "message" => PostMessage,
    "history" => History,
    "typing" => Typing,
    "read" => MarkRead,
    "ask" => Ask,
    "assistant.cancel" => AssistantCancel,
}
