//! Reads host.json.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::LoadError;
use super::host_keys;
use super::json_file::JsonFile;
use super::settings::Settings;

/// The contents of host.json, after settings have overridden some of them.
#[derive(Debug)]
pub(crate) struct HostJson {
    pub(crate) executable: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) working_directory: PathBuf,
    pub(crate) initialization_timeout: Duration,
    pub(crate) forwards: bool,
    pub(crate) proxies: bool,
    pub(crate) fixed_port: Option<u16>,
    pub(crate) route_prefix: String,
    pub(crate) custom_headers: Vec<(String, String)>,
    /// `None` means no timeout.
    pub(crate) function_timeout: Option<Duration>,
    pub(crate) queues: QueueOptions,
    pub(crate) warnings: Vec<String>,
}

/// `extensions.queues`
#[derive(Debug, Clone)]
pub(crate) struct QueueOptions {
    pub(crate) batch_size: usize,
    pub(crate) new_batch_threshold: usize,
    pub(crate) max_polling_interval: Duration,
    pub(crate) visibility_timeout: Duration,
    pub(crate) max_dequeue_count: u64,
    pub(crate) base64: bool,
}

const WORKING_DIRECTORY: &str = "customHandler.description.workingDirectory";

/// The default of the plans whose default is not "unbounded".
const DEFAULT_FUNCTION_TIMEOUT: Duration = Duration::from_secs(30 * 60);

impl HostJson {
    pub(crate) fn load(folder: &Path, settings: &Settings) -> Result<Self, LoadError> {
        let path = folder.join("host.json");
        if !path.is_file() {
            return Err(LoadError::NoHostJson {
                folder: folder.to_owned(),
            });
        }
        let mut file = JsonFile::read(&path)?;
        let warnings = host_keys::unknown(&file.root);
        for (path, value) in settings.overrides() {
            file.set(&path, value);
        }
        if file.text("version")?.as_deref() != Some("2.0") {
            return Err(file.bad("version", "must be exactly \"2.0\""));
        }
        if file.get("customHandler.http.routes").is_some() {
            let problem =
                "is not supported; create a folder with a function.json for each function";
            return Err(file.bad("customHandler.http.routes", problem));
        }

        let working_directory = file.text(WORKING_DIRECTORY)?;
        let working_directory =
            folder.join(settings.expand(&working_directory.unwrap_or_default()));
        if !working_directory.is_dir() {
            let problem = format!("is not a folder: {}", working_directory.display());
            return Err(file.bad(WORKING_DIRECTORY, problem));
        }
        Ok(Self {
            executable: settings.expand(
                &file
                    .text("customHandler.description.defaultExecutablePath")?
                    .unwrap_or_default(),
            ),
            arguments: arguments(&file, settings)?,
            working_directory,
            initialization_timeout: file
                .duration("customHandler.initializationTimeout")?
                .unwrap_or(Duration::from_secs(30)),
            forwards: file.flag("customHandler.enableForwardingHttpRequest")?,
            proxies: file.flag("customHandler.enableProxyingHttpRequest")?,
            fixed_port: fixed_port(&file)?,
            route_prefix: route_prefix(&file)?,
            custom_headers: custom_headers(&file)?,
            function_timeout: function_timeout(&file)?,
            queues: QueueOptions::read(&file)?,
            warnings,
        })
    }
}

/// The host joins the arguments with spaces, without quotes, so that an argument with a space
/// arrives as two. It quotes only `defaultWorkerPath`.
fn arguments(file: &JsonFile, settings: &Settings) -> Result<Vec<String>, LoadError> {
    let split = |texts: Vec<String>| -> Vec<String> {
        let line = settings.expand(&texts.join(" "));
        line.split_whitespace().map(str::to_owned).collect()
    };
    let mut all = split(file.texts("customHandler.description.arguments")?);
    all.extend(
        file.text("customHandler.description.defaultWorkerPath")?
            .filter(|path| !path.is_empty()),
    );
    all.extend(split(
        file.texts("customHandler.description.workerArguments")?,
    ));
    Ok(all)
}

