//! `switchboard dev`: Azure on one machine. The emulator and the stand-in Functions host run in
//! this process, the handler is its child, started as the real host would start it.

mod screen;
mod settings;
mod storage;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use storage_emulator::Storage;
use tokio::net::TcpListener;

use crate::command::serve::asked_to_stop;
use screen::Screen;
use settings::{Given, Service};

const PORT: u16 = 7071;
const EMULATOR_PORT: u16 = 8080;

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where the Functions host listens; 0 picks a free port.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Where the Web PubSub emulator listens; 0 picks a free port.
    #[arg(long, default_value_t = EMULATOR_PORT, value_name = "PORT")]
    emulator_port: u16,
    /// Plays the host's newer proxying mode (`enableProxyingHttpRequest`).
    #[arg(long)]
    proxy: bool,
    /// How many milliseconds the emulator's answers take on their way, as over a network. Some
    /// clients miss answers that come at once: Microsoft's for Python wants 10.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    latency: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: PORT,
            emulator_port: EMULATOR_PORT,
            proxy: false,
            latency: 0,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DevError {
    #[error(
        "there is no host.json in this folder or above it; start `switchboard dev` in the \
         project's folder"
    )]
    NoApp,
    #[error("port {port} is taken by another program; choose another with {flag}")]
    PortTaken { port: u16, flag: &'static str },
    #[error("port {port} cannot be listened on")]
    Listen {
        port: u16,
        #[source]
        cause: io::Error,
    },
    #[error("this program's own file cannot be found")]
    OwnProgram(#[source] io::Error),
    #[error("{} cannot be used", crate::command::dev_secrets::FILE)]
    Secrets(#[source] io::Error),
    #[error(transparent)]
    App(#[from] devhost::LoadError),
    #[error(transparent)]
    Host(#[from] devhost::HostError),
    #[error(transparent)]
    Storage(#[from] storage_emulator::OpenError),
    #[error("the emulator's settings cannot be used")]
    EmulatorSettings(#[from] emulator::ConfigError),
    #[error("the emulator stopped")]
    Emulator(#[from] emulator::Error),
}

/// Runs everything until Ctrl-C, or until the handler has crashed for the third time.
pub async fn run(options: Options) -> Result<(), DevError> {
    run_until(options, asked_to_stop()).await
}

async fn run_until(options: Options, stop: impl Future<Output = ()>) -> Result<(), DevError> {
    let folder = app_folder().ok_or(DevError::NoApp)?;
    let given = Given::read(&folder)?;
    let host = listen(options.port, "--port").await?;
    let emulator = if given.wants_emulator(options.emulator_port) {
        Some(listen(options.emulator_port, "--emulator-port").await?)
    } else {
        None
    };
    let host_address = address(&host)?;
    let emulator_address = emulator.as_ref().map(address).transpose()?;
    let storage = storage::open(&given, &folder).await?;
    let settings = settings::choose(
        given,
        &folder,
        host_address,
        emulator_address,
        storage.as_ref().map(Storage::connection_string),
    )?;
    let app = devhost::App::load(
        &folder,
        devhost::Options {
            settings: settings.for_handler.clone(),
            executable: Some(std::env::current_exe().map_err(DevError::OwnProgram)?),
            arguments: Some(Vec::new()),
            proxy: options.proxy,
            cors: settings.cors.clone(),
            state_dir: Some(folder.join("data")),
            ..devhost::Options::default()
        },
    )?;
    let screen = Arc::new(Screen::new(&settings, host_address));
    screen.starting(app.warnings());
    let events = {
        let screen = screen.clone();
        move |event| screen.show(event)
    };
    let stored = async {
        match storage {
            Some(storage) => storage.run(std::future::pending()).await,
            None => std::future::pending().await,
        }
    };
    // Whichever ends first ends the other, by being dropped with it.
    let hosted = devhost::run(app, host, events, std::future::pending());
    match (settings.service, emulator) {
        (Service::Emulator(config), Some(listener)) => {
            let timing = emulator::Timing {
                latency: Duration::from_millis(options.latency),
                ..emulator::Timing::default()
            };
            let config = config.with_timing(timing);
            tokio::select! {
                ended = hosted => ended?,
                ended = emulator::run(listener, config, std::future::pending()) => ended?,
                () = stored => {}
                () = stop => screen.stopping(),
            }
        }
        _ => tokio::select! {
            ended = hosted => ended?,
            () = stored => {}
            () = stop => screen.stopping(),
        },
    }
    Ok(())
}

/// Settings as `dev` would see them from here, for what works beside it: the folder they belong
/// to, and a look-up.
pub fn settings_here() -> Result<(PathBuf, impl Fn(&str) -> Option<String>), DevError> {
    let folder = app_folder().ok_or(DevError::NoApp)?;
    let given = Given::read(&folder)?;
    Ok((folder, move |name: &str| given.get(name)))
}

/// `cargo run` works in every folder of a project, so this does too.
fn app_folder() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let found = here
        .ancestors()
        .find(|folder| folder.join("host.json").is_file());
    found.map(Path::to_path_buf)
}

async fn listen(port: u16, flag: &'static str) -> Result<TcpListener, DevError> {
    // A page full of clients connects at once, which a short backlog would make wait.
    match emulator::listen((Ipv4Addr::LOCALHOST, port).into()) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Err(DevError::PortTaken { port, flag })
        }
        Err(cause) => Err(DevError::Listen { port, cause }),
    }
}

fn address(listener: &TcpListener) -> Result<SocketAddr, DevError> {
    let address = listener.local_addr();
    address.map_err(|cause| DevError::Listen { port: 0, cause })
}
