//! `functions-devhost --app DIR --port N` runs a custom-handler app as `func start` does.

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

// One thread is faster than any handler, and leaves the other cores to the handler.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.detail());
    match start(cli, terminal.clone()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

type Error = Box<dyn std::error::Error>;

async fn start(cli: Cli, terminal: Terminal) -> Result<(), Error> {
    let (app, port) = cli.load()?;
    let listener = listen(port).await?;
    let storage = match cli.storage().filter(|_| !app.has_storage()) {
        Some(dir) => Some(OwnStorage::open(dir, app.cors().cloned()).await?),
        None => None,
    };
    let connection = storage
        .as_ref()
        .map(|storage| storage.connection_string().to_owned());
    // When the app is loaded again, it may name an account of its own.
    let with_storage = |mut app: App| {
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
        let load = || cli.load().map(|(app, _)| with_storage(app));
        devhost::run_watching(with_storage(app), load, listener, events, end).await?;
    } else {
        devhost::run(with_storage(app), listener, events, end).await?;
    }
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, Error> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let problem =
                format!("port {port} is in use by another program; choose another one with --port");
            Err(problem.into())
        }
        Err(error) => Err(format!("cannot listen on port {port}: {error}").into()),
    }
}

/// Completes on Ctrl-C and on SIGTERM.
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
