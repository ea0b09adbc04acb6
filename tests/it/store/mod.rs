//! Every backend keeps the same promises: one list of cases, run on each.

mod contract;
pub(crate) mod place;

mod cosmos;
pub(crate) mod cosmos_double;
mod sqlite;
mod table;

pub(crate) use contract::store_contract;
