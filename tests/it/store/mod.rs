//! The store contract: one list of cases, run on every backend.

mod contract;
pub(crate) mod place;

mod cosmos;
pub(crate) mod cosmos_double;
mod sqlite;
mod table;

pub(crate) use contract::store_contract;
