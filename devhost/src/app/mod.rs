//! The folder of a function app: host.json, the function.json files and the settings they use.

mod bindings;
mod error;
mod files;
mod function;
mod function_json;
mod function_keys;
mod host_json;
mod host_keys;
mod json_file;
mod keys;
mod local_settings;
mod options;
mod program;
mod retry;
mod routes;
mod settings;
mod spelling;
mod timespan;

use std::path::{Path, PathBuf};

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

pub use error::LoadError;
pub(crate) use files::Files;
pub use function::FunctionInfo;
pub(crate) use function::{AuthLevel, DataType, Function, HttpTrigger, Output, Retry, Trigger};
pub(crate) use host_json::HostJson;
pub use keys::Keys;
pub use local_settings::LocalSettings;
pub use options::{CorsSettings, Options, Plan};
use program::{Program, program};
use routes::{refuse_shared_routes, unsafe_routes};
pub(crate) use settings::Settings;
pub(crate) use timespan::parse as parse_timespan;

/// The setting with an app's storage account.
const STORAGE: &str = "AzureWebJobsStorage";

/// A function app that is loaded and checked. [`run`](crate::run) runs it.
#[derive(Debug)]
pub struct App {
    pub(crate) folder: PathBuf,
    /// Their state just before they were read.
    pub(crate) files: Files,
    pub(crate) settings: Settings,
    pub(crate) options: Options,
    pub(crate) host: HostJson,
    pub(crate) functions: Vec<Function>,
    pub(crate) program: Program,
    pub(crate) in_process: Option<mpsc::UnboundedReceiver<DuplexStream>>,
    warnings: Vec<String>,
}

impl App {
    /// Reads the app in `folder` as the host does, and refuses what the host refuses.
    pub fn load(folder: impl AsRef<Path>, options: Options) -> Result<Self, LoadError> {
        let folder =
            std::path::absolute(folder.as_ref()).map_err(|source| LoadError::Unreadable {
                file: folder.as_ref().to_owned(),
                source,
            })?;
        let files = Files::of(&folder);
        let settings = Settings::new(options.settings.clone());
        let mut host = HostJson::load(&folder, &settings)?;
        host.proxies |= options.proxy;
        let functions = load_functions(&folder, &host, &settings)?;
        refuse_shared_routes(&functions)?;
        let program = program(&folder, &host, &options)?;
        let mut warnings = host.warnings.clone();
        warnings.extend(
            functions
                .iter()
                .flat_map(|function| function.warnings.clone()),
        );
        warnings.extend(unsafe_routes(&functions));
        if functions.is_empty() {
            warnings.push(format!(
                "no folder in {} contains a function.json",
                folder.display()
            ));
        }
        Ok(Self {
            folder,
            files,
            settings,
            options,
            host,
            functions,
            program,
            in_process: None,
            warnings,
        })
    }

    pub fn functions(&self) -> Vec<FunctionInfo> {
        self.functions.iter().map(Function::info).collect()
    }

    /// The web pages that may call the app.
    pub fn cors(&self) -> Option<&CorsSettings> {
        self.options.cors.as_ref()
    }

    /// Whether the settings name a storage account, by connection string or by identity.
    pub fn has_storage(&self) -> bool {
        let suffixes = ["", "__accountName", "__queueServiceUri", "__blobServiceUri"];
        suffixes.iter().any(|suffix| {
            self.settings
                .non_empty(&format!("{STORAGE}{suffix}"))
                .is_some()
        })
    }

    /// Sets the storage account of the app and its handler.
    pub fn use_storage(&mut self, connection_string: &str) {
        self.settings.set(STORAGE, connection_string);
    }

    /// Lets callers in this process connect without a socket: the host serves each stream that is
    /// sent here like a connection to its port.
    pub fn in_process(&mut self) -> mpsc::UnboundedSender<DuplexStream> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.in_process = Some(receiver);
        sender
    }

    /// Likely mistakes that the host accepts silently.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Sorts the functions by name: of several with overlapping routes, the host calls the first.
fn load_functions(
    folder: &Path,
    host: &HostJson,
    settings: &Settings,
) -> Result<Vec<Function>, LoadError> {
    let unreadable = |source| LoadError::Unreadable {
        file: folder.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && path.join("function.json").is_file()
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names
        .iter()
        .map(|name| function_json::load(&folder.join(name), name, &host.route_prefix, settings))
        .collect()
}
