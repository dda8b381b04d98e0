//! The operator's interface to a service: the commands other than `serve`.
//!
//! ```text
//!   Operator ─┬─ no service runs on the data folder: opens the store itself ──┐
//!             └─ a service runs on it: asks through DATA/admin.sock ──────────┴─► AdminApi: one function per command
//! ```
//!
//! With PostgreSQL the database is used directly, whether or not a service runs. A command never brings the tables up to
//! date: the instances that are running may be of the former version. A command that only looks opens the data so that
//! the database itself refuses every change.

mod api;
mod backup;
mod certificates;
mod check;
mod codes;
mod command;
mod restore;
mod socket;
mod types;
mod uploads;

use std::path::{Path, PathBuf};

use bankchannel_foundation::{Error, Result};
use bankchannel_storage::ws_channel::AuditFilter;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    config::ServiceConfig,
    data::{open_store, unusable},
    options::ServiceOptions,
    running,
};
use command::OperatorCommand;

pub use backup::{BackupSummary, RestoredCertificate};
pub use bankchannel_server::counterpart::ServerFinding;
pub use check::check;
pub use restore::restore;
pub use types::{
    ApiKeyInfo, AuditCheck, AuditLine, CertificateInfo, CertificateListing, EntitlementInfo, GuardedUserIdInfo,
    NewApiKey, SentCodeInfo, UploadInfo,
};
pub use uploads::LISTED_UPLOADS_MAX;

pub(crate) use api::AdminApi;
pub(crate) use socket::AdminSocket;

/// The product name of the simulator's entitlement (docs/protocols/ws-channel.md §4).
pub const SIMULATOR_PRODUCT: &str = "bank-simulator";

/// Access to a service's data for its operator.
pub struct ServiceOperator {
    config: ServiceConfig,
    data: PathBuf,
}

impl ServiceOperator {
    /// Takes the data folder or database that the options name. Each command opens it for itself; if a service runs on
    /// the folder, that service is asked instead.
    ///
    /// # Errors
    /// `configuration.invalid`, or `resource.storage` for a folder that is not there. Every command returns
    /// `resource.storage` too: the data is damaged, absent or of an older version, or another process has it open.
    pub fn from_options(options: &ServiceOptions) -> Result<Self> {
        let listen = running::address(options)?;
        let config = ServiceConfig::load(options, listen.ip().is_loopback())?;
        let given = options
            .data
            .as_deref()
            .ok_or_else(|| Error::invalid_setting("data", "names the service's data folder: give it"))?;
        let data = Path::new(given).canonicalize().map_err(|why| unusable(Path::new(given), &why))?;
        Ok(Self { config, data })
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn keys(&self) -> Result<Vec<ApiKeyInfo>> {
        self.run(OperatorCommand::Keys).await
    }

    /// Creates a key.
    ///
    /// # Errors
    /// `input.invalid_field` for an invalid key or address, or a key that exists; `resource.storage`.
    pub async fn create_key(&self, new: NewApiKey) -> Result<ApiKeyInfo> {
        self.run(OperatorCommand::CreateKey(new)).await
    }

    /// Enables or disables a key. The sessions of a disabled key are refused.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key; `resource.storage`.
    pub async fn set_enabled(&self, api_key: &str, on: bool) -> Result<ApiKeyInfo> {
        self.run(OperatorCommand::SetEnabled { api_key: api_key.into(), on }).await
    }

    /// Allows or forbids a key to transfer files.
    ///
    /// # Errors
    /// As [`set_enabled`](Self::set_enabled).
    pub async fn set_transfer(&self, api_key: &str, on: bool) -> Result<ApiKeyInfo> {
        self.run(OperatorCommand::SetTransfer { api_key: api_key.into(), on }).await
    }

    /// Sets whether the new users of a key need no verification.
    ///
    /// # Errors
    /// As [`set_enabled`](Self::set_enabled).
    pub async fn set_waiver(&self, api_key: &str, on: bool) -> Result<ApiKeyInfo> {
        self.run(OperatorCommand::SetWaiver { api_key: api_key.into(), on }).await
    }

    /// Grants (`active`), suspends (`suspended`) or removes (`missing`) an entitlement.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key or state; `resource.storage`.
    pub async fn set_entitlement(&self, api_key: &str, product: &str, state: &str) -> Result<ApiKeyInfo> {
        let (api_key, product, state) = (api_key.into(), product.into(), state.into());
        self.run(OperatorCommand::SetEntitlement { api_key, product, state }).await
    }

    /// Invites an address to register under a key, for services that need it (`registration_requires_invite`).
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key or an invalid address; `resource.storage`.
    pub async fn invite(&self, api_key: &str, email: &str) -> Result<ApiKeyInfo> {
        self.run(OperatorCommand::Invite { api_key: api_key.into(), email: email.into() }).await
    }

    /// Reads the audit trail.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn audit(&self, filter: AuditFilter) -> Result<Vec<AuditLine>> {
        self.run(OperatorCommand::Audit(filter)).await
    }

    /// Recomputes the audit trail's chain.
    ///
    /// # Errors
    /// `resource.storage`; a broken chain is a result, not an error.
    pub async fn verify_audit(&self) -> Result<AuditCheck> {
        self.run(OperatorCommand::VerifyAudit).await
    }

