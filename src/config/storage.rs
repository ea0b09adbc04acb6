//! The storage account that the Functions app has anyway.

use super::settings::Settings;
use crate::storage_account::StorageAccount;

/// `AzureWebJobsStorage`, as a connection string or in its identity form.
pub(super) fn read(_settings: &mut Settings<'_>) -> Option<StorageAccount> {
    None
}
