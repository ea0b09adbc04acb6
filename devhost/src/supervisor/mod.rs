//! The process of the handler: started, watched and restarted.

mod console;
mod port;
mod readiness;

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use console::{LastLines, Stream};
pub(crate) use port::free_port;
use readiness::become_ready;
pub(crate) use readiness::ping;

use crate::event::{HandlerExit, HostError, HostEvent};
use crate::host::Host;

/// Starts the handler, watches it, and restarts it by the host's rules.
pub(crate) struct Supervisor {
    host: Arc<Host>,
    child: Option<Child>,
    /// The times of the failures that still count.
    failures: Vec<Instant>,
}

const FAILURE_WINDOW: Duration = Duration::from_secs(30 * 60);
const MAX_FAILURES: usize = 2;
/// The exit code with which a handler asks for a restart.
const RESTART_EXIT_CODE: i32 = 200;

/// Why a life of the handler ended.
enum End {
    Exited(ExitStatus),
    NeverReady,
    /// A function exceeded its timeout.
    RestartRequested,
}

impl Supervisor {
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self {
            host,
            child: None,
            failures: Vec::new(),
        }
    }

    /// Returns only when the host must stop.
    pub(crate) async fn run(&mut self) -> HostError {
        loop {
            match self.run_once().await {
                Ok(()) => {}
                Err(error) => return error,
            }
        }
    }

    /// Kills the handler without notice and waits at most a second, as the host does.
    pub(crate) async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = tokio::time::timeout(Duration::from_secs(1), child.kill()).await;
        }
    }

    /// Runs the handler once, from its start to its end.
    async fn run_once(&mut self) -> Result<(), HostError> {
        let host = Arc::clone(&self.host);
        host.set_ready(false);
        host.link.clear();
        let (errors, output) = (LastLines::default(), LastLines::default());
        // Dropped with this run, even if a child of the handler still holds the pipes.
        let mut pipes = JoinSet::new();
        if host.app.options.attach.is_none() {
            self.start(&mut pipes, &errors, &output)?;
        }

        let end = self.run_until_end().await;
        host.set_ready(false);
        match end {
            End::RestartRequested => {
                self.stop().await;
                host.report(HostEvent::Restarting {
                    failures: self.failures.len(),
                });
                Ok(())
            }
            End::NeverReady => {
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
            End::Exited(status) => {
                self.child = None;
                // The last lines may still be in the pipes.
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
            // The host does not notice this exit, so all calls fail from now on.
            Some(0) => {
                host.set_ready(true);
                host.restart_requested().await;
            }
            Some(RESTART_EXIT_CODE) => {}
            _ => {
                if self.count_failure() {
                    return Err(HostError::CrashLoop(exit));
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

    /// Waits until the handler ends or must be restarted.
    async fn run_until_end(&mut self) -> End {
        let started = Instant::now();
        let host = Arc::clone(&self.host);
        tokio::select! {
            ready = become_ready(&host) => {
                if !ready {
                    return End::NeverReady;
                }
            }
            status = exit(self.child.as_mut()) => return End::Exited(status),
        }
        host.set_ready(true);
        host.report(HostEvent::Ready {
            port: host.link.port,
            after: started.elapsed(),
        });
        tokio::select! {
            status = exit(self.child.as_mut()) => End::Exited(status),
            () = host.restart_requested() => End::RestartRequested,
        }
    }

    /// Counts a failure; returns whether there were too many.
    fn count_failure(&mut self) -> bool {
        if self
            .failures
            .last()
            .is_some_and(|last| last.elapsed() > FAILURE_WINDOW)
        {
            self.failures.clear();
        }
        self.failures.push(Instant::now());
        self.failures.len() > MAX_FAILURES
    }
}

/// If a file with a path is not found, the interpreter in its first line is missing. If a bare
/// name is not found, the command is not installed.
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
        // Waiting cannot fail for a child of this process.
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
