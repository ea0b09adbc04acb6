//! Every backend keeps the same promises: one list of cases, run on each.

mod contract;
mod place;

mod cosmos;
pub(crate) mod cosmos_double;
mod sqlite;

pub(crate) use contract::store_contract;
