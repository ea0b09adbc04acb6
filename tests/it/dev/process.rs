//! The processes: restarts, and how they end.

use std::fs;

use serde_json::json;

use super::{start_dev, url};
use crate::support::Socket;
use crate::support::dev::children_of;

#[tokio::test]
async fn a_killed_handler_restarts_and_the_next_frame_works() {
    let mut dev = start_dev("kill").await;
    let negotiated = dev.negotiate("room_id=test&username=alice").await;
    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    socket.send(json!({ "type": "ping", "timestamp": 1 })).await;
    socket.receive().await;
    let first = dev.handler();

    dev.kill_handler();
    dev.wait_for_line("ready again").await;
    socket.send(json!({ "type": "ping", "timestamp": 2 })).await;

    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "timestamp": 2 })
    );
    assert_ne!(dev.handler(), first);
}

#[tokio::test]
async fn the_third_crash_ends_dev_with_an_error() {
    let mut dev = start_dev("crash").await;

    for _ in 0..2 {
        dev.kill_handler();
        dev.wait_for_line("ready again").await;
    }
    dev.kill_handler();

    assert!(!dev.wait().await.success());
}

#[tokio::test]
async fn an_interrupt_stops_everything() {
    let mut dev = start_dev("stop").await;
    let handler = dev.handler();

    let status = dev.interrupt().await;

    assert!(status.success());
    let is_left = children_of(1).contains(&handler)
        && fs::read_to_string(format!("/proc/{handler}/comm"))
            .is_ok_and(|name| name.starts_with("switchboard"));
    assert!(!is_left);
}

#[tokio::test]
async fn the_handler_does_not_outlive_a_killed_dev() {
    let mut dev = start_dev("orphan").await;
    let handler = dev.handler();

    dev.kill().await;

    while fs::read_to_string(format!("/proc/{handler}/stat"))
        .is_ok_and(|stat| !stat.contains(") Z "))
    {
        tokio::task::yield_now().await;
    }
}
