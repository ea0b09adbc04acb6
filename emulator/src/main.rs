//! `webpubsub-emulator`: the command.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Parser;
use emulator::{Config, ConfigError, Emulator, HubSettings, Timing};
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How often the configuration file is looked at.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Azure Web PubSub on one machine, for development and tests.
///
/// Settings also come from the environment, such as
/// WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate=http://127.0.0.1:7071/api/{event}
#[derive(Debug, Parser)]
#[command(name = "webpubsub-emulator")]
struct Args {
    /// The port to listen on; 0 takes a free one and prints it
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// A JSON file with a WebPubSub object; its hubs are read again when it changes
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Milliseconds that everything takes on its way to a client, as over a network
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// Leave out the control API under /emulator/
    #[arg(long)]
    no_control: bool,
}

#[derive(Debug, Error)]
enum Failure {
    #[error("{} cannot be read: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        addr: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Emulator(#[from] emulator::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match serve(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!("{failure}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: Args) -> Result<(), Failure> {
    let mut config = read(args.config.as_deref())?;
    let latency = Duration::from_millis(args.latency);
    config = config.with_timing(Timing {
        latency,
        ..Timing::default()
    });
    if !args.no_control {
        config = config.with_control();
    }
    let addr = SocketAddr::new(args.host, args.port);
    let listener = emulator::listen(addr).map_err(|source| Failure::Listen { addr, source })?;
    let local = listener.local_addr()?;
    // Whoever reads the address below may send a signal at once.
    let hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut out = std::io::stdout();
    writeln!(out, "Listening on http://{local}")?;
    writeln!(
        out,
        "Connection string:\n{}",
        config.connection_string(local)
    )?;
    out.flush()?;

    let emulator = Emulator::new(config);
    if let Some(path) = args.config {
        tokio::spawn(reload_on_change(path, hang_up, emulator.hub_settings()));
    }
    let stop = async move {
        tokio::select! {
            // Without a handler for Ctrl-C there is still SIGTERM.
            Ok(()) = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    emulator.run(listener, stop).await?;
    Ok(())
}

fn read(path: Option<&Path>) -> Result<Config, Failure> {
    let file = path
        .map(|path| {
            std::fs::read_to_string(path).map_err(|source| Failure::File {
                path: path.to_owned(),
                source,
            })
        })
        .transpose()?;
    // The one place where this command reads its environment.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Config::from_settings(file.as_deref(), environment)?)
}

/// On SIGHUP, and when the file's time of change does. A file with a mistake changes nothing.
async fn reload_on_change(path: PathBuf, mut hang_up: Signal, hubs: HubSettings) {
    let mut seen = changed_at(&path);
    let mut tick = tokio::time::interval(WATCH_INTERVAL);
    loop {
        tokio::select! {
            _ = hang_up.recv() => {}
            _ = tick.tick() => {
                let now = changed_at(&path);
                if now == seen {
                    continue;
                }
                seen = now;
            }
        }
        match read(Some(&path)) {
            Ok(config) => {
                hubs.replace(&config);
                tracing::info!("the hubs' settings were read again");
            }
            Err(failure) => tracing::error!("the hubs' settings stay as they were: {failure}"),
        }
    }
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}
