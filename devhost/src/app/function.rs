use std::time::Duration;

use crate::route::RouteTemplate;

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

/// How often, and how far apart, a failed invocation is tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    pub(crate) most: u32,
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
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
