use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fire;
use super::ncrontab::Schedule;
use crate::app::{Function, Trigger};
use crate::clock;
use crate::event::HostEvent;
use crate::firing::Firing;
use crate::host::Host;

/// When a timer ran last and should run next, as far as anybody remembers.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Status {
    last: Option<Timestamp>,
    next: Timestamp,
}

/// Runs one timer function for ever.
pub(super) async fn run(host: Arc<Host>, at: usize) {
    let Some(function) = host.app.functions.get(at) else {
        return;
    };
    let Trigger::Timer {
        schedule,
        run_on_startup,
        use_monitor,
    } = &function.trigger
    else {
        return;
    };
    let schedule = match Schedule::parse(schedule) {
        Ok(schedule) => schedule,
        Err(problem) => {
            let notice = format!(
                "{}: its schedule is not understood: {problem}",
                function.name
            );
            return host.report(HostEvent::Notice(notice));
        }
    };
    let remembered = if *use_monitor {
        recall(&host, function)
    } else {
        None
    };
    let Some(next) = schedule.next_after(clock::now()) else {
        let notice = format!(
            "{}: its schedule names a day that never comes",
            function.name
        );
        return host.report(HostEvent::Notice(notice));
    };
    let mut status = remembered.unwrap_or(Status { last: None, next });

    let missed = remembered.is_some_and(|status| status.next <= clock::now());
    if missed || *run_on_startup {
        tick(
            &host,
            function,
            &schedule,
            &mut status,
            *use_monitor,
            missed,
        )
        .await;
    }
    loop {
        let Some(next) = schedule.next_after(clock::now()) else {
            return;
        };
        status.next = next;
        sleep_until(next).await;
        tick(&host, function, &schedule, &mut status, *use_monitor, false).await;
    }
}

/// In short steps: a machine that slept, or a corrected clock, must not delay a run by as much.
async fn sleep_until(time: Timestamp) {
    loop {
        let left = clock::now().duration_until(time);
        let Ok(left) = Duration::try_from(left) else {
            return;
        };
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(Duration::from_secs(30))).await;
    }
}

async fn tick(
    host: &Host,
    function: &Function,
    schedule: &Schedule,
    status: &mut Status,
    use_monitor: bool,
    past_due: bool,
) {
    let data = data(use_monitor.then_some(*status), past_due);
    let began = clock::now();
    fire(
        host,
        function,
        Ok(Firing {
            data,
            metadata: Map::new(),
            payload: None,
        }),
    )
    .await;
    if let Some(next) = schedule.next_after(began) {
        *status = Status {
            last: Some(began),
            next,
        };
        if use_monitor {
            remember(host, function, *status);
        }
    }
}

/// The timer's value; the status is null where nobody watches it.
pub(super) fn data(status: Option<Status>, past_due: bool) -> Value {
    let time = |time: Option<Timestamp>| match time {
        Some(time) => time.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string(),
        None => "0001-01-01T00:00:00+00:00".to_owned(),
    };
    let status = status.map(|status| {
        json!({
            "Last": time(status.last),
            "Next": time(Some(status.next)),
            "LastUpdated": time(status.last),
        })
    });
    json!({ "Schedule": { "AdjustForDST": true }, "ScheduleStatus": status, "IsPastDue": past_due })
}

fn file(host: &Host, function: &Function) -> Option<PathBuf> {
    Some(
        host.app
            .options
            .state_dir
            .as_ref()?
            .join(format!("{}.timer.json", function.name)),
    )
}

fn recall(host: &Host, function: &Function) -> Option<Status> {
    serde_json::from_slice(&std::fs::read(file(host, function)?).ok()?).ok()
}

/// A status that cannot be kept costs a missed run at most.
fn remember(host: &Host, function: &Function, status: Status) {
    let Some(file) = file(host, function) else {
        return;
    };
    let kept = serde_json::to_vec(&status)
        .map_err(std::io::Error::from)
        .and_then(|content| {
            std::fs::create_dir_all(file.parent().unwrap_or(&file))?;
            std::fs::write(&file, content)
        });
    if let Err(error) = kept {
        let notice = format!(
            "{}: its last run cannot be remembered in {}: {error}",
            function.name,
            file.display()
        );
        host.report(HostEvent::Notice(notice));
    }
}
