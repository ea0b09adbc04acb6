//! Frames that are refused.

use serde_json::json;

use super::{create_chat, send_frame};
use crate::support::World;

#[tokio::test]
async fn invalid_chat_frames_change_nothing() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    let many: Vec<_> = (0..101).map(|n| format!("user-{n}")).collect();
    let cases = [
        (json!({ "type": "CREATE_CHAT" }), "missing_field"),
        (
            json!({ "type": "CREATE_CHAT", "name": "  " }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "é".repeat(201) }),
            "invalid_field",
        ),
        (json!({ "type": "CREATE_CHAT", "name": 7 }), "invalid_field"),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "members": "bob" }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "members": ["%zz"] }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "members": many }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "assistant": true }),
            "unavailable",
        ),
        (
            json!({ "type": "GET_CHATS", "cursor": "../x" }),
            "invalid_field",
        ),
        (json!({ "type": "GET_CHATS", "limit": -1 }), "invalid_field"),
        (
            json!({ "type": "GET_CHATS", "scope": "yours" }),
            "invalid_field",
        ),
        (
            json!({ "type": "SEND_MESSAGE", "chatId": chat }),
            "missing_field",
        ),
        (
            json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": "hi" }),
            "invalid_field",
        ),
        (
            json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": {} }),
            "missing_field",
        ),
        (send_frame(&chat, "   ", "x"), "empty_message"),
        (
            send_frame(&chat, &"😀".repeat(2001), "x"),
            "message_too_long",
        ),
        (send_frame(&chat, "hi", ""), "invalid_field"),
        (send_frame(&chat, "hi", &"x".repeat(201)), "invalid_field"),
        (
            send_frame("0199a0000000700080000000000000ff", "hi", "x"),
            "not_found",
        ),
        (send_frame("../../guard", "hi", "x"), "invalid_field"),
        (
            json!({ "type": "RENAME_CHAT", "chatId": chat, "name": "" }),
            "invalid_field",
        ),
        (
            json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat }),
            "missing_field",
        ),
        (
            json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": many }),
            "invalid_field",
        ),
        (json!({ "type": "DELETE_CHAT" }), "missing_field"),
        (json!({ "type": "read", "chatId": chat }), "missing_field"),
        (
            json!({ "type": "read", "chatId": chat, "seq": 0 }),
            "invalid_field",
        ),
    ];

    for (frame, code) in cases {
        let reply = alice.request(frame.clone()).await;
        assert_eq!(reply["type"], "error", "{frame}: {reply}");
        assert_eq!(reply["error"], code, "{frame}: {reply}");
    }

    let chats = alice.request(json!({ "type": "GET_CHATS" })).await;
    assert_eq!(chats["chats"].as_array().unwrap().len(), 1);
    assert_eq!(chats["chats"][0]["lastSeq"], 0);
    assert_eq!(chats["chats"][0]["name"], "a");
}
