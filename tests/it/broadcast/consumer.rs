//! What takes the messages from the queue, as processes of their own: the stand-in Functions host's
//! trigger with a handler that it starts, or a handler in a container.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use devhost::{Fate, HostEvent};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};

use crate::support::dev::app_folder;
use crate::support::fresh_folder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_switchboard");

/// Who takes messages from the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    FunctionsHost,
    Container,
}

/// What happened so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The lines that the handlers printed.
    pub(super) lines: Vec<String>,
    /// The ends of the messages that the host took.
    pub(super) fates: Vec<Fate>,
    /// How often a handler became ready.
    pub(super) starts: usize,
}

pub(super) struct Consumer {
    pub(super) base: String,
    pub(super) record: watch::Receiver<Record>,
    process: Process,
}

enum Process {
    Host {
        folder: PathBuf,
        _stop: oneshot::Sender<()>,
    },
    Container {
        child: Child,
        settings: BTreeMap<String, String>,
        record: watch::Sender<Record>,
    },
}

impl Consumer {
    pub(super) async fn start(kind: Kind, settings: BTreeMap<String, String>) -> Self {
        let record = watch::Sender::new(Record::default());
        match kind {
            Kind::FunctionsHost => Self::start_host(settings, record).await,
            Kind::Container => Self::start_container(settings, record).await,
        }
    }

    async fn start_host(
        mut settings: BTreeMap<String, String>,
        record: watch::Sender<Record>,
    ) -> Self {
        // A name that no other test has.
        let name = fresh_folder();
        let folder = app_folder(&format!("queue-{}", file_name(&name)));
        for function in ["assistant", "telemetry"] {
            let disabled = format!("AzureWebJobs.{function}.Disabled");
            settings.insert(disabled, "true".to_owned());
        }
        let options = devhost::Options {
            settings,
            executable: Some(PROGRAM.into()),
            arguments: Some(Vec::new()),
            ..devhost::Options::default()
        };
        let app = devhost::App::load(&folder, options).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let mut receiver = record.subscribe();
        let events = move |event| record.send_modify(|record| note(record, event));
        tokio::spawn(devhost::run(app, listener, events, async {
            let _ = stopped.await;
        }));
        receiver.wait_for(|record| record.starts > 0).await.unwrap();
        Self {
            base,
            record: receiver,
            process: Process::Host {
                folder,
                _stop: stop,
            },
        }
    }

    async fn start_container(
        settings: BTreeMap<String, String>,
        record: watch::Sender<Record>,
    ) -> Self {
        let (child, base) = run_container(&settings, &record).await;
        Self {
            base,
            record: record.subscribe(),
            process: Process::Container {
                child,
                settings,
                record,
            },
        }
    }

    /// Sends SIGKILL to the handler, and waits until there is another.
    pub(super) async fn kill(&mut self) {
        let starts = self.record.borrow().starts;
        match &mut self.process {
            Process::Host { folder, .. } => kill_process(process_in(folder)),
            Process::Container {
                child,
                settings,
                record,
            } => {
                child.kill().await.unwrap();
                let (next, base) = run_container(settings, record).await;
                (*child, self.base) = (next, base);
            }
        }
        let mut record = self.record.clone();
        record
            .wait_for(|record| record.starts > starts)
            .await
            .unwrap();
    }
}

fn note(record: &mut Record, event: HostEvent) {
    match event {
        HostEvent::Ready { .. } => record.starts += 1,
        HostEvent::Stdout(line) => record.lines.push(line.text),
        HostEvent::Message { fate, .. } => record.fates.push(fate),
        _ => {}
    }
}

async fn run_container(
    settings: &BTreeMap<String, String>,
    record: &watch::Sender<Record>,
) -> (Child, String) {
    let mut child = Command::new(PROGRAM)
        .arg("serve")
        .env_clear()
        .envs(settings)
        .env("PORT", "0")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first_line = lines
        .next_line()
        .await
        .unwrap()
        .expect("the handler ended before it listened");
    let (_, address) = first_line.rsplit_once(' ').unwrap();
    let port = address.rsplit_once(':').unwrap().1;
    record.send_modify(|record| record.starts += 1);
    let record = record.clone();
    // Keep reading, or the pipe fills up and blocks the handler.
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            record.send_modify(|record| record.lines.push(line));
        }
    });
    (child, format!("http://127.0.0.1:{port}"))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The process that runs in this folder.
fn process_in(folder: &Path) -> u32 {
    let folder = folder.canonicalize().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let runs_there = |id: &u32| {
        let own = fs::read_link(format!("/proc/{id}/cwd"));
        own.is_ok_and(|own| own == folder)
    };
    let found: Vec<u32> = ids.filter(runs_there).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

fn kill_process(id: u32) {
    let status = std::process::Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .status();
    assert!(status.unwrap().success());
}
