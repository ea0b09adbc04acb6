use devhost::{HostEvent, Options, Outcome};
use serde_json::{Value, json};

use crate::support::{Folder, Running};

fn app(name: &str, schedule: &str) -> Folder {
    let folder = Folder::with_handler(name, json!({}));
    folder.function(
        "tick",
        json!([{ "type": "timerTrigger", "name": "t", "schedule": schedule }]),
    );
    folder
}

/// What the handler was sent: it logs it.
async fn sent(host: &mut Running) -> Value {
    let line = host.next(|event| match event {
        HostEvent::Log { line, .. } => Some(line),
        _ => None,
    });
    serde_json::from_str(&line.await).unwrap()
}

#[tokio::test]
async fn a_timer_runs_again_and_again() {
    let mut host = app("every_second", "* * * * * *").run().await;

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
async fn a_missed_run_is_made_up_for_once() {
    let folder = app("missed", "0 0 0 1 1 *");
    folder.write(
        "state/tick.timer.json",
        r#"{ "last": "2020-01-01T00:00:00Z", "next": "2021-01-01T00:00:00Z" }"#,
    );
    let options = Options {
        state_dir: Some(folder.0.join("state")),
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
    let mut host = app("by_hand", "0 0 0 1 1 *").run().await;
    host.ready().await;

    assert_eq!(
        host.post("/admin/functions/tick", &json!({})).await.status,
        202
    );

    assert_eq!(sent(&mut host).await["Data"]["t"]["IsPastDue"], false);
}

#[tokio::test]
async fn a_schedule_that_is_none_is_said_to_be_none() {
    let mut host = app("no_schedule", "sometimes").run().await;

    let notice = host.next(|event| match event {
        HostEvent::Notice(notice) => Some(notice),
        _ => None,
    });

    assert_eq!(
        notice.await,
        "tick: its schedule is not understood: \"sometimes\" has 1 fields; it needs six"
    );
}
