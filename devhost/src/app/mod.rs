//! A function app's folder: host.json, every function.json and the settings they refer to.

mod error;
mod function_json;
mod host_json;
mod json_file;
mod keys;
mod local_settings;
mod options;
mod settings;
mod spelling;
mod timespan;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use error::LoadError;
pub(crate) use host_json::HostJson;
pub use keys::Keys;
pub use local_settings::LocalSettings;
pub use options::{CorsSettings, Options, Plan};
pub(crate) use settings::Settings;
pub(crate) use timespan::parse as parse_timespan;

use crate::route::{RouteTemplate, unsafe_parameters};

/// A function app, read and checked, ready to be [run](crate::run).
#[derive(Debug)]
pub struct App {
    pub(crate) folder: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) options: Options,
    pub(crate) host: HostJson,
    pub(crate) functions: Vec<Function>,
    pub(crate) program: Program,
    warnings: Vec<String>,
}

/// One function, for showing to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionInfo {
    pub name: String,
    /// As function.json spells it: `httpTrigger`, `queueTrigger`, ...
    pub trigger: String,
    /// An HTTP function's route, prefix included, without a leading slash.
    pub route: Option<String>,
    /// Empty where every method is taken.
    pub methods: Vec<String>,
    pub disabled: bool,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) trigger_name: String,
    pub(crate) trigger: Trigger,
    pub(crate) outputs: Vec<Output>,
    /// Whether its requests may be handed on as they are.
    pub(crate) forwardable: bool,
    pub(crate) disabled: bool,
    pub(crate) retry: Option<Retry>,
}

#[derive(Debug)]
pub(crate) enum Trigger {
    Http(HttpTrigger),
    Queue {
        queue: String,
        connection: String,
        data_type: DataType,
    },
    EventHub {
        hub: String,
        many: bool,
        consumer_group: String,
        data_type: DataType,
    },
    Timer {
        schedule: String,
        run_on_startup: bool,
        use_monitor: bool,
    },
    Other(String),
}

#[derive(Debug)]
pub(crate) struct HttpTrigger {
    pub(crate) route: String,
    pub(crate) template: RouteTemplate,
    pub(crate) methods: Vec<String>,
    pub(crate) auth_level: AuthLevel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthLevel {
    Anonymous,
    Function,
    Admin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataType {
    Unset,
    Text,
    Binary,
}

#[derive(Debug)]
pub(crate) enum Output {
    Http {
        name: String,
    },
    Queue {
        name: String,
        queue: String,
        connection: String,
        data_type: DataType,
    },
    Other {
        name: String,
        kind: String,
    },
}

/// How often, and how far apart, a failed invocation is tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    pub(crate) most: u32,
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

/// What is started, with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<String>,
}

impl App {
    /// Reads the app in `folder` as the host would, and refuses what the host would refuse.
    pub fn load(folder: impl AsRef<Path>, options: Options) -> Result<Self, LoadError> {
        let folder =
            std::path::absolute(folder.as_ref()).map_err(|source| LoadError::Unreadable {
                file: folder.as_ref().to_owned(),
                source,
            })?;
        let settings = Settings::new(options.settings.clone());
        let mut host = HostJson::load(&folder, &settings)?;
        host.proxies |= options.proxy;
        let functions = load_functions(&folder, &host, &settings)?;
        refuse_shared_routes(&functions)?;
        let program = program(&folder, &host, &options)?;
        let mut warnings = host.warnings.clone();
        warnings.extend(unsafe_routes(&functions));
        if functions.is_empty() {
            warnings.push(format!(
                "no folder in {} has a function.json",
                folder.display()
            ));
        }
        Ok(Self {
            folder,
            settings,
            options,
            host,
            functions,
            program,
            warnings,
        })
    }

    pub fn functions(&self) -> Vec<FunctionInfo> {
        self.functions.iter().map(Function::info).collect()
    }

    /// What the host would accept in silence and its author would not have wanted.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl Function {
    pub(crate) fn kind(&self) -> &str {
        match &self.trigger {
            Trigger::Http(_) => "httpTrigger",
            Trigger::Queue { .. } => "queueTrigger",
            Trigger::EventHub { .. } => "eventHubTrigger",
            Trigger::Timer { .. } => "timerTrigger",
            Trigger::Other(kind) => kind,
        }
    }

    pub(crate) fn http(&self) -> Option<&HttpTrigger> {
        match &self.trigger {
            Trigger::Http(http) => Some(http),
            _ => None,
        }
    }

    fn info(&self) -> FunctionInfo {
        FunctionInfo {
            name: self.name.clone(),
            trigger: self.kind().to_owned(),
            route: self.http().map(|http| http.route.clone()),
            methods: self
                .http()
                .map(|http| http.methods.clone())
                .unwrap_or_default(),
            disabled: self.disabled,
        }
    }
}

/// Functions register in the order of their names, which decides between overlapping routes.
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

fn refuse_shared_routes(functions: &[Function]) -> Result<(), LoadError> {
    let http: Vec<(&Function, &HttpTrigger)> = functions
        .iter()
        .filter_map(|function| Some((function, function.http()?)))
        .collect();
    for (at, (first, one)) in http.iter().enumerate() {
        for (second, other) in &http[at + 1..] {
            let share_a_method = one.methods.is_empty()
                || other.methods.is_empty()
                || one
                    .methods
                    .iter()
                    .any(|method| other.methods.contains(method));
            if one.route.eq_ignore_ascii_case(&other.route) && share_a_method {
                return Err(LoadError::SameRoute {
                    first: first.name.clone(),
                    second: second.name.clone(),
                    route: one.route.clone(),
                });
            }
        }
    }
    Ok(())
}

fn unsafe_routes(functions: &[Function]) -> impl Iterator<Item = String> {
    functions.iter().filter_map(|function| {
        let http = function.http()?;
        let parameters = unsafe_parameters(&http.template);
        let first = parameters.first()?;
        Some(format!(
            "{}: in the route {:?}, {} can hold `..%5C`, `%252E` and the like, which the host \
             turns into another path on the way to the handler; constrain it, for instance as \
             {{{first}:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}}",
            function.name,
            http.route,
            parameters.join(" and "),
        ))
    })
}

/// A relative path is one of the app's own files where there is such a file, else a command.
fn program(folder: &Path, host: &HostJson, options: &Options) -> Result<Program, LoadError> {
    let arguments = options
        .arguments
        .clone()
        .unwrap_or_else(|| host.arguments.clone());
    if options.attach.is_some() {
        return Ok(Program {
            path: PathBuf::new(),
            arguments,
        });
    }
    let path = match &options.executable {
        Some(own) => own.clone(),
        None if host.executable.is_empty() => {
            return Err(LoadError::NoExecutable {
                file: folder.join("host.json"),
            });
        }
        None => PathBuf::from(&host.executable),
    };
    let inside = folder.join(&path);
    let is_command = path.components().count() == 1 && !inside.is_file();
    if is_command {
        return Ok(Program { path, arguments });
    }
    if !inside.is_file() {
        return Err(LoadError::HandlerMissing { path: inside });
    }
    if !is_executable(&inside) {
        return Err(LoadError::HandlerNotExecutable { path: inside });
    }
    Ok(Program {
        path: inside,
        arguments,
    })
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}