fn fixed_port(file: &JsonFile) -> Result<Option<u16>, LoadError> {
    file.number("customHandler.port")?
        .map(|port| {
            u16::try_from(port).map_err(|_| file.bad("customHandler.port", "is not a port"))
        })
        .transpose()
        .map(|port| port.filter(|port| *port != 0))
}

fn route_prefix(file: &JsonFile) -> Result<String, LoadError> {
    let prefix = file
        .text("extensions.http.routePrefix")?
        .unwrap_or_else(|| "api".to_owned());
    Ok(prefix.trim_matches('/').to_owned())
}

fn custom_headers(file: &JsonFile) -> Result<Vec<(String, String)>, LoadError> {
    let path = "extensions.http.customHeaders";
    let Some(value) = file.get(path) else {
        return Ok(Vec::new());
    };
    let problem = "must be an object whose values are strings";
    let headers = value.as_object().ok_or_else(|| file.bad(path, problem))?;
    headers
        .iter()
        .map(|(name, value)| {
            let value = value.as_str().ok_or_else(|| file.bad(path, problem))?;
            let plain = |text: &str| text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
            if !plain(name) || !plain(value) || name.is_empty() || name.contains([' ', ':']) {
                return Err(file.bad(path, format!("has an invalid header {name:?}")));
            }
            Ok((name.clone(), value.to_owned()))
        })
        .collect()
}

fn function_timeout(file: &JsonFile) -> Result<Option<Duration>, LoadError> {
    match file.text("functionTimeout")?.as_deref() {
        None => Ok(Some(DEFAULT_FUNCTION_TIMEOUT)),
        Some("-1" | "-00:00:00.0010000") => Ok(None),
        Some(_) => file.duration("functionTimeout"),
    }
}

impl QueueOptions {
    fn read(file: &JsonFile) -> Result<Self, LoadError> {
        let key = |name: &str| format!("extensions.queues.{name}");
        let batch_size = file.number(&key("batchSize"))?.unwrap_or(16);
        if !(1..=32).contains(&batch_size) {
            return Err(file.bad(&key("batchSize"), "must be between 1 and 32"));
        }
        let batch_size = usize::try_from(batch_size).unwrap_or(16);
        let threshold = file.number(&key("newBatchThreshold"))?;
        let dequeues = file.number(&key("maxDequeueCount"))?.unwrap_or(5);
        if dequeues < 1 {
            return Err(file.bad(&key("maxDequeueCount"), "must be at least 1"));
        }
        let encoding = file
            .text(&key("messageEncoding"))?
            .unwrap_or_else(|| "base64".to_owned());
        if !encoding.eq_ignore_ascii_case("base64") && !encoding.eq_ignore_ascii_case("none") {
            return Err(file.bad(&key("messageEncoding"), "must be \"base64\" or \"none\""));
        }
        Ok(Self {
            batch_size,
            new_batch_threshold: threshold
                .and_then(|count| count.try_into().ok())
                .unwrap_or(batch_size / 2),
            max_polling_interval: polling_interval(file, &key("maxPollingInterval"))?,
            visibility_timeout: file
                .duration(&key("visibilityTimeout"))?
                .unwrap_or_default(),
            max_dequeue_count: dequeues.unsigned_abs(),
            base64: encoding.eq_ignore_ascii_case("base64"),
        })
    }
}

/// The default on a developer's machine; in Azure it is a minute.
const DEFAULT_POLLING_INTERVAL: Duration = Duration::from_secs(2);

/// A time span, or a number of milliseconds.
fn polling_interval(file: &JsonFile, key: &str) -> Result<Duration, LoadError> {
    let interval = match file.number(key) {
        Ok(Some(milliseconds)) => Some(Duration::from_millis(milliseconds.unsigned_abs())),
        _ => file.duration(key)?,
    };
    Ok(interval
        .unwrap_or(DEFAULT_POLLING_INTERVAL)
        .max(Duration::from_millis(100)))
}
