//! The store's contract, as cases that every backend runs.

pub(crate) mod batches;
pub(crate) mod bodies;
pub(crate) mod partitions;
pub(crate) mod races;
pub(crate) mod ranges;
pub(crate) mod records;

/// Declares one named test for each case. `$open` is an async function whose result derefs to a
/// `dyn Store` and keeps the backend alive while the test runs. A new case is added here and
/// nowhere else. `except` names the cases that this backend is known to fail. Each of them must
/// still fail; one that passes must be removed from the list.
macro_rules! store_contract {
    ($open:path) => {
        crate::store::store_contract!($open, except: []);
    };
    ($open:path, except: $gaps:expr) => {
        crate::store::store_contract!($open, $gaps;
            records: [
                the_store_answers,
                an_absent_record_is_none,
                an_inserted_record_can_be_read,
                an_insert_over_a_record_conflicts,
                a_replace_of_the_right_version_gives_a_new_one,
                a_replace_of_an_old_version_conflicts,
                a_replace_of_an_absent_record_conflicts,
                a_put_always_succeeds_and_gives_a_new_version,
                a_version_never_returns,
                a_delete_of_the_right_version_succeeds,
                a_delete_of_an_old_version_conflicts,
                a_delete_of_an_absent_record_conflicts,
                names_of_full_length_are_accepted,
                names_of_dots_alone_are_accepted,
            ],
            batches: [
                an_empty_batch_succeeds,
                a_hundred_writes_are_one_batch,
                more_than_a_hundred_writes_are_refused,
                two_writes_about_one_key_are_refused,
                a_batch_of_all_kinds_is_written,
                a_write_returns_the_versions_of_its_records,
                a_write_alone_returns_the_version_of_its_record,
                a_batch_that_fails_first_writes_nothing,
                a_batch_that_fails_in_the_middle_writes_nothing,
                a_batch_that_fails_last_writes_nothing,
                each_kind_of_failure_undoes_the_batch,
                the_first_of_several_failures_is_named,
            ],
            partitions: [
                partitions_of_one_name_in_two_collections_are_distinct,
                partitions_of_two_names_in_one_collection_are_distinct,
                names_with_a_common_prefix_are_distinct,
                names_that_differ_in_letter_case_are_distinct,
            ],
            ranges: [
                a_range_without_records_is_empty,
                a_range_includes_its_start_and_excludes_its_end,
                a_backward_range_is_empty,
                a_range_is_limited,
                a_range_is_in_byte_order,
                keys_that_differ_in_letter_case_are_distinct,
                a_prefix_range_holds_every_key_with_the_prefix,
                a_range_of_fifteen_hundred_records_is_complete,
                a_range_can_begin_in_the_middle_of_many_records,
                a_range_returns_whole_records,
            ],
            bodies: [
                any_text_is_preserved,
                large_bodies_are_preserved,
                a_larger_body_is_refused,
                numbers_are_preserved_exactly,
                any_json_is_accepted_as_a_body,
            ],
            races: [
                racing_increments_all_count,
                racing_inserts_have_one_winner,
                racing_sends_leave_no_gap,
                a_write_is_visible_to_later_reads,
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
                true => assert!(tokio::spawn(case).await.is_err(), "this case passes now: remove it from the exceptions"),
                false => case.await,
            }
        }
    )+)+};
}

pub(crate) use store_contract;