    /// Copies database, content files and keys into a folder that is absent or empty.
    ///
    /// # Errors
    /// `resource.storage`; `not_supported` with PostgreSQL.
    pub async fn backup(&self, target: &Path) -> Result<BackupSummary> {
        // The service may have another working directory.
        let target = std::path::absolute(target).map_err(|why| unusable(target, &why))?;
        self.run(OperatorCommand::Backup { target }).await
    }

    /// Every certificate at a bank: its state, the next step, what only a person can do.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn certificates(&self) -> Result<CertificateListing> {
        self.run(OperatorCommand::Certificates).await
    }

    /// Has a certificate renewed now, although it is not due: the service does it within seconds. A renewal that is under
    /// way and waits for its next attempt goes on at once.
    ///
    /// # Errors
    /// `input.invalid_field` for an account without such a certificate, or one that cannot be renewed; `peer.unavailable`
    /// while it is being worked on; `resource.storage`.
    pub async fn renew_certificate(&self, email: &str, bank: &str) -> Result<CertificateInfo> {
        self.run(OperatorCommand::RenewCertificate { email: email.into(), bank: bank.into() }).await
    }

    /// Goes on at once with a renewal that has stopped, because a person has acted, or that waits for its next attempt. A
    /// first certificate is refused: only its customer goes on with that, with the bank's code.
    ///
    /// # Errors
    /// As [`renew_certificate`](Self::renew_certificate).
    pub async fn resume_certificate(&self, email: &str, bank: &str) -> Result<CertificateInfo> {
        self.run(OperatorCommand::ResumeCertificate { email: email.into(), bank: bank.into() }).await
    }

    /// Gives up a request for a certificate that is under way, because the bank has said that it will not come to an end.
    /// Its key stays as long as the certificate set.
    ///
    /// # Errors
    /// As [`renew_certificate`](Self::renew_certificate).
    pub async fn discard_certificate(&self, email: &str, bank: &str) -> Result<CertificateInfo> {
        self.run(OperatorCommand::DiscardCertificate { email: email.into(), bank: bank.into() }).await
    }

    /// The user ids for which codes were sent that were not right, or for which accounts are named.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn codes(&self) -> Result<Vec<GuardedUserIdInfo>> {
        self.run(OperatorCommand::Codes).await
    }

    /// Forgets the codes that were counted for a user id, because the bank has sent a new one or says that it is not locked:
    /// as many as at first may be sent again.
    ///
    /// # Errors
    /// `input.invalid_field` for a user id for which none is counted; `resource.storage`.
    pub async fn release_codes(&self, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        self.run(OperatorCommand::ReleaseCodes { bank: bank.into(), ws_user_id: ws_user_id.into() }).await
    }

    /// Names an account that may send codes for a user id, also where another one has a certificate for it. As long as
    /// accounts are named for a user id, no other may send codes for it.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown account or bank; `resource.storage`.
    pub async fn allow_user_id(&self, email: &str, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let (email, bank, ws_user_id) = (email.into(), bank.into(), ws_user_id.into());
        self.run(OperatorCommand::AllowUserId { email, bank, ws_user_id }).await
    }

    /// Takes [`allow_user_id`](Self::allow_user_id) back.
    ///
    /// # Errors
    /// `input.invalid_field` for an account that is not named; `resource.storage`.
    pub async fn withdraw_user_id(&self, email: &str, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let (email, bank, ws_user_id) = (email.into(), bank.into(), ws_user_id.into());
        self.run(OperatorCommand::WithdrawUserId { email, bank, ws_user_id }).await
    }

    /// The uploads in a state (`received`, `accepted`, `failed`, `unknown`), oldest first, at most
    /// [`LISTED_UPLOADS_MAX`].
    ///
    /// # Errors
    /// `input.invalid_field` for another state; `resource.storage`.
    pub async fn uploads(&self, state: &str) -> Result<Vec<UploadInfo>> {
        self.run(OperatorCommand::Uploads { state: state.into() }).await
    }

    /// Settles an upload whose outcome is unknown, as you have learnt from the bank: `accepted` or `failed`; the customer is
    /// told the reason. With `send_anyway` it stays unknown, and its customer may send the same bytes once more. The reason is
    /// recorded.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown id, another state, or an upload whose outcome is known; `resource.storage`.
    pub async fn settle_upload(&self, id: &str, state: &str, reason: &str) -> Result<UploadInfo> {
        let (id, state, reason) = (id.into(), state.into(), reason.into());
        self.run(OperatorCommand::SettleUpload { id, state, reason }).await
    }

    async fn run<T: DeserializeOwned>(&self, command: OperatorCommand) -> Result<T> {
        let done = self.carried_out(command).await?;
        serde_json::from_value(done).map_err(Error::internal)
    }

    /// Compiled once, not per kind of result.
    fn carried_out(&self, command: OperatorCommand) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move {
            if let Some(socket) = socket::of_running(&self.data).await {
                return socket::ask(&socket, &command).await;
            }
            let store = open_store(&self.config, &self.data, command.tables()).await?;
            let api = AdminApi::new(store, self.config.clone(), self.data.clone());
            let done = api.carry_out(command).await;
            api.close().await;
            done
        })
    }
}
