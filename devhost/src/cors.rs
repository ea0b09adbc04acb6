//! CORS as the host does it, before any function is called.

use crate::app::{App, CorsSettings, Plan};
use crate::http::{Fields, Reply, ReplyBody};

/// Answers preflights and adds CORS headers in place of the functions.
#[derive(Debug)]
pub(crate) struct Cors(CorsSettings);

impl Cors {
    /// Flex and Linux Consumption always have it, even if no origin is listed.
    pub(crate) fn of(app: &App) -> Option<Self> {
        match (&app.options.cors, app.options.plan) {
            (Some(settings), _) => Some(Self(settings.clone())),
            (None, Plan::Func) => None,
            (None, Plan::Flex) => {
                let list = app.settings.get("CORS_ALLOWED_ORIGINS").unwrap_or_default();
                Some(Self(CorsSettings {
                    origins: serde_json::from_str(&list).unwrap_or_default(),
                    credentials: app.settings.is_true("CORS_SUPPORT_CREDENTIALS"),
                }))
            }
        }
    }

    /// A preflight never reaches a function, even if the origin is not listed.
    pub(crate) fn preflight(&self, fields: &Fields, method: &[u8]) -> Option<Reply> {
        if !is_preflight(fields, method) {
            return None;
        }
        let mut reply = Reply::new(204, ReplyBody::Absent);
        self.allow(&mut reply.fields, fields.text("Origin"));
        if reply.fields.contains("Access-Control-Allow-Origin") {
            for (requested, allowed) in [
                (
                    "Access-Control-Request-Headers",
                    "Access-Control-Allow-Headers",
                ),
                (
                    "Access-Control-Request-Method",
                    "Access-Control-Allow-Methods",
                ),
            ] {
                if let Some(value) = fields.get(requested).filter(|value| value.is_ascii()) {
                    reply.fields.push(allowed, value.clone());
                }
            }
        }
        Some(reply)
    }

    /// For a listed origin, replaces the handler's CORS headers. For any other origin the
    /// handler's headers stay, whatever they allow.
    pub(crate) fn decorate(&self, fields: &mut Fields, origin: Option<&str>, method: &[u8]) {
        let preflight_done = method.eq_ignore_ascii_case(b"OPTIONS")
            && fields.contains("Access-Control-Allow-Methods");
        if !preflight_done {
            self.allow(fields, origin);
        }
    }

    fn allow(&self, fields: &mut Fields, origin: Option<&str>) {
        let Some(origin) = origin else { return };
        let any = self.0.origins.iter().any(|listed| listed == "*");
        if !any
            && !self
                .0
                .origins
                .iter()
                .any(|listed| listed.eq_ignore_ascii_case(origin))
        {
            return;
        }
        fields.remove("Access-Control-Allow-Origin");
        fields.remove("Access-Control-Allow-Credentials");
        if self.0.credentials && !any {
            fields.push("Access-Control-Allow-Credentials", "true");
        }
        let allowed = if any {
            "*".to_owned()
        } else {
            origin.to_owned()
        };
        fields.push("Access-Control-Allow-Origin", allowed);
        if !any && self.0.origins.len() > 1 {
            fields.push("Vary", "Origin");
        }
    }
}

fn is_preflight(fields: &Fields, method: &[u8]) -> bool {
    method.eq_ignore_ascii_case(b"OPTIONS")
        && fields.contains("Origin")
        && fields.contains("Access-Control-Request-Method")
}
