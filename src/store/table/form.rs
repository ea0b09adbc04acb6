//! Tables, and the note that says which form they have, made when they are first needed.

use http::StatusCode;
use serde::Deserialize;

use super::{TableStore, client, found, schema, unreadable};
use crate::azure::storage_account::Deadline;
use crate::store::StoreError;

impl TableStore {
    /// The first call of a process asks for the tables' form, and notes it where there is none.
    pub(super) async fn ready(&self, deadline: Deadline) -> Result<(), StoreError> {
        let settled = self.ours.get_or_try_init(|| self.settle_form(deadline));
        deadline.limits(settled).await??;
        Ok(())
    }

    async fn settle_form(&self, deadline: Deadline) -> Result<(), StoreError> {
        if self.form_is_noted(deadline).await? {
            return Ok(());
        }
        let settings = schema::table(schema::SCHEMA_SHELF);
        self.create_table(settings, deadline).await?;
        let answer = self
            .service
            .call(&client::insert_schema(), deadline)
            .await?;
        // Another instance may have been faster, and may be a newer one.
        if answer.status.is_success() || self.form_is_noted(deadline).await? {
            return Ok(());
        }
        Err(StoreError::Refused(answer.summary()))
    }

    pub(super) async fn form_is_noted(&self, deadline: Deadline) -> Result<bool, StoreError> {
        #[derive(Deserialize)]
        struct Noted {
            #[serde(rename = "Version")]
            version: u32,
        }
        let answer = self
            .service
            .call(&client::schema_record(), deadline)
            .await?;
        let Some(answer) = found(answer)? else {
            return Ok(false);
        };
        match serde_json::from_slice::<Noted>(&answer.body) {
            Ok(noted) if noted.version <= schema::SCHEMA => Ok(true),
            Ok(noted) => Err(StoreError::Refused(format!(
                "its tables have form {} and this version knows only up to {}: a newer \
                 Switchboard has used them",
                noted.version,
                schema::SCHEMA
            ))),
            Err(_) => Err(unreadable()),
        }
    }

    pub(super) async fn create_table(
        &self,
        name: &str,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let answer = self
            .service
            .call(&client::create_table(name), deadline)
            .await?;
        let is_there = answer.is(StatusCode::CONFLICT, "TableAlreadyExists");
        if answer.status.is_success() || is_there {
            return Ok(());
        }
        if answer.is(StatusCode::CONFLICT, "TableBeingDeleted") {
            let deleted = "somebody deletes its tables; they can be made again in a minute";
            return Err(StoreError::Refused(deleted.to_owned()));
        }
        Err(StoreError::Refused(answer.summary()))
    }
}
