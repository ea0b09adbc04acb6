//! The store on an npm package that emulates Cosmos DB.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::OnceLock;

use switchboard::clock::Clock;
use switchboard::store::Store;
use switchboard::store::cosmos::CosmosStore;
use testkit::Scripts;

use crate::store::cosmos_double::KEY;

/// The npm packages, and the scripts that start them.
pub(super) fn scripts() -> Scripts {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/store/cosmos_npm");
    let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
    scripts.unwrap_or_else(|error| panic!("{error}"))
}

/// One server for all tests, which use different partitions. It ends when its standard input is
/// closed.
fn server() -> &'static str {
    static SERVER: OnceLock<(String, Child)> = OnceLock::new();
    let (endpoint, _) = SERVER.get_or_init(|| {
        let mut command = scripts().command("server.mjs");
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let mut endpoint = String::new();
        let mut lines = BufReader::new(server.stdout.as_mut().unwrap());
        lines.read_line(&mut endpoint).unwrap();
        (endpoint.trim().to_owned(), server)
    });
    endpoint
}

struct Opened(CosmosStore);

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Opens a store in a database of its own, because the server scans the whole container for every
/// call.
async fn open() -> Opened {
    let endpoint = tokio::task::spawn_blocking(server).await.unwrap();
    let database = crate::store::place::a_name();
    Opened(super::store(endpoint, KEY, &database, Clock::system()))
}

crate::store::store_contract!(open, except: [
    // The server answers 500 to a read of a missing document.
    "an_absent_record_is_none",
    "a_replace_of_an_absent_record_conflicts",
    "a_version_never_returns",
    "a_delete_of_the_right_version_succeeds",
    "a_write_alone_returns_the_version_of_its_record",
    "partitions_of_two_names_in_one_collection_are_distinct",
    "keys_that_differ_in_letter_case_are_distinct",
    "a_larger_body_is_refused",
    // Unlike the service, it answers 500 to an operation of a batch, except Create, that has no
    // partition key of its own.
    "a_batch_of_all_kinds_is_written",
    "a_write_returns_the_versions_of_its_records",
    "names_of_full_length_are_accepted",
    "names_of_dots_alone_are_accepted",
    "racing_sends_leave_no_gap",
    "a_write_is_visible_to_later_reads",
    // A batch that fails keeps its earlier operations.
    "a_batch_that_fails_first_writes_nothing",
    "a_batch_that_fails_in_the_middle_writes_nothing",
    "a_batch_that_fails_last_writes_nothing",
    "each_kind_of_failure_undoes_the_batch",
    "the_first_of_several_failures_is_named",
]);
