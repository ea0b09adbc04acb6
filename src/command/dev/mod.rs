//! `switchboard dev`: everything on one machine. The emulator and the stand-in Functions host run in
//! this process; the host starts the handler as a child process, as the real one does.

mod browser;
mod devices;
mod error;
mod page;
mod printer;
mod screen;
mod settings;
mod storage;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use devhost::{HostEvent, Site};
use storage_emulator::Storage;
use tokio::net::TcpListener;

use crate::command::serve::stop_signal;
use devices::SimulatedHub;
use page::{Page, PageAccess, Progress};
use screen::Screen;
use settings::{Configured, Service};

pub use error::DevError;

const PORT: u16 = 7071;
const EMULATOR_PORT: u16 = 8080;

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Port of the Functions host; 0 picks a free one.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Port of the Web PubSub emulator; 0 picks a free one.
    #[arg(long, default_value_t = EMULATOR_PORT, value_name = "PORT")]
    emulator_port: u16,
    /// Use the host's newer proxy mode (`enableProxyingHttpRequest`).
    #[arg(long)]
    proxy: bool,
    /// Delay the emulator's answers by so many milliseconds, as a network would. Some clients miss
    /// answers that come at once: Microsoft's for Python needs 10.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    latency: u64,
    /// Simulate so many devices, `sim-1` to `sim-N`, and an IoT hub for them. Each reports every
    /// second and takes the direct methods `echo`, `setTarget` ({"temperature":21}), `slow`
    /// ({"seconds":10}); the device `sim-offline` is not connected.
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1000))]
    devices: u16,
    /// Do not build the page and do not serve it.
    #[arg(long, conflicts_with_all = ["open", "web_dir"])]
    no_web: bool,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
    /// Serve these files at `/` instead of building the page in `web/`.
    #[arg(long, value_name = "DIR")]
    web_dir: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: PORT,
            emulator_port: EMULATOR_PORT,
            proxy: false,
            latency: 0,
            devices: 0,
            no_web: false,
            open: false,
            web_dir: None,
        }
    }
}

