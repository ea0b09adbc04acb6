//! 4.2: valid and invalid frames of JSON clients.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Handler, JSON, PROTOBUF, RELIABLE, TestEmulator, facts};

/// Checks the reply to a valid frame, or the close code for an invalid one.
async fn taken(frame: impl Into<String>, answer: Result<Value, u16>) {
    let frame = frame.into();
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &["g"]).await;

    ann.send_message(Message::text(frame.clone())).await;

    match answer {
        Ok(answer) => assert_eq!(ann.next().await, answer, "{frame}"),
        Err(code) => {
            let why = "The client message is not a valid JSON protocol message.".to_owned();
            assert_eq!(ann.closed().await, (code, why), "{frame}");
        }
    }
}

fn done(ack: u64) -> Result<Value, u16> {
    Ok(json!({ "type": "ack", "ackId": ack, "success": true }))
}

/// The echo of a message from `ann` to her group.
fn echo(kind: &str, data: Value) -> Result<Value, u16> {
    Ok(json!({
        "type": "message", "from": "group", "group": "g", "fromUserId": "ann", "dataType": kind, "data": data,
    }))
}

const INVALID: Result<Value, u16> = Err(1007);

facts! { taken;
    join_group: r#"{"type":"joinGroup","group":"h","ackId":1}"#, done(1);
    leave_group: r#"{"type":"leaveGroup","group":"g","ackId":1}"#, done(1);
    leave_a_group_without_being_a_member: r#"{"type":"leaveGroup","group":"h","ackId":1}"#, done(1);
    send_to_group: r#"{"type":"sendToGroup","group":"h","data":1,"ackId":1}"#, done(1);
    event: r#"{"type":"event","event":"e","data":1,"ackId":1}"#, done(1);
    ping: r#"{"type":"ping"}"#, Ok(json!({ "type": "pong" }));
    types_are_case_insensitive: r#"{"type":"PING"}"#, Ok(json!({ "type": "pong" }));
    members_may_be_in_any_order: r#"{"ackId":7,"group":"h","type":"joinGroup"}"#, done(7);
    unknown_members_are_ignored: r#"{"type":"joinGroup","group":"h","ackId":1,"more":{"x":[1]}}"#, done(1);
    white_space_does_not_matter: " {\n\"type\" :\t\"ping\" } ", Ok(json!({ "type": "pong" }));
    names_may_be_escaped: r#"{"type":"pi\u006eg"}"#, Ok(json!({ "type": "pong" }));
    an_ack_id_may_be_zero: r#"{"type":"joinGroup","group":"h","ackId":0}"#, done(0);
    an_ack_id_has_64_bits: r#"{"type":"joinGroup","group":"h","ackId":18446744073709551615}"#, done(u64::MAX);
    an_ack_id_may_be_null: r#"{"type":"sendToGroup","group":"g","ackId":null,"data":1}"#, echo("json", json!(1));

    data_is_json_by_default: r#"{"type":"sendToGroup","group":"g","data":{"x":[1,null]}}"#, echo("json", json!({ "x": [1, null] }));
    data_may_be_text: r#"{"type":"sendToGroup","group":"g","dataType":"text","data":"a\nü"}"#, echo("text", json!("a\nü"));
    data_may_be_binary: r#"{"type":"sendToGroup","group":"g","dataType":"binary","data":"AAEC"}"#, echo("binary", json!("AAEC"));
    data_may_be_protobuf: r#"{"type":"sendToGroup","group":"g","dataType":"protobuf","data":"AAEC"}"#, echo("protobuf", json!("AAEC"));
    data_types_are_case_insensitive: r#"{"type":"sendToGroup","group":"g","dataType":"TEXT","data":"x"}"#, echo("text", json!("x"));
    empty_text_is_data: r#"{"type":"sendToGroup","group":"g","dataType":"text","data":""}"#, echo("text", json!(""));
    false_is_data: r#"{"type":"sendToGroup","group":"g","data":false}"#, echo("json", json!(false));
    numbers_are_unchanged: r#"{"type":"sendToGroup","group":"g","data":12345678901234567890}"#, echo("json", json!(12_345_678_901_234_567_890_u64));
    an_echo_may_be_requested: r#"{"type":"sendToGroup","group":"g","noEcho":false,"data":1}"#, echo("json", json!(1));
    no_echo_keeps_the_acknowledgement: r#"{"type":"sendToGroup","group":"g","noEcho":true,"data":1,"ackId":1}"#, done(1);
    a_ttl_of_300_seconds: r#"{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":300}"#, echo("json", json!(1));
    an_event_name_has_letters_digits_and_signs: r#"{"type":"event","event":"a.b_c-1","data":1,"ackId":1}"#, done(1);
    an_event_name_has_up_to_128_characters: format!(r#"{{"type":"event","event":"{}","data":1,"ackId":1}}"#, "e".repeat(128)), done(1);

    nonsense: "not json", INVALID;
    nothing: "", INVALID;
    an_array: r#"[{"type":"ping"}]"#, INVALID;
    two_frames_in_one: r#"{"type":"ping"}{"type":"ping"}"#, INVALID;
    half_a_frame: r#"{"type":"ping""#, INVALID;
    no_type: r#"{"group":"g"}"#, INVALID;
    an_unknown_type: r#"{"type":"nonsense"}"#, INVALID;
    a_type_that_is_not_text: r#"{"type":1}"#, INVALID;
    no_group: r#"{"type":"joinGroup","ackId":1}"#, INVALID;
    a_group_that_is_not_text: r#"{"type":"joinGroup","group":1}"#, INVALID;
    no_data: r#"{"type":"sendToGroup","group":"g"}"#, INVALID;
    null_data: r#"{"type":"sendToGroup","group":"g","data":null}"#, INVALID;
    text_is_a_string: r#"{"type":"sendToGroup","group":"g","dataType":"text","data":5}"#, INVALID;
    binary_is_base64: r#"{"type":"sendToGroup","group":"g","dataType":"binary","data":"%"}"#, INVALID;
    an_unknown_data_type: r#"{"type":"sendToGroup","group":"g","dataType":"xml","data":"x"}"#, INVALID;
    a_negative_ack_id: r#"{"type":"joinGroup","group":"g","ackId":-1}"#, INVALID;
    an_ack_id_with_a_fraction: r#"{"type":"joinGroup","group":"g","ackId":1.5}"#, INVALID;
    an_ack_id_that_is_too_large: r#"{"type":"joinGroup","group":"g","ackId":18446744073709551616}"#, INVALID;
    an_ack_id_that_is_text: r#"{"type":"joinGroup","group":"g","ackId":"1"}"#, INVALID;
    a_ttl_of_301_seconds: r#"{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":301}"#, INVALID;
    a_negative_ttl: r#"{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":-1}"#, INVALID;
    no_event_name: r#"{"type":"event","data":1}"#, INVALID;
    an_event_name_that_begins_with_a_digit: r#"{"type":"event","event":"1st","data":1}"#, INVALID;
    an_event_name_with_a_slash: r#"{"type":"event","event":"a/b","data":1}"#, INVALID;
    an_event_name_of_129_characters: format!(r#"{{"type":"event","event":"{}","data":1}}"#, "e".repeat(129)), INVALID;
    metadata_that_does_not_fit_a_header: r#"{"type":"event","event":"e","data":1,"metadata":{"a b":"x"}}"#, INVALID;
    metadata_that_is_not_text: r#"{"type":"event","event":"e","data":1,"metadata":{"a":1}}"#, INVALID;
    an_invocation_without_an_id: r#"{"type":"invoke","target":"event","event":"e"}"#, INVALID;
    an_invocation_of_another_target: r#"{"type":"invoke","invocationId":"1","target":"group","event":"e"}"#, INVALID;
    a_response_to_an_unknown_invocation: r#"{"type":"invokeResponse","invocationId":"1","success":true}"#, INVALID;
    a_sequence_ack_without_an_id: r#"{"type":"sequenceAck"}"#, INVALID;
    a_stream_without_an_id: r#"{"type":"sendToGroup","group":"g","stream":{}}"#, INVALID;
    a_stream_part_without_data: r#"{"type":"streamData","streamId":"s","streamSequenceId":1}"#, INVALID;
    a_state_that_is_not_text: r#"{"type":"setGroupState","group":"g","state":{"k":1}}"#, INVALID;
    a_hundred_thousand_brackets: "[".repeat(100_000), INVALID;
    a_lone_surrogate: r#"{"type":"sendToGroup","group":"g","dataType":"text","data":"\ud800"}"#, INVALID;
}

/// Checks the close code for other invalid frames.
async fn ends(subprotocol: &str, frame: Message, code: u16) {
    let emulator = TestEmulator::start().await;
    let mut client = emulator.connect(Some(subprotocol), json!({})).await;
    client.next_message().await;

    client.send_message(frame).await;

    assert_eq!(client.closed().await.0, code);
}

facts! { ends;
    json_is_text: JSON, Message::binary(br#"{"type":"ping"}"#.to_vec()), 1003;
    reliable_json_is_text: RELIABLE, Message::binary(br#"{"type":"ping"}"#.to_vec()), 1003;
    protobuf_is_binary: PROTOBUF, Message::text(r#"{"type":"ping"}"#), 1003;
    protobuf_must_be_protobuf: PROTOBUF, Message::binary(vec![0xff; 20]), 1007;
    a_frame_has_at_most_a_mebibyte: JSON, Message::text("x".repeat(1024 * 1024 + 1)), 1009;
}

#[tokio::test]
async fn the_longest_allowed_message_arrives() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;
    let frame = |data: &str| {
        json!({ "type": "sendToGroup", "group": "g", "dataType": "text", "data": data }).to_string()
    };
    let text = "x".repeat(1024 * 1024 - frame("").len());
    assert_eq!(frame(&text).len(), 1024 * 1024);

    ann.send_message(Message::text(frame(&text))).await;

    assert_eq!(
        ann.next().await["data"].as_str().map(str::len),
        Some(text.len())
    );
}

#[tokio::test]
async fn requests_before_a_bad_frame_are_answered() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "joinGroup", "group": "g", "ackId": 1 }))
        .await;
    ann.send_message(Message::text("not json")).await;

    assert_eq!(ann.next().await["ackId"], 1);
    assert_eq!(ann.closed().await.0, 1007);
}

#[tokio::test]
async fn a_bad_frame_ends_a_reliable_connection_for_good() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.connect(Some(RELIABLE), json!({})).await;
    let connected = ann.next().await;

    ann.send_message(Message::text("not json")).await;
    assert_eq!(ann.closed().await.0, 1007);

    let mut back = crate::support::recover(&emulator, &connected).await;
    assert_eq!(back.closed().await.0, 1008);
}

#[tokio::test]
async fn a_message_with_metadata_needs_no_data() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "metadata": { "Trace": "1" } }))
        .await;

    let frame = ann.next().await;
    assert_eq!(frame["metadata"], json!({ "trace": "1" }));
    assert_eq!(
        (&frame["dataType"], &frame["data"]),
        (&json!("text"), &json!(""))
    );
}

#[tokio::test]
async fn a_blank_group_name_is_refused() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let joined = ann
        .ask(json!({ "type": "joinGroup", "group": " ", "ackId": 1 }))
        .await;

    assert_eq!(joined, Err("BadRequest".to_owned()));
}
