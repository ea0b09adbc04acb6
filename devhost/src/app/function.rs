//! A function: its trigger, its outputs and its retry policy.

use std::time::Duration;

use crate::route::RouteTemplate;

/// A function, described for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionInfo {
    pub name: String,
    /// Its type in function.json: `httpTrigger`, `queueTrigger`, ...
    pub trigger: String,
    /// The route of an HTTP function, with the prefix and without a leading slash.
    pub route: Option<String>,
    /// Empty if all methods are allowed.
    pub methods: Vec<String>,
    pub disabled: bool,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) trigger_name: String,
    pub(crate) trigger: Trigger,
    pub(crate) outputs: Vec<Output>,
    /// Whether its requests can be forwarded: it has one HTTP trigger, one HTTP output, nothing else.
    pub(crate) forwardable: bool,
    pub(crate) disabled: bool,
    pub(crate) retry: Option<Retry>,
    pub(crate) warnings: Vec<String>,
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

/// How often and after which delays a failed invocation is retried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    pub(crate) max_retries: u32,
    pub(crate) first_delay: Duration,
    pub(crate) max_delay: Duration,
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

    pub(super) fn info(&self) -> FunctionInfo {
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
