//! SQLite: everything in one file, for one machine.
