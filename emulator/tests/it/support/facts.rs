//! Tables of facts.

/// Defines a test for each row of a table: the name states the fact, the rest goes to the check.
macro_rules! facts {
    ($check:path; $($fact:ident: $($given:expr),+;)+) => {$(
        #[tokio::test]
        async fn $fact() {
            $check($($given),+).await;
        }
    )+};
}

pub(crate) use facts;
