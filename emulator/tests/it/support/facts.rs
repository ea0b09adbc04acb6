//! Tables of facts.

/// One test for each row of a table: the row's name is the fact, the rest is handed to the check.
macro_rules! facts {
    ($check:path; $($fact:ident: $($given:expr),+;)+) => {$(
        #[tokio::test]
        async fn $fact() {
            $check($($given),+).await;
        }
    )+};
}

pub(crate) use facts;
