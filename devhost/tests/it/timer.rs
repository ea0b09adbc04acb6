//! Timer triggers.

use devhost::{HostEvent, Options, Outcome};
use serde_json::{Value, json};

use crate::support::{Folder, Running};

fn app(schedule: &str) -> Folder {
    let folder = Folder::with_handler(json!({}));
    folder.function(
        "tick",
        json!([{ "type": "timerTrigger", "name": "t", "schedule": schedule }]),
    );
    folder
}

/// The request that the handler got; it writes it to `Logs`.
async fn sent(host: &mut Running) -> Value {
    let line = host.next(|event| match event {
        HostEvent::Log { line, .. } => Some(line),
        _ => None,
    });
    serde_json::from_str(&line.await).unwrap()
}

#[tokio::test]
async fn a_timer_runs_repeatedly() {
    let mut host = app("* * * * * *").run().await;

    for _ in 0..2 {
        let outcome = host.next(|event| match event {
            HostEvent::Fired {
                function, outcome, ..
            } => Some((function, outcome)),
            _ => None,
        });
        assert_eq!(outcome.await, ("tick".to_owned(), Outcome::Succeeded));
    }
}

#[tokio::test]
async fn a_missed_run_is_caught_up() {
    let folder = app("0 0 0 1 1 *");
    folder.write(
        "state/tick.timer.json",
        r#"{ "last": "2020-01-01T00:00:00Z", "next": "2021-01-01T00:00:00Z" }"#,
    );
    let options = Options {
        state_dir: Some(folder.path().join("state")),
        ..Options::default()
    };

    let first = sent(&mut folder.run_with(options.clone()).await).await;

    assert_eq!(first["Data"]["t"]["IsPastDue"], true);
    assert_eq!(
        first["Data"]["t"]["ScheduleStatus"]["Last"],
        "2020-01-01T00:00:00+00:00"
    );
}

#[tokio::test]
async fn a_timer_can_be_run_by_hand() {
    let mut host = app("0 0 0 1 1 *").run().await;
    host.ready().await;

    assert_eq!(
        host.post("/admin/functions/tick", &json!({})).await.status,
        202
    );

    assert_eq!(sent(&mut host).await["Data"]["t"]["IsPastDue"], false);
}

#[tokio::test]
async fn an_invalid_schedule_is_reported() {
    let mut host = app("sometimes").run().await;

    let notice = host.next(|event| match event {
        HostEvent::Notice(notice) => Some(notice),
        _ => None,
    });

    assert_eq!(
        notice.await,
        "tick: the schedule is invalid: \"sometimes\" has 1 fields instead of six"
    );
}
