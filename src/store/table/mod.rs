//! Azure Table storage.
