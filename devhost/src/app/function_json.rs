//! Reads a function.json.

use std::path::Path;

use serde_json::Value;

use super::bindings::{Binding, bindings};
use super::error::LoadError;
use super::function::{AuthLevel, Function, HttpTrigger, Output, Trigger};
use super::json_file::{JsonFile, member};
use super::settings::Settings;
use super::{function_keys, retry};
use crate::route::{RouteError, RouteTemplate};

/// Reads `<folder>/function.json`. The function has the name of its folder.
pub(crate) fn load(
    folder: &Path,
    name: &str,
    prefix: &str,
    settings: &Settings,
) -> Result<Function, LoadError> {
    let file = JsonFile::read(&folder.join("function.json"))?;
    let bindings = bindings(&file)?;
    let (triggers, others): (Vec<&Binding<'_>>, Vec<&Binding<'_>>) = bindings
        .iter()
        .partition(|binding| binding.kind.to_lowercase().ends_with("trigger"));
    let [trigger_binding] = triggers.as_slice() else {
        let found = triggers.len();
        return Err(file.bad(
            "bindings",
            format!("has {found} triggers; a function must have exactly one"),
        ));
    };

    let trigger = trigger(&file, trigger_binding, name, prefix, settings)?;
    let outputs: Vec<Output> = others
        .iter()
        .filter(|binding| binding.is_output)
        .map(|binding| output(&file, binding, settings))
        .collect::<Result<_, _>>()?;
    let inputs = others.iter().filter(|binding| !binding.is_output).count();
    let forwardable = matches!(trigger, Trigger::Http(_))
        && inputs == 0
        && matches!(outputs.as_slice(), [Output::Http { .. }]);

    let mut function = Function {
        name: name.to_owned(),
        trigger_name: trigger_binding.name.clone(),
        trigger,
        outputs,
        forwardable,
        disabled: is_disabled(&file, name, settings)?,
        retry: retry::read(&file)?,
        warnings: function_keys::unknown(name, &file, &bindings),
    };
    disable_if_setting_missing(&mut function);
    Ok(function)
}

/// If a setting that names a queue, a hub or a schedule is missing, the host runs the app without
/// the function.
fn disable_if_setting_missing(function: &mut Function) {
    let outputs = function.outputs.iter().map(|output| match output {
        Output::Queue { queue, .. } => queue.as_str(),
        Output::Http { .. } | Output::Other { .. } => "",
    });
    let mut names: Vec<&str> = match &function.trigger {
        Trigger::Queue { queue, .. } => vec![queue],
        Trigger::EventHub {
            hub,
            consumer_group,
            ..
        } => vec![hub, consumer_group],
        Trigger::Timer { schedule, .. } => vec![schedule],
        Trigger::Http(_) | Trigger::Other(_) => Vec::new(),
    };
    names.extend(outputs);
    let mut unset = names.into_iter().filter_map(Settings::unset_name);
    if let Some(setting) = unset.next().filter(|_| !function.disabled) {
        let warning = format!(
            "{}: the setting {setting} is missing, so the host ignores the function; add it, \
             or set AzureWebJobs.{}.Disabled to true",
            function.name, function.name
        );
        function.warnings.push(warning);
        function.disabled = true;
    }
}

fn trigger(
    file: &JsonFile,
    binding: &Binding<'_>,
    function: &str,
    prefix: &str,
    settings: &Settings,
) -> Result<Trigger, LoadError> {
    Ok(match binding.kind.to_lowercase().as_str() {
        "httptrigger" => Trigger::Http(http_trigger(file, binding, function, prefix)?),
        "queuetrigger" => Trigger::Queue {
            queue: queue_name(file, binding, settings)?,
            connection: settings.expand_known(&binding.connection()),
            data_type: binding.data_type(),
        },
        "eventhubtrigger" => Trigger::EventHub {
            hub: settings.expand_known(&binding.required(file, "eventHubName")?),
            many: binding
                .text("cardinality")
                .is_some_and(|text| text.eq_ignore_ascii_case("many")),
            consumer_group: settings
                .expand_known(binding.text("consumerGroup").unwrap_or("$Default")),
            data_type: binding.data_type(),
        },
        "timertrigger" => Trigger::Timer {
            schedule: settings.expand_known(&binding.required(file, "schedule")?),
            run_on_startup: binding.flag("runOnStartup").unwrap_or(false),
            use_monitor: binding.flag("useMonitor").unwrap_or(true),
        },
        _ => Trigger::Other(binding.kind.clone()),
    })
}

