//! The process of the handler: how it is started, watched, restarted and ended.

use std::path::Path;
use std::time::Duration;

use devhost::{HandlerExit, HostError, HostEvent};
use serde_json::json;

use crate::support::{Folder, TIMEOUT};

fn app() -> Folder {
    let folder = Folder::with_handler(json!({}));
    folder
        .http("self", "self")
        .http("exit", "exit/{code:int}")
        .http("hang", "hang");
    folder
}

fn exited(event: HostEvent) -> Option<HandlerExit> {
    match event {
        HostEvent::HandlerExited(exit) => Some(exit),
        _ => None,
    }
}

fn restarting(event: HostEvent) -> Option<usize> {
    match event {
        HostEvent::Restarting { failures } => Some(failures),
        _ => None,
    }
}

#[tokio::test]
async fn the_handler_gets_its_port_its_id_and_the_settings() {
    let description = json!({ "arguments": ["--level", "%LEVEL%", "two words", "%NOT_SET%"], "workingDirectory": "work" });
    let folder = Folder::with_handler(json!({ "customHandler": { "description": description } }));
    folder.http("self", "self").write("work/here", "");
    let mut host = folder
        .run_with_settings(&[("LEVEL", "high"), ("GREETING", "hello")])
        .await;
    host.ready().await;

    let process = host.get("/api/self").await.json();

    assert_eq!(
        process["arguments"],
        json!(["--level", "high", "two", "words"])
    );
    assert_eq!(process["cwd"], json!(folder.path().join("work")));
    let env = &process["env"];
    assert_eq!(env["GREETING"], "hello");
    assert_eq!(env["FUNCTIONS_APP_ROOT_PATH"], json!(folder.path()));
    assert_eq!(
        env["FUNCTIONS_HTTPWORKER_PORT"],
        env["FUNCTIONS_CUSTOMHANDLER_PORT"]
    );
    assert_eq!(
        env["FUNCTIONS_HTTPWORKER_ID"],
        env["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"]
    );
    assert_eq!(env["FUNCTIONS_HTTPWORKER_ID"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn lines_of_the_handler_are_reported_with_their_level() {
    let mut host = app().run().await;

    let line = host.next(|event| match event {
        HostEvent::Stdout(line) => Some(line.text),
        _ => None,
    });
    assert_eq!(line.await, "a line on stdout");
    for (expected, warns) in [("a Warning on stderr", true), ("an error on stderr", false)] {
        let found = host.next(|event| match event {
            HostEvent::Stderr { line, is_warning } => Some((line.text, is_warning)),
            _ => None,
        });
        assert_eq!(found.await, (expected.to_owned(), warns));
    }
}

#[tokio::test]
async fn a_line_is_reported_with_the_invocation_that_printed_it() {
    let folder = Folder::with_handler(json!({}));
    folder.http("say", "say/{word:alpha}").http("hang", "hang");
    let mut host = folder.run().await;
    host.ready().await;
    let source_of = |start: &'static str| {
        move |event| match event {
            HostEvent::Stdout(line) if line.starts_with(start) => Some(line.source),
            _ => None,
        }
    };

    host.get("/api/say/hello").await;
    let alone = host.next(source_of("said hello")).await.unwrap();
    let call = host.next_call().await;
    let _hanging = host
        .begin("GET /api/hang HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    host.next(source_of("hanging")).await;
    host.get("/api/say/hello").await;
    let beside_another = host.next(source_of("said hello")).await;
    host.get("/api/say/id").await;
    let naming_itself = host.next(source_of("said ")).await.unwrap();

    assert_eq!(alone.function, "say");
    assert_eq!(alone.invocation, call.invocation);
    assert_eq!(beside_another, None);
    assert_eq!(naming_itself.function, "say");
    assert!(naming_itself.invocation.is_some());
}

#[tokio::test]
async fn a_line_for_the_system_log_is_not_reported() {
    let mut host = app().run().await;
    host.ready().await;
    host.get("/api/exit/3").await;

    let lines = host.next(|event| match event {
        HostEvent::Stdout(line) => Some(Some(line.text)),
        HostEvent::HandlerExited(_) => Some(None),
        _ => None,
    });

    assert_eq!(
        lines.await,
        None,
        "the only line of stdout was reported before readiness"
    );
}

#[tokio::test]
async fn a_crashed_handler_is_restarted_on_the_same_port() {
    let mut host = app().run().await;
    host.ready().await;
    let before = host.get("/api/self").await.json();

    let crash = host.get("/api/exit/3").await;
    let exit = host.next(exited).await;
    let failures = host.next(restarting).await;
    let after = host.get("/api/self").await.json();

    assert_eq!(crash.status, 500);
    assert_eq!(exit.code, Some(3));
    assert_eq!(
        exit.last_lines,
        ["a Warning on stderr", "an error on stderr"]
    );
    assert_eq!(failures, 1);
    assert_ne!(before["pid"], after["pid"]);
    let port = "FUNCTIONS_CUSTOMHANDLER_PORT";
    assert_eq!(before["env"][port], after["env"][port]);
}

#[tokio::test]
async fn the_third_crash_ends_the_host() {
    let mut host = app().run().await;
    for _ in 0..3 {
        host.ready().await;
        // After the third crash, the host may end before it answers.
        host.raw(b"GET /api/exit/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await;
    }

    let ended = host.end().await;

    assert!(matches!(ended, Err(HostError::CrashLoop(exit)) if exit.code == Some(1)));
}

#[tokio::test]
async fn exit_code_200_restarts_the_handler_and_is_not_a_failure() {
    let mut host = app().run().await;
    for _ in 0..4 {
        host.ready().await;
        host.get("/api/exit/200").await;
        assert_eq!(host.next(restarting).await, 0);
    }

    assert_eq!(host.get("/api/self").await.status, 200);
}

#[tokio::test]
async fn exit_code_0_is_not_noticed_and_all_calls_fail() {
    let mut host = app().run().await;
    host.ready().await;

    host.get("/api/exit/0").await;
    host.next(exited).await;

    assert_eq!(host.get("/api/self").await.status, 500);
    assert_eq!(host.get("/api/self").await.status, 500);
}

#[tokio::test]
async fn a_function_timeout_restarts_the_handler() {
    let folder = Folder::with_handler(json!({ "functionTimeout": "00:00:05" }));
    folder.http("self", "self").http("hang", "hang");
    let mut host = folder.run().await;
    host.ready().await;
    let before = host.get("/api/self").await.json();

    let answer = host.get("/api/hang").await;
    let failures = host.next(restarting).await;

    assert_eq!((answer.status, failures), (500, 0));
    assert_ne!(host.get("/api/self").await.json()["pid"], before["pid"]);
}

#[tokio::test]
async fn the_handler_is_killed_when_the_host_stops() {
    let mut host = app().run().await;
    host.ready().await;
    let pid = host.get("/api/self").await.json()["pid"].as_u64().unwrap();

    host.stop().await.unwrap();

    assert!(!is_running(pid));
}

#[tokio::test]
async fn the_handler_is_killed_when_the_host_is_dropped() {
    let mut host = app().run().await;
    host.ready().await;
    let pid = host.get("/api/self").await.json()["pid"].as_u64().unwrap();

    host.abort().await;

    // This takes a moment, and only the parent process is notified.
    let gone = async {
        while is_running(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, gone).await.unwrap();
}

/// A zombie does not count as running.
fn is_running(pid: u64) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[tokio::test]
async fn a_file_that_is_not_a_program_ends_the_host_with_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = app();
    let file = folder.path().join("handler");
    folder.write("handler", "\u{0}not a program");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let options = devhost::Options {
        executable: Some("handler".into()),
        ..Default::default()
    };

    let ended = folder.run_with(options).await.end().await.unwrap_err();

    assert!(
        ended
            .to_string()
            .starts_with(&format!("cannot start {}: ", file.display())),
        "{ended}"
    );
}

#[tokio::test]
async fn a_missing_command_ends_the_host_with_an_error() {
    let options = devhost::Options {
        executable: Some("no-such-command".into()),
        ..Default::default()
    };

    let ended = app().run_with(options).await.end().await.unwrap_err();

    assert_eq!(
        ended.to_string(),
        "no-such-command is neither a file of the app nor a command on the PATH"
    );
}

#[tokio::test]
async fn the_platforms_ping_reaches_the_handler() {
    let mut host = app().run().await;
    host.ready().await;
    let before = host.get("/api/self").await.json();

    let answer = host.get("/admin/host/ping").await;

    let after = host.get("/api/self").await.json();
    assert_eq!(answer.status, 200);
    assert_eq!([&before["pings"], &after["pings"]], [1, 2]);
}

#[tokio::test]
async fn a_call_waits_until_the_handler_is_ready() {
    let host = app().run().await;

    // Sent at once, while the handler is still starting.
    let answer = host.get("/api/self").await;

    assert_eq!(answer.status, 200);
}
