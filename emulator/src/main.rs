//! `webpubsub-emulator`: the command.

use std::fs::File;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Parser;
use emulator::{Config, ConfigError, Emulator, HubSettings, Timing, Tls, TlsError};
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
    /// Speak HTTPS too, with a certificate made on the spot
    #[arg(long)]
    tls: bool,
    /// Where that certificate is written; without this, among the temporary files
    #[arg(long, value_name = "FILE", requires = "tls")]
    certificate: Option<PathBuf>,
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
    #[error("the certificate cannot be written to {}: {source}", path.display())]
    Certificate {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
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
    // Looked at before it is read: a change in between is read again, and none is missed.
    let seen = args.config.as_deref().and_then(changed_at);
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
    let mut certificate = None;
    if args.tls {
        let tls = Tls::self_signed(args.host)?;
        certificate = Some(write_certificate(&tls, args.certificate, local.port())?);
        config = config.with_tls(tls);
    }
    // Whoever reads the address below may send a signal at once.
    let hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut out = std::io::stdout();
    let scheme = if args.tls { "https" } else { "http" };
    writeln!(out, "Listening on {scheme}://{local}")?;
    let connection_string = config.connection_string(local);
    writeln!(out, "Connection string:\n{connection_string}")?;
    if let Some(path) = certificate {
        writeln!(out, "Certificate to trust:\n{}", path.display())?;
    }
    out.flush()?;

    let emulator = Emulator::new(config);
    if let Some(path) = args.config {
        let hubs = emulator.hub_settings();
        tokio::spawn(reload_on_change(path, seen, hang_up, hubs));
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

/// What stands at the path is replaced, not followed: among temporary files it may be a link that
/// somebody else has put there.
fn write_certificate(tls: &Tls, path: Option<PathBuf>, port: u16) -> Result<PathBuf, Failure> {
    let path =
        path.unwrap_or_else(|| std::env::temp_dir().join(format!("webpubsub-emulator-{port}.pem")));
    let write = || {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        File::create_new(&path)?.write_all(tls.certificate_pem().as_bytes())
    };
    match write() {
        Ok(()) => Ok(path),
        Err(source) => Err(Failure::Certificate { path, source }),
    }
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
async fn reload_on_change(
    path: PathBuf,
    mut seen: Option<SystemTime>,
    mut hang_up: Signal,
    hubs: HubSettings,
) {
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
