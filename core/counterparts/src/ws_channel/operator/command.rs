//! A command of the operator, as it travels to a running service.

use std::path::PathBuf;

use bankchannel_storage::AuditFilter;
use serde::{Deserialize, Serialize};

use super::types::NewKey;

/// What the operator wants.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command", content = "with")]
pub(crate) enum Command {
    Keys,
    CreateKey(NewKey),
    SetEnabled { api_key: String, on: bool },
    SetTransfer { api_key: String, on: bool },
    SetWaiver { api_key: String, on: bool },
    SetEntitlement { api_key: String, product: String, state: String },
    Invite { api_key: String, email: String },
    Audit(AuditQuery),
    VerifyAudit,
    Backup { target: PathBuf },
}

/// Which audit records to read: the store's filter, which does not travel itself.
#[derive(Serialize, Deserialize)]
pub(crate) struct AuditQuery {
    after_seq: i64,
    from: Option<i64>,
    until: Option<i64>,
    api_key: Option<String>,
    email: Option<String>,
    operation: Option<String>,
    outcome: Option<String>,
    limit: i64,
}

impl From<AuditFilter> for AuditQuery {
    fn from(filter: AuditFilter) -> Self {
        let AuditFilter { after_seq, from, until, api_key, email, operation, outcome, limit } = filter;
        Self { after_seq, from, until, api_key, email, operation, outcome, limit }
    }
}

impl From<AuditQuery> for AuditFilter {
    fn from(query: AuditQuery) -> Self {
        let AuditQuery { after_seq, from, until, api_key, email, operation, outcome, limit } = query;
        Self { after_seq, from, until, api_key, email, operation, outcome, limit }
    }
}
