//! Timer triggers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fire::fire;
use super::ncrontab::Schedule;
use crate::app::{Function, Trigger};
use crate::clock;
use crate::event::HostEvent;
use crate::firing::Firing;
use crate::host::Host;

/// The last and the next run of a timer.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Status {
    last: Option<Timestamp>,
    next: Timestamp,
}

/// Runs one timer function forever.
pub(super) async fn run(host: Arc<Host>, index: usize) {
    let Some(function) = host.app.functions.get(index) else {
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
            let notice = format!("{}: the schedule is invalid: {problem}", function.name);
            return host.report(HostEvent::Notice(notice));
        }
    };
    let saved = if *use_monitor {
        load_status(&host, function)
    } else {
        None
    };
    let Some(next) = schedule.next_after(clock::now()) else {
        let notice = format!("{}: the schedule never matches a date", function.name);
        return host.report(HostEvent::Notice(notice));
    };
    let mut status = saved.unwrap_or(Status { last: None, next });

    let missed = saved.is_some_and(|status| status.next <= clock::now());
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

/// Sleeps in short steps, so that a suspended machine or a corrected clock does not delay a run.
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
    let started = clock::now();
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
    if let Some(next) = schedule.next_after(started) {
        *status = Status {
            last: Some(started),
            next,
        };
        if use_monitor {
            save_status(host, function, *status);
        }
    }
}

/// The timer's value for `Data`. The status is null if the timer is not monitored.
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

fn status_file(host: &Host, function: &Function) -> Option<PathBuf> {
    Some(
        host.app
            .options
            .state_dir
            .as_ref()?
            .join(format!("{}.timer.json", function.name)),
    )
}

fn load_status(host: &Host, function: &Function) -> Option<Status> {
    serde_json::from_slice(&std::fs::read(status_file(host, function)?).ok()?).ok()
}

/// Only reports an error: without the status, at most one missed run stays missed.
fn save_status(host: &Host, function: &Function, status: Status) {
    let Some(file) = status_file(host, function) else {
        return;
    };
    let saved = serde_json::to_vec(&status)
        .map_err(std::io::Error::from)
        .and_then(|content| {
            std::fs::create_dir_all(file.parent().unwrap_or(&file))?;
            std::fs::write(&file, content)
        });
    if let Err(error) = saved {
        let notice = format!(
            "{}: cannot save the last run in {}: {error}",
            function.name,
            file.display()
        );
        host.report(HostEvent::Notice(notice));
    }
}
