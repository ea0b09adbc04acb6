//! The list of chats and their history, in pages.

use serde_json::{Value, json};

use super::{create_chat, send_frame};
use crate::support::World;

#[tokio::test]
async fn chats_are_listed_newest_first_in_pages() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut made = Vec::new();
    for n in 0..7 {
        let members = if n % 2 == 0 {
            json!(["bob"])
        } else {
            Value::Null
        };
        let frame = json!({ "type": "CREATE_CHAT", "name": n.to_string(), "members": members });
        made.push(create_chat(&mut alice, frame).await);
        world.app.advance(1);
    }
    made.sort_unstable_by(|a, b| b.cmp(a));

    let mut listed = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = alice
            .request(json!({ "type": "GET_CHATS", "limit": 3, "cursor": cursor }))
            .await;
        for chat in page["chats"].as_array().unwrap() {
            listed.push(chat["id"].as_str().unwrap().to_owned());
        }
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }

    assert_eq!(listed, made);
}

#[tokio::test]
async fn history_is_paged_from_either_end() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    for n in 1..=9 {
        alice
            .request(send_frame(&chat, &n.to_string(), &n.to_string()))
            .await;
        alice.receive_type("MESSAGE").await;
    }
    let mut page = async |part: Value| {
        let mut frame = json!({ "type": "GET_CHAT_HISTORY", "chatId": chat, "limit": 4 });
        frame
            .as_object_mut()
            .unwrap()
            .extend(part.as_object().unwrap().clone());
        let page = alice.request(frame).await;
        let messages = page["messages"].as_array();
        let seqs = messages.map(|all| all.iter().map(|m| m["seq"].as_u64().unwrap()).collect());
        (
            seqs.unwrap_or_default(),
            page["hasMore"].clone(),
            page["error"].clone(),
        )
    };

    let newest: (Vec<u64>, _, _) = page(json!({})).await;
    assert_eq!(newest, (vec![6, 7, 8, 9], json!(true), Value::Null));
    assert_eq!(page(json!({ "before": 6 })).await.0, [2, 3, 4, 5]);
    assert_eq!(
        page(json!({ "before": 2 })).await,
        (vec![1], json!(false), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 0 })).await,
        (vec![1, 2, 3, 4], json!(true), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 7 })).await,
        (vec![8, 9], json!(false), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 9 })).await,
        (vec![], json!(false), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 1, "before": 3 })).await.2,
        "invalid_field"
    );
}
