//! What the store promises, as cases that every backend runs.

pub(crate) mod batches;
pub(crate) mod bodies;
pub(crate) mod partitions;
pub(crate) mod races;
pub(crate) mod ranges;
pub(crate) mod records;

/// One named test for each case. `$open` is an async function; what it gives derefs to a
/// `dyn Store` and keeps the backend alive for as long as the test runs. A new case is added
/// here and nowhere else. After `except` come the names of those that this backend is known to
/// fail, each of which must go on failing: a gap that was closed leaves the list.
macro_rules! store_contract {
    ($open:path) => {
        crate::store::store_contract!($open, except: []);
    };
    ($open:path, except: $gaps:expr) => {
        crate::store::store_contract!($open, $gaps;
            records: [
                the_store_answers,
                an_absent_record_is_none,
                what_was_inserted_is_there,
                an_insert_over_something_conflicts,
                a_replace_of_the_right_version_gives_a_new_one,
                a_replace_of_an_old_version_conflicts,
                a_replace_of_an_absent_record_conflicts,
                a_put_needs_nothing_and_gives_a_new_version,
                a_version_never_returns,
                a_delete_takes_the_right_version,
                a_delete_of_an_old_version_conflicts,
                a_delete_of_an_absent_record_conflicts,
                names_of_full_length_are_kept,
                names_of_dots_alone_are_kept,
            ],
            batches: [
                nothing_to_write_is_written,
                a_hundred_writes_are_one,
                more_than_a_hundred_writes_are_refused,
                two_writes_about_one_key_are_refused,
                a_batch_of_all_kinds_is_written,
                a_batch_that_fails_first_writes_nothing,
                a_batch_that_fails_in_the_middle_writes_nothing,
                a_batch_that_fails_last_writes_nothing,
                each_kind_of_failure_undoes_the_batch,
                the_first_of_several_failures_is_named,
            ],
            partitions: [
                partitions_of_one_name_on_two_shelves_are_apart,
                partitions_of_two_names_on_one_shelf_are_apart,
                names_that_begin_alike_are_apart,
                names_that_differ_in_letter_case_are_apart,
            ],
            ranges: [
                a_range_of_nothing_is_empty,
                a_range_begins_at_its_start_and_ends_before_its_end,
                a_range_backwards_is_empty,
                a_range_holds_no_more_than_its_limit,
                a_range_is_in_byte_order,
                keys_in_another_letter_case_are_others,
                a_range_below_a_key_holds_what_begins_with_it,
                fifteen_hundred_records_come_in_full,
                a_range_in_the_middle_of_many,
                a_range_gives_whole_records,
            ],
            bodies: [
                any_text_comes_back,
                large_bodies_come_back,
                a_larger_body_is_refused,
                numbers_come_back_exactly,
                any_json_is_a_body,
            ],
            races: [
                racing_increments_all_count,
                racing_inserts_have_one_winner,
                racing_sends_leave_no_gap,
                a_write_is_seen_by_reads_that_follow,
            ]
        );
    };
    ($open:path, $gaps:expr; $($module:ident: [$($case:ident),+ $(,)?]),+) => {$($(
        #[tokio::test]
        async fn $case() {
            const GAPS: &[&str] = &$gaps;
            let store = $open().await;

            let case = async move { crate::store::contract::$module::$case(&*store).await };
            match GAPS.contains(&stringify!($case)) {
                true => assert!(tokio::spawn(case).await.is_err(), "that is no gap any more"),
                false => case.await,
            }
        }
    )+)+};
}

pub(crate) use store_contract;
