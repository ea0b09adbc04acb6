//! The `Auth` setting of a handler: whether events carry a managed identity's token.

use serde_json::{Value, json};

use super::error::ConfigError;
use super::section::Section;

/// The resource of a managed identity; `None` without one.
pub(super) fn resource(mut auth: Section) -> Result<Option<String>, ConfigError> {
    let kind = auth.text("Type")?.unwrap_or_default();
    let mut identity = auth.section("ManagedIdentity")?;
    let resource = match kind.to_ascii_lowercase().as_str() {
        "" | "none" => None,
        "managedidentity" => match &mut identity {
            Some(identity) => Some(identity.required_text("Resource")?),
            None => return Err(ConfigError::Missing(auth.child("ManagedIdentity:Resource"))),
        },
        _ => return Err(auth.wrong("Type", "None or ManagedIdentity")),
    };
    if let (Some(_), Some(identity)) = (&resource, identity) {
        identity.finish()?;
    }
    auth.finish()?;
    Ok(resource)
}

/// The setting as JSON.
pub(super) fn to_json(resource: Option<&str>) -> Value {
    match resource {
        Some(resource) => {
            json!({ "Type": "ManagedIdentity", "ManagedIdentity": { "Resource": resource } })
        }
        None => json!({ "Type": "None" }),
    }
}