/// In lower case, as the names of queues are; the name of a missing setting keeps its case.
fn queue_name(
    file: &JsonFile,
    binding: &Binding<'_>,
    settings: &Settings,
) -> Result<String, LoadError> {
    let name = settings.expand_known(&binding.required(file, "queueName")?);
    Ok(match Settings::unset_name(&name) {
        Some(_) => name,
        None => name.to_lowercase(),
    })
}

fn http_trigger(
    file: &JsonFile,
    binding: &Binding<'_>,
    function: &str,
    prefix: &str,
) -> Result<HttpTrigger, LoadError> {
    let route = match member(binding.members, "route") {
        None | Some(Value::Null) => function,
        Some(Value::String(route)) if route.is_empty() => function,
        Some(Value::String(route)) => route,
        Some(_) => return Err(file.bad(&binding.key("route"), "must be a string")),
    };
    let bad_route = |source| LoadError::BadRoute {
        file: file.path().to_owned(),
        route: route.to_owned(),
        source,
    };
    let reserved = ["admin", "runtime"].into_iter().find(|word| {
        route
            .split('/')
            .next()
            .is_some_and(|first| first.eq_ignore_ascii_case(word))
    });
    if let Some(word) = reserved {
        return Err(bad_route(RouteError::Reserved(word)));
    }
    // Check it without the prefix first: after one, a leading slash looks like an empty segment.
    RouteTemplate::parse(route).map_err(bad_route)?;
    let full_route = if prefix.is_empty() {
        route.to_owned()
    } else {
        format!("{prefix}/{route}")
    };
    let template = RouteTemplate::parse(&full_route).map_err(bad_route)?;

    let methods = match member(binding.members, "methods") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(methods)) => methods
            .iter()
            .map(|method| Some(method.as_str()?.to_ascii_uppercase()))
            .collect::<Option<_>>()
            .ok_or_else(|| file.bad(&binding.key("methods"), "must be a list of strings"))?,
        Some(_) => return Err(file.bad(&binding.key("methods"), "must be a list of strings")),
    };
    let auth_level = match binding.text("authLevel").map(str::to_lowercase).as_deref() {
        None | Some("function") => AuthLevel::Function,
        Some("anonymous") => AuthLevel::Anonymous,
        Some("admin") => AuthLevel::Admin,
        Some(_) => {
            let problem = "must be \"anonymous\", \"function\" or \"admin\"";
            return Err(file.bad(&binding.key("authLevel"), problem));
        }
    };
    Ok(HttpTrigger {
        route: full_route,
        template,
        methods,
        auth_level,
    })
}

fn output(
    file: &JsonFile,
    binding: &Binding<'_>,
    settings: &Settings,
) -> Result<Output, LoadError> {
    let name = binding.name.clone();
    Ok(match binding.kind.to_lowercase().as_str() {
        "http" => Output::Http { name },
        "queue" => Output::Queue {
            name,
            queue: queue_name(file, binding, settings)?,
            connection: settings.expand_known(&binding.connection()),
            data_type: binding.data_type(),
        },
        _ => Output::Other {
            name,
            kind: binding.kind.clone(),
        },
    })
}

fn is_disabled(file: &JsonFile, name: &str, settings: &Settings) -> Result<bool, LoadError> {
    for setting in [
        format!("AzureWebJobs.{name}.Disabled"),
        format!("AzureWebJobs_{name}_Disabled"),
    ] {
        if settings.get(&setting).is_some() {
            return Ok(settings.is_true(&setting));
        }
    }
    match file.get("disabled") {
        None => Ok(false),
        Some(Value::Bool(disabled)) => Ok(*disabled),
        // A string is the name of a setting.
        Some(Value::String(setting)) => Ok(settings.is_true(setting.trim_matches('%'))),
        Some(_) => Err(file.bad("disabled", "must be true, false or the name of a setting")),
    }
}
