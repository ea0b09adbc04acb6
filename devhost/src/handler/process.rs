use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::console::{self, LastLines, Stream};
use super::readiness::become_ready;
use crate::event::{HandlerExit, HostError, HostEvent};
use crate::host::Host;

/// Starts the handler, watches it, and starts it again by the host's rules.
pub(crate) struct Supervisor {
    host: Arc<Host>,
    child: Option<Child>,
    /// When each failure that still counts happened.
    failures: Vec<Instant>,
}

const FAILURES_COUNT_FOR: Duration = Duration::from_secs(30 * 60);
const FAILURES_ALLOWED: usize = 2;
/// The exit code by which a handler asks to be started again.
const RESTART_ME: i32 = 200;

/// Below the ports that systems give to outgoing connections. A handler needs the same port again
/// after a crash and must not find it taken by a passer-by; and the knocking for readiness could
/// be given the very port it knocks at, and then talks to itself.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port nobody listens on. Another process may still take it before the handler does, as it
/// may in Azure.
pub(crate) fn free_port() -> std::io::Result<u16> {
    let is_free = |port: u16| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    for _ in 0..100 {
        let (random, _) = crate::clock::new_id().as_u64_pair();
        let offset = random % u64::from(PORTS.end - PORTS.start);
        if let Ok(offset) = u16::try_from(offset)
            && is_free(PORTS.start + offset)
        {
            return Ok(PORTS.start + offset);
        }
    }
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

enum Ended {
    Exited(ExitStatus),
    NeverReady,
    /// A function ran out of time.
    RestartAsked,
}

impl Supervisor {
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self {
            host,
            child: None,
            failures: Vec::new(),
        }
    }

    /// Returns only when the host has to give up.
    pub(crate) async fn run(&mut self) -> HostError {
        loop {
            match self.run_once().await {
                Ok(()) => {}
                Err(error) => return error,
            }
        }
    }

    /// The host's way of ending a handler: no word of warning, and a second to be gone.
    pub(crate) async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = tokio::time::timeout(Duration::from_secs(1), child.kill()).await;
        }
    }

    /// One life of the handler.
    async fn run_once(&mut self) -> Result<(), HostError> {
        let host = Arc::clone(&self.host);
        host.set_ready(false);
        host.link.clear();
        let (errors, output) = (LastLines::default(), LastLines::default());
        // Gone with this life, even where a grandchild still holds the pipes.
        let mut pipes = JoinSet::new();
        if host.app.options.attach.is_none() {
            self.start(&mut pipes, &errors, &output)?;
        }

        let ended = self.live().await;
        host.set_ready(false);
        match ended {
            Ended::RestartAsked => {
                self.stop().await;
                host.report(HostEvent::Restarting {
                    failures: self.failures.len(),
                });
                Ok(())
            }
            Ended::NeverReady => {
                self.stop().await;
                if self.count_failure() {
                    let within = host.app.host.initialization_timeout;
                    return Err(HostError::NeverReady {
                        port: host.link.port,
                        within,
                    });
                }
                host.report(HostEvent::Restarting {
                    failures: self.failures.len(),
                });
                Ok(())
            }
            Ended::Exited(status) => {
                self.child = None;
                // What it printed last may still be in the pipes.
                let _ = tokio::time::timeout(Duration::from_millis(200), async {
                    while pipes.join_next().await.is_some() {}
                })
                .await;
                self.exited(status, &errors, &output).await
            }
        }
    }

    async fn exited(
        &mut self,
        status: ExitStatus,
        errors: &LastLines,
        output: &LastLines,
    ) -> Result<(), HostError> {
        let host = Arc::clone(&self.host);
        let (errors, output) = (errors.take(), output.take());
        let exit = HandlerExit {
            code: status.code(),
            signal: signal(status),
            last_lines: if errors.is_empty() { output } else { errors },
        };
        host.report(HostEvent::HandlerExited(exit.clone()));
        match exit.code {
            // The host believes such a handler alive, so every call fails from here on.
            Some(0) => {
                host.set_ready(true);
                host.restart_asked().await;
            }
            Some(RESTART_ME) => {}
            _ => {
                if self.count_failure() {
                    return Err(HostError::KeepsEnding(exit));
                }
            }
        }
        host.report(HostEvent::Restarting {
            failures: self.failures.len(),
        });
        Ok(())
    }

    fn start(
        &mut self,
        pipes: &mut JoinSet<()>,
        errors: &LastLines,
        output: &LastLines,
    ) -> Result<(), HostError> {
        let host = &self.host;
        let program = &host.app.program;
        host.report(HostEvent::Starting {
            program: program.path.clone(),
            port: host.link.port,
        });
        let mut child = command(host, crate::clock::new_id())
            .spawn()
            .map_err(|source| cannot_start(&program.path, source))?;
        if let Some(stdout) = child.stdout.take() {
            pipes.spawn(console::watch(
                Arc::clone(host),
                Stream::Stdout,
                stdout,
                output.clone(),
            ));
        }
        if let Some(stderr) = child.stderr.take() {
            pipes.spawn(console::watch(
                Arc::clone(host),
                Stream::Stderr,
                stderr,
                errors.clone(),
            ));
        }
        self.child = Some(child);
        Ok(())
    }

    /// From the start until there has to be another.
    async fn live(&mut self) -> Ended {
        let started = Instant::now();
        let host = Arc::clone(&self.host);
        tokio::select! {
            ready = become_ready(&host) => {
                if !ready {
                    return Ended::NeverReady;
                }
            }
            status = exit(self.child.as_mut()) => return Ended::Exited(status),
        }
        host.set_ready(true);
        host.report(HostEvent::Ready {
            port: host.link.port,
            after: started.elapsed(),
        });
        tokio::select! {
            status = exit(self.child.as_mut()) => Ended::Exited(status),
            () = host.restart_asked() => Ended::RestartAsked,
        }
    }

    /// Whether that was one too many.
    fn count_failure(&mut self) -> bool {
        if self
            .failures
            .last()
            .is_some_and(|last| last.elapsed() > FAILURES_COUNT_FOR)
        {
            self.failures.clear();
        }
        self.failures.push(Instant::now());
        self.failures.len() > FAILURES_ALLOWED
    }
}

/// A bare name that is not found is a command that is not installed; with a path, it is the
/// interpreter in the file's first line that is missing.
fn cannot_start(program: &Path, source: std::io::Error) -> HostError {
    let program = program.to_owned();
    if source.kind() == std::io::ErrorKind::NotFound && program.components().count() == 1 {
        return HostError::NoSuchCommand { program };
    }
    HostError::CannotStart { program, source }
}

fn command(host: &Host, worker_id: Uuid) -> Command {
    let app = &host.app;
    let port = host.link.port.to_string();
    let worker_id = worker_id.to_string();
    let mut command = Command::new(&app.program.path);
    command
        .args(&app.program.arguments)
        .current_dir(&app.host.working_directory)
        .envs(app.settings.own())
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", &port)
        .env("FUNCTIONS_HTTPWORKER_PORT", &port)
        .env("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", &worker_id)
        .env("FUNCTIONS_HTTPWORKER_ID", &worker_id)
        .env("FUNCTIONS_APP_ROOT_PATH", &app.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn exit(child: Option<&mut Child>) -> ExitStatus {
    match child {
        // Waiting fails only for a process that is not ours, which it is.
        Some(child) => match child.wait().await {
            Ok(status) => status,
            Err(_) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}
