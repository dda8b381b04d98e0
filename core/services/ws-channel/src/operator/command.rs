//! A command of the operator, as sent to a running service.

use std::path::PathBuf;

use bankchannel_storage::ws_channel::{AuditFilter, SchemaUse};
use serde::{Deserialize, Serialize};

use super::types::NewApiKey;

/// The operator's commands.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command", content = "with")]
pub(crate) enum OperatorCommand {
    Keys,
    CreateKey(NewApiKey),
    SetEnabled { api_key: String, on: bool },
    SetTransfer { api_key: String, on: bool },
    SetWaiver { api_key: String, on: bool },
    SetEntitlement { api_key: String, product: String, state: String },
    Invite { api_key: String, email: String },
    Audit(AuditFilter),
    VerifyAudit,
    Backup { target: PathBuf },
    Certificates,
    RenewCertificate { email: String, bank: String },
    ResumeCertificate { email: String, bank: String },
    DiscardCertificate { email: String, bank: String },
    Codes,
    ReleaseCodes { bank: String, ws_user_id: String },
    AllowUserId { email: String, bank: String, ws_user_id: String },
    WithdrawUserId { email: String, bank: String, ws_user_id: String },
    Uploads { state: String },
    SettleUpload { id: String, state: String, reason: String },
}

impl OperatorCommand {
    /// The command's access to the data: a listing or a backup changes nothing, also not the tables of an older
    /// version.
    pub(super) fn tables(&self) -> SchemaUse {
        match self {
            Self::Keys
            | Self::Audit(_)
            | Self::VerifyAudit
            | Self::Backup { .. }
            | Self::Certificates
            | Self::Codes
            | Self::Uploads { .. } => SchemaUse::Read,
            Self::CreateKey(_)
            | Self::SetEnabled { .. }
            | Self::SetTransfer { .. }
            | Self::SetWaiver { .. }
            | Self::SetEntitlement { .. }
            | Self::Invite { .. }
            | Self::RenewCertificate { .. }
            | Self::ResumeCertificate { .. }
            | Self::DiscardCertificate { .. }
            | Self::ReleaseCodes { .. }
            | Self::AllowUserId { .. }
            | Self::WithdrawUserId { .. }
            | Self::SettleUpload { .. } => SchemaUse::Create,
        }
    }
}
