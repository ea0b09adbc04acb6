use serde_json::{Map, Value};

/// A function to be run soon, by its place among the app's functions.
pub(crate) type Order = (usize, Result<Firing, String>);

/// What a function is run with.
#[derive(Debug, Clone)]
pub(crate) struct Firing {
    /// The trigger's value, encoded as `Data` wants it.
    pub(crate) data: Value,
    /// What the trigger itself says about it.
    pub(crate) metadata: Map<String, Value>,
    /// The text whose members are laid over the metadata.
    pub(crate) payload: Option<String>,
}
