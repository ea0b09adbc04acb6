//! `functions-devhost --app DIR --port N`: runs a custom-handler app as `func start` would.

mod cli;
mod own_storage;
mod terminal;
mod watch;

use std::net::Ipv4Addr;
use std::process::ExitCode;

use clap::Parser as _;
use devhost::{App, LoadError};
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
    let (mut seen, mut loaded) = (watch::seen(cli.folder()), cli.load());
    let (app, port) = loaded?;
    let listener = listen(port).await?;
    let storage = match cli.storage().filter(|_| !app.has_storage()) {
        Some(keeping) => Some(OwnStorage::open(keeping, app.cors().cloned()).await?),
        None => None,
    };
    let connection = storage
        .as_ref()
        .map(|storage| storage.connection_string().to_owned());
    let storage = async {
        match storage {
            Some(storage) => storage.run().await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(storage);
    let stopped = stopped();
    tokio::pin!(stopped);

    loaded = Ok((app, port));
    loop {
        let change = async {
            match cli.watches() {
                true => watch::changed(cli.folder(), &seen).await,
                false => std::future::pending().await,
            }
        };
        let mut has_changed = false;
        let end = async {
            tokio::select! {
                () = &mut storage => {}
                () = &mut stopped => {}
                () = change => has_changed = true,
            }
        };
        host(loaded, &listener, connection.as_deref(), &terminal, end).await?;
        if !has_changed {
            return Ok(());
        }
        terminal.say("the app has changed; starting it again");
        (seen, loaded) = (watch::seen(cli.folder()), cli.load());
    }
}

async fn listen(port: u16) -> Result<std::net::TcpListener, Problem> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener.into_std()?),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let problem =
                format!("port {port} is taken by another program; choose one with --port");
            Err(problem.into())
        }
        Err(error) => Err(format!("port {port} cannot be listened on: {error}").into()),
    }
}

/// Runs the app until its end; one that cannot be run waits for that.
async fn host(
    loaded: Result<(App, u16), LoadError>,
    listener: &std::net::TcpListener,
    storage: Option<&str>,
    terminal: &Terminal,
    end: impl Future<Output = ()>,
) -> Result<(), Problem> {
    let mut app = match loaded {
        Ok((app, _)) => app,
        Err(error) => {
            terminal.problem(&error.to_string());
            end.await;
            return Ok(());
        }
    };
    // Without a reload this was settled before; with one, the app may have got its own.
    if let Some(storage) = storage.filter(|_| !app.has_storage()) {
        app.use_storage(storage);
    }
    let listener = TcpListener::from_std(listener.try_clone()?)?;
    for warning in app.warnings() {
        terminal.warning(warning);
    }
    terminal.functions(&app.functions(), listener.local_addr()?.port());
    let events = {
        let terminal = terminal.clone();
        move |event| terminal.event(&event)
    };
    Ok(devhost::run(app, listener, events, end).await?)
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
