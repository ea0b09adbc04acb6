//! `functions-devhost --app DIR --port N`: runs a custom-handler app as `func start` would.

mod cli;
mod own_storage;
mod terminal;

use std::net::Ipv4Addr;
use std::process::ExitCode;

use clap::Parser as _;
use tokio::net::TcpListener;

use cli::Cli;
use own_storage::OwnStorage;
use terminal::Terminal;

// One thread is enough: it outruns any handler on this machine, and leaves the other cores to it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.detail());
    match start(cli, terminal.clone()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            terminal.problem(&problem.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn start(cli: Cli, terminal: Terminal) -> Result<(), Box<dyn std::error::Error>> {
    let keeping = cli.storage();
    let (mut app, port) = cli.load()?;
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let problem =
                format!("port {port} is taken by another program; choose one with --port");
            return Err(problem.into());
        }
        Err(error) => return Err(format!("port {port} cannot be listened on: {error}").into()),
    };
    let port = listener.local_addr()?.port();
    let storage = match keeping.filter(|_| !app.has_storage()) {
        Some(keeping) => Some(OwnStorage::open(keeping, app.cors().cloned()).await?),
        None => None,
    };
    if let Some(storage) = &storage {
        app.use_storage(storage.connection_string());
    }
    for warning in app.warnings() {
        terminal.warning(warning);
    }
    terminal.functions(&app.functions(), port);
    let events = {
        let terminal = terminal.clone();
        move |event| terminal.event(&event)
    };
    let storage = async {
        match storage {
            Some(storage) => storage.run().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = devhost::run(app, listener, events, stopped()) => Ok(ended?),
        () = storage => Ok(()),
    }
}

/// Completes at Ctrl-C, and when the process is asked to end.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