/// Runs everything until Ctrl-C, or until the handler has crashed for the third time.
pub async fn run(options: Options) -> Result<(), DevError> {
    // As a task it shares its thread with what it starts. The main thread would have to wake
    // another one for each connection.
    match tokio::spawn(run_until(options, stop_signal())).await {
        Ok(ended) => ended,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

async fn run_until(options: Options, stop: impl Future<Output = ()>) -> Result<(), DevError> {
    let folder = app_folder().ok_or(DevError::NoApp)?;
    let configured = Configured::read(&folder)?;
    let host = listen(options.port, "--port").await?;
    let emulator = if configured.wants_emulator(options.emulator_port) {
        Some(listen(options.emulator_port, "--emulator-port").await?)
    } else {
        None
    };
    let host_address = address(&host)?;
    let emulator_address = emulator.as_ref().map(address).transpose()?;
    let storage = storage::open(&configured, &folder).await?;
    let hub = match options.devices {
        0 => None,
        count => Some(SimulatedHub::open(&configured, count).await?),
    };
    let mut settings = settings::with_defaults(
        configured,
        hub.as_ref().map(SimulatedHub::settings),
        &folder,
        host_address,
        emulator_address,
        storage.as_ref().map(Storage::connection_string),
    )?;
    let page = WebPage::find(&options, &folder);
    let access = std::mem::take(&mut settings.page);
    let mut app = devhost::App::load(
        &folder,
        devhost::Options {
            settings: settings.for_handler.clone(),
            executable: Some(std::env::current_exe().map_err(DevError::OwnProgram)?),
            arguments: Some(Vec::new()),
            proxy: options.proxy,
            cors: settings.cors.clone(),
            site: page
                .as_ref()
                .map(|page| page.site(&folder, access, host_address)),
            state_dir: Some(folder.join("data")),
            ..devhost::Options::default()
        },
    )?;
    let hub_described = hub.as_ref().map(SimulatedHub::describe);
    let hub_described = hub_described.unwrap_or_default();
    let has_page = page.is_some();
    let screen = Arc::new(Screen::new(
        &settings,
        host_address,
        hub_described,
        has_page,
    ));
    let printing = {
        let screen = screen.clone();
        tokio::spawn(async move { screen.run().await })
    };
    screen.starting(app.warnings());
    let events = {
        let screen = screen.clone();
        let opens = AtomicBool::new(options.open && page.is_some());
        move |event| {
            let is_ready = matches!(event, HostEvent::Ready { .. });
            screen.show(event);
            if is_ready && opens.swap(false, Ordering::Relaxed) {
                browser::open(&screen);
            }
        }
    };
    let page_build = async {
        if let Some(WebPage::Built { progress }) = &page {
            page::build(&folder, progress, |line| screen.page(line)).await;
        }
        std::future::pending().await
    };
    let storage = async {
        match storage {
            Some(storage) => storage.run(std::future::pending()).await,
            None => std::future::pending().await,
        }
    };
    let hub = async {
        match hub {
            Some(hub) => hub.run(host_address).await,
            None => std::future::pending().await,
        }
    };
    let events_to_host = app.in_process();
    // When one of them ends, dropping the others stops them.
    let host = devhost::run(app, host, events, std::future::pending());
    let everything = async {
        match (settings.service, emulator) {
            (Service::Emulator(config), Some(listener)) => {
                let timing = emulator::Timing {
                    latency: Duration::from_millis(options.latency),
                    ..emulator::Timing::default()
                };
                // For programs and pages of this machine alone: tests drop sockets with it.
                let config = config
                    .with_timing(timing)
                    .with_control()
                    .with_handlers_in_process(&host_address.to_string(), events_to_host);
                tokio::select! {
                    ended = host => ended?,
                    ended = emulator::run(listener, config, std::future::pending()) => ended?,
                    () = storage => {}
                    () = hub => {}
                    () = page_build => {}
                    () = stop => screen.stopping(),
                }
            }
            _ => tokio::select! {
                ended = host => ended?,
                () = storage => {}
                () = hub => {}
                () = page_build => {}
                () = stop => screen.stopping(),
            },
        }
        Ok::<(), DevError>(())
    };
    let ended = everything.await;
    printing.abort();
    screen.flush();
    ended
}

/// The page to serve.
enum WebPage {
    /// The one in the app's folder, which is built in the background.
    Built { progress: Arc<Progress> },
    /// Files that are ready.
    Files(PathBuf),
}

impl WebPage {
    fn find(options: &Options, folder: &Path) -> Option<Self> {
        if options.no_web {
            return None;
        }
        if let Some(files) = &options.web_dir {
            return Some(Self::Files(files.clone()));
        }
        folder
            .join("web/package.json")
            .is_file()
            .then(|| Self::Built {
                progress: Arc::new(Progress::not_built()),
            })
    }

    fn site(&self, folder: &Path, access: PageAccess, host: SocketAddr) -> Arc<dyn Site> {
        let (files, progress) = match self {
            Self::Built { progress } => (folder.join("web/dist"), progress.clone()),
            Self::Files(files) => (files.clone(), Arc::new(Progress::built())),
        };
        Arc::new(Page::new(files, progress, access, host))
    }
}

/// The app's folder and its settings as `dev` reads them, for other commands.
pub fn settings_here() -> Result<(PathBuf, impl Fn(&str) -> Option<String>), DevError> {
    let folder = app_folder().ok_or(DevError::NoApp)?;
    let configured = Configured::read(&folder)?;
    Ok((folder, move |name: &str| configured.get(name)))
}

/// Finds the app in this folder or above it, as `cargo run` does.
fn app_folder() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let found = here
        .ancestors()
        .find(|folder| folder.join("host.json").is_file());
    found.map(Path::to_path_buf)
}

async fn listen(port: u16, flag: &'static str) -> Result<TcpListener, DevError> {
    // Many clients of one page connect at once, and would wait with a short backlog.
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
