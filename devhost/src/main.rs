//! `functions-devhost --app DIR --port N`: runs a custom-handler app as `func start` would.

mod cli;
mod own_storage;
mod terminal;

use std::net::Ipv4Addr;
use std::process::ExitCode;

use clap::Parser as _;
use devhost::App;
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

type Problem = Box<dyn std::error::Error>;

async fn start(cli: Cli, terminal: Terminal) -> Result<(), Problem> {
    let (app, port) = cli.load()?;
    let listener = listen(port).await?;
    let storage = match cli.storage().filter(|_| !app.has_storage()) {
        Some(dir) => Some(OwnStorage::open(dir, app.cors().cloned()).await?),
        None => None,
    };
    let connection = storage
        .as_ref()
        .map(|storage| storage.connection_string().to_owned());
    // An app that is loaded again may have got an account of its own.
    let equipped = |mut app: App| {
        if let Some(connection) = connection.as_deref().filter(|_| !app.has_storage()) {
            app.use_storage(connection);
        }
        app
    };
    let end = async {
        tokio::select! {
            () = stopped() => {}
            () = OwnStorage::run(storage) => {}
        }
    };
    let events = move |event| terminal.event(&event);
    if cli.watches() {
        let load = || cli.load().map(|(app, _)| equipped(app));
        devhost::run_watching(equipped(app), load, listener, events, end).await?;
    } else {
        devhost::run(equipped(app), listener, events, end).await?;
    }
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, Problem> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let problem =
                format!("port {port} is taken by another program; choose one with --port");
            Err(problem.into())
        }
        Err(error) => Err(format!("port {port} cannot be listened on: {error}").into()),
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
