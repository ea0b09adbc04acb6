//! Runs of functions that have no caller: what is passed from the triggers to the runner.

use serde_json::{Map, Value};

/// A request to run a function in the background.
#[derive(Debug)]
pub(crate) struct RunRequest {
    /// The index of the function in the app's list.
    pub(crate) function: usize,
    /// The partition of the event hub that the run's batch comes from. Its batches run one after
    /// the other, in order; other runs do not wait.
    pub(crate) partition: Option<String>,
    /// An error if the trigger's value could not be prepared: the run then fails with it.
    pub(crate) firing: Result<Firing, String>,
}

/// The input of one run.
#[derive(Debug, Clone)]
pub(crate) struct Firing {
    /// The trigger's value, encoded for `Data`.
    pub(crate) data: Value,
    /// What the trigger itself adds to `Metadata`.
    pub(crate) metadata: Map<String, Value>,
    /// A text; if it is a JSON object, its members overwrite those of the metadata.
    pub(crate) payload: Option<String>,
}
