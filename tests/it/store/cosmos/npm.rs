//! A server of others that speaks Cosmos DB's language.

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

/// Software of others, and the scripts that start it.
pub(super) fn scripts() -> Scripts {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/store/cosmos_npm");
    let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
    scripts.unwrap_or_else(|error| panic!("{error}"))
}

/// One for all tests: each has partitions of its own. It ends with our end of its standard
/// input.
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

/// In a database of its own: whatever is asked, the server looks at all that a container holds.
async fn open() -> Opened {
    let endpoint = tokio::task::spawn_blocking(server).await.unwrap();
    let database = crate::store::place::a_name();
    Opened(super::store(endpoint, KEY, &database, Clock::system()))
}

crate::store::store_contract!(open, except: [
    // A read of a document that is not there is answered with 500.
    "an_absent_record_is_none",
    "a_replace_of_an_absent_record_conflicts",
    "a_version_never_returns",
    "a_delete_takes_the_right_version",
    "partitions_of_two_names_on_one_shelf_are_apart",
    "keys_in_another_letter_case_are_others",
    "a_larger_body_is_refused",
    // A batch knows no operation but Create without a partition key of its own, which real ones
    // need not have: that is answered with 500.
    "a_batch_of_all_kinds_is_written",
    "names_of_full_length_are_kept",
    "names_of_dots_alone_are_kept",
    "racing_sends_leave_no_gap",
    "a_write_is_seen_by_reads_that_follow",
    // And a batch that fails keeps what it had done.
    "a_batch_that_fails_first_writes_nothing",
    "a_batch_that_fails_in_the_middle_writes_nothing",
    "a_batch_that_fails_last_writes_nothing",
    "each_kind_of_failure_undoes_the_batch",
    "the_first_of_several_failures_is_named",
]);
