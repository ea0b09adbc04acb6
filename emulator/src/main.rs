//! The command `webpubsub-emulator`.

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

/// How often the configuration file is checked for changes.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);
/// Over TLS, Microsoft's JavaScript client crashes if an acknowledgement overtakes the callback of
/// its own send, which happens only without any latency.
const TLS_LATENCY: Duration = Duration::from_millis(10);

/// An emulator of Azure Web PubSub for development and tests
///
/// Settings can also come from the environment, for example
/// WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate=http://127.0.0.1:7071/api/{event}
#[derive(Debug, Parser)]
#[command(name = "webpubsub-emulator")]
struct Args {
    /// The port to listen on; 0 picks a free one and prints it
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// A JSON file with a WebPubSub object; its hubs are reloaded when it changes
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Simulated network latency to clients and REST callers, in milliseconds; by default none, but
    /// 10 with --tls
    #[arg(long, value_name = "MS")]
    latency: Option<u64>,
    /// Accept HTTPS too, with a self-signed certificate
    #[arg(long)]
    tls: bool,
    /// Where to write that certificate; by default, a temporary file
    #[arg(long, value_name = "FILE", requires = "tls")]
    certificate: Option<PathBuf>,
    /// Disable the control API under /emulator/
    #[arg(long)]
    no_control: bool,
}

impl Args {
    fn latency(&self) -> Duration {
        let default = if self.tls {
            TLS_LATENCY
        } else {
            Duration::ZERO
        };
        self.latency.map_or(default, Duration::from_millis)
    }
}

#[derive(Debug, Error)]
enum CommandError {
    #[error("cannot read {}: {source}", path.display())]
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
    #[error("cannot write the certificate to {}: {source}", path.display())]
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

async fn serve(args: Args) -> Result<(), CommandError> {
    // Read the time before the file: a change in between is then read again, and none is missed.
    let seen = args.config.as_deref().and_then(changed_at);
    let mut config = read(args.config.as_deref())?;
    let latency = args.latency();
    config = config.with_timing(Timing {
        latency,
        ..Timing::default()
    });
    if !args.no_control {
        config = config.with_control();
    }
    let addr = SocketAddr::new(args.host, args.port);
    let listener =
        emulator::listen(addr).map_err(|source| CommandError::Listen { addr, source })?;
    let local = listener.local_addr()?;
    let mut certificate = None;
    if args.tls {
        let tls = Tls::self_signed(args.host)?;
        certificate = Some(write_certificate(&tls, args.certificate, local.port())?);
        config = config.with_tls(tls);
    }
    // Handle signals before printing the address, since its reader may send one at once.
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
            // If Ctrl-C cannot be handled, SIGTERM still works.
            Ok(()) = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    emulator.run(listener, stop).await?;
    Ok(())
}

/// Replaces the file at the path instead of following a link: in the temporary directory, another
/// user may have put one there.
fn write_certificate(tls: &Tls, path: Option<PathBuf>, port: u16) -> Result<PathBuf, CommandError> {
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
        Err(source) => Err(CommandError::Certificate { path, source }),
    }
}

fn read(path: Option<&Path>) -> Result<Config, CommandError> {
    let file = path
        .map(|path| {
            std::fs::read_to_string(path).map_err(|source| CommandError::File {
                path: path.to_owned(),
                source,
            })
        })
        .transpose()?;
    // Nothing else in this command reads the environment.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Config::from_settings(file.as_deref(), environment)?)
}

/// Reloads the hubs on SIGHUP, and when the modification time of the file changes. An invalid file
/// changes nothing.
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
                tracing::info!("reloaded the hub settings");
            }
            Err(failure) => tracing::error!(
                "keeping the hub settings, since the new ones are invalid: {failure}"
            ),
        }
    }
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latency(arguments: &[&str]) -> Duration {
        let command = std::iter::once(&"webpubsub-emulator").chain(arguments);
        Args::try_parse_from(command).unwrap().latency()
    }

    #[test]
    fn tls_has_a_default_latency() {
        assert_eq!(latency(&["--tls"]), TLS_LATENCY);
        assert_eq!(latency(&["--tls", "--latency", "0"]), Duration::ZERO);
        assert_eq!(latency(&[]), Duration::ZERO);
        assert_eq!(latency(&["--latency", "7"]), Duration::from_millis(7));
    }
}
