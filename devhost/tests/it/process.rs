//! The handler's life: how it is started, watched, started again and ended.

use std::path::Path;
use std::time::Duration;

use devhost::{HandlerExit, HostError, HostEvent};
use serde_json::json;

use crate::support::{Folder, PATIENCE};

fn app(name: &str) -> Folder {
    let folder = Folder::with_handler(name, json!({}));
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
async fn the_handler_is_told_its_port_its_id_and_the_apps_settings() {
    let description = json!({ "arguments": ["--level", "%LEVEL%", "two words", "%NOT_SET%"], "workingDirectory": "work" });
    let folder = Folder::with_handler(
        "told",
        json!({ "customHandler": { "description": description } }),
    );
    folder.http("self", "self").write("work/here", "");
    let mut host = folder
        .run_with_settings(&[("LEVEL", "high"), ("GREETING", "hello")])
        .await;
    host.ready().await;

    let told = host.get("/api/self").await.json();

    assert_eq!(
        told["arguments"],
        json!(["--level", "high", "two", "words"])
    );
    assert_eq!(told["cwd"], json!(folder.0.join("work")));
    let env = &told["env"];
    assert_eq!(env["GREETING"], "hello");
    assert_eq!(env["FUNCTIONS_APP_ROOT_PATH"], json!(folder.0));
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
async fn what_the_handler_prints_is_reported_by_its_level() {
    let mut host = app("prints").run().await;

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
async fn a_line_is_the_invocations_that_printed_it() {
    let folder = Folder::with_handler("printed_by", json!({}));
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
async fn a_line_for_the_system_is_not_shown() {
    let mut host = app("system_line").run().await;
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
async fn a_handler_that_crashes_is_started_again_on_the_same_port() {
    let mut host = app("crashes").run().await;
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
    let mut host = app("third").run().await;
    for _ in 0..3 {
        host.ready().await;
        // The last time the host may end before it can answer.
        host.raw(b"GET /api/exit/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await;
    }

    let ended = host.end().await;

    assert!(matches!(ended, Err(HostError::KeepsEnding(exit)) if exit.code == Some(1)));
}

#[tokio::test]
async fn exit_code_200_asks_for_a_restart_and_is_no_failure() {
    let mut host = app("code_200").run().await;
    for _ in 0..4 {
        host.ready().await;
        host.get("/api/exit/200").await;
        assert_eq!(host.next(restarting).await, 0);
    }

    assert_eq!(host.get("/api/self").await.status, 200);
}

#[tokio::test]
async fn a_handler_that_ends_with_0_is_believed_alive_and_every_call_fails() {
    let mut host = app("code_0").run().await;
    host.ready().await;

    host.get("/api/exit/0").await;
    host.next(exited).await;

    assert_eq!(host.get("/api/self").await.status, 500);
    assert_eq!(host.get("/api/self").await.status, 500);
}

#[tokio::test]
async fn a_function_that_runs_out_of_time_takes_the_handler_with_it() {
    let folder = Folder::with_handler("out_of_time", json!({ "functionTimeout": "00:00:05" }));
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
async fn the_handler_is_gone_when_the_host_has_stopped() {
    let mut host = app("stopped").run().await;
    host.ready().await;
    let pid = host.get("/api/self").await.json()["pid"].as_u64().unwrap();

    host.stop().await.unwrap();

    assert!(!is_running(pid));
}

#[tokio::test]
async fn the_handler_is_gone_when_the_host_is_dropped() {
    let mut host = app("dropped").run().await;
    host.ready().await;
    let pid = host.get("/api/self").await.json()["pid"].as_u64().unwrap();

    host.drop_it().await;

    // The kernel needs a moment, and tells nobody but the parent.
    let gone = async {
        while is_running(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}

/// A process that has ended but was not waited for yet counts as gone.
fn is_running(pid: u64) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[tokio::test]
async fn a_file_that_is_no_program_ends_the_host_with_a_sentence() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = app("no_program");
    let file = folder.0.join("handler");
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
            .starts_with(&format!("{} cannot be started: ", file.display())),
        "{ended}"
    );
}

#[tokio::test]
async fn a_command_that_is_not_installed_is_named() {
    let options = devhost::Options {
        executable: Some("no-such-command".into()),
        ..Default::default()
    };

    let ended = app("no_command")
        .run_with(options)
        .await
        .end()
        .await
        .unwrap_err();

    assert_eq!(
        ended.to_string(),
        "no-such-command is neither a file of the app nor a command on the PATH"
    );
}

#[tokio::test]
async fn the_platforms_ping_reaches_the_handler() {
    let mut host = app("pinged").run().await;
    host.ready().await;
    let before = host.get("/api/self").await.json();

    let answer = host.get("/admin/host/ping").await;

    let after = host.get("/api/self").await.json();
    assert_eq!(answer.status, 200);
    assert_eq!([&before["pings"], &after["pings"]], [1, 2]);
}

#[tokio::test]
async fn a_call_waits_for_the_handler_to_be_ready() {
    let host = app("waits").run().await;

    // Sent at once, while the handler is still starting.
    let answer = host.get("/api/self").await;

    assert_eq!(answer.status, 200);
}
