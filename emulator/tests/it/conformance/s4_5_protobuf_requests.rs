//! 4.5: valid and invalid frames of protobuf clients.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{PROTOBUF, TestEmulator, facts, protobuf_member, say};

/// A frame, and what is answered to it and to a ping after it, or that it ends the client.
async fn taken(frame: &[u8], answer: Result<&[&str], u16>) {
    let emulator = TestEmulator::start().await;
    let mut client = protobuf_member(&emulator, PROTOBUF).await;

    client.send_message(Message::binary(frame.to_vec())).await;

    match answer {
        Ok(frames) => {
            say(&mut client, "SgA=").await;
            for expected in frames.iter().chain(&["IgA="]) {
                assert_eq!(STANDARD.encode(client.next_binary().await), *expected);
            }
        }
        Err(code) => assert_eq!(client.closed().await.0, code),
    }
}

const INVALID: Result<&[&str], u16> = Err(1007);

facts! { taken;
    join_group_as_published: b"\x32\x07\x0a\x05group", Ok(&[]);
    join_group_with_an_ack_id: b"\x32\x05\x0a\x01g\x10\x01", Ok(&["CgQIARAB"]);
    an_ack_id_may_be_zero: b"\x32\x05\x0a\x01g\x10\x00", Ok(&["CgQIABAB"]);
    an_ack_id_may_take_ten_bytes: b"\x32\x0e\x0a\x01g\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Ok(&["Cg0I////////////ARAB"]);
    the_last_of_several_requests_counts: b"\x4a\x00\x32\x05\x0a\x01g\x10\x01", Ok(&["CgQIARAB"]);
    unknown_fields_of_a_request_are_skipped: b"\x32\x10\x0a\x01g\x10\x01\x79\x01\x02\x03\x04\x05\x06\x07\x08\x7a\x00", Ok(&["CgQIARAB"]);
    a_sequence_ack: b"\x42\x02\x08\x01", Ok(&[]);
    unsubscribe_group_state: b"\x8a\x01\x05\x0a\x01g\x10\x01", Ok(&["CgQIARAB"]);

    nothing: b"", INVALID;
    text: b"hello", INVALID;
    an_unknown_request: b"\x9a\x06\x00", INVALID;
    an_unpublished_request: b"\x62\x00", INVALID;
    an_invocation_without_an_event: b"\x52\x03\x12\x011", INVALID;
    an_invocation_without_an_id: b"\x52\x03\x0a\x01e", INVALID;
    a_cancellation_without_an_id: b"\x5a\x00", INVALID;
    a_stream_part_without_data: b"\x6a\x05\x0a\x01s\x10\x01", INVALID;
    a_stream_part_without_an_id: b"\x6a\x02\x10\x01", INVALID;
    an_unknown_stream: b"\x72\x03\x0a\x01s", Ok(&["QjEKAXMSLAoOU3RyZWFtTm90Rm91bmQSGlRoZSBzdHJlYW0gZG9lcyBub3QgZXhpc3Qu"]);
    a_request_that_is_a_number: b"\x30\x01", INVALID;
    a_length_beyond_the_end: b"\x32\x7f\x0a\x01g", INVALID;
    a_length_of_gigabytes: b"\x32\xff\xff\xff\xff\x7f", INVALID;
    a_length_of_more_than_64_bits: b"\x32\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", INVALID;
    a_wrong_length_inside: b"\x32\x03\x0a\x7fg", INVALID;
    a_number_that_does_not_end: b"\x32\x05\x0a\x01g\x10\xff", INVALID;
    the_field_number_zero: b"\x02\x00", INVALID;
    an_unclosed_group: b"\x33\x34", INVALID;
    a_group_that_is_not_text: b"\x32\x03\x0a\x01\xff", INVALID;
    a_send_without_data: b"\x0a\x03\x0a\x01g", INVALID;
    an_event_without_a_name: b"\x2a\x05\x12\x03\x0a\x01x", INVALID;
    an_event_with_a_bad_name: b"\x2a\x08\x0a\x011\x12\x03\x0a\x01x", INVALID;
    invalid_json: b"\x0a\x08\x0a\x01g\x1a\x03\x22\x01{", INVALID;
    a_ttl_of_301_seconds: b"\x0a\x0b\x0a\x01g\x1a\x03\x0a\x01x\x28\xad\x02", INVALID;
}
