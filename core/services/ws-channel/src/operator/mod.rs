//! The operator's interface to a service: the commands other than `serve`.
//!
//! ```text
//!   carry_out, ─┬─ no service runs on the data folder: opens the store itself ──┐
//!   operator    └─ a service runs on it: asks through DATA/admin.sock ──────────┴─► AdminApi: one function per command
//! ```
//!
//! A command is an operation of the class "operator's command": its documentation, types, form on the command line and handler
//! stand in the file of its subject ([`OPERATOR_COMMANDS`] lists the subjects).
//!
//! With PostgreSQL the database is used directly, whether or not a service runs. No command but `migrate` brings the tables up
//! to date: the instances that are running may be of the former version. A command that only looks opens the data so that
//! the database itself refuses every change.

mod account_info;
mod accounts;
mod api;
mod audit;
mod backup;
mod banks;
mod certificates;
mod check;
mod codes;
mod key_names;
mod keys;
mod migrate;
mod restore;
mod socket;
mod uploads;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Representation, Writer, read_boundary},
    operation::{DataAccess, OperatorOption, OptionForm},
};
use bankchannel_server::{
    hosted::HostedOperation,
    operator::{ThisProcess, read_answer},
    orders::PlainOrder,
    private,
};
use bankchannel_storage::ws_channel::{AuditFilter, SchemaUse};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    config::ServiceConfig,
    data::{look_before_migrating, open_store, unusable},
    options::ServiceOptions,
    running,
    serving::{self, ServingFile},
};
use accounts::{AccountAddress, AccountAfterOrder, AccountToDelete, AccountToDisable};
use audit::AuditQuery;
use backup::BackupOrder;
use banks::{BankToPause, BankToResume};
use certificates::{CertificateAtBank, OneCertificate};
use codes::{UserIdAtBank, UserIdOfAccount};
use keys::{ApiKeyChange, Invitation};

pub use account_info::{AccountDetails, AccountOverview, AccountTriesInfo, AccountUserInfo};
pub use accounts::AccountQuery;
pub use audit::{AuditCheck, AuditLine};
pub use backup::{BackupSummary, RestoredCertificate};
pub use bankchannel_server::{counterpart::ServerFinding, operator::CallableCommand};
pub use banks::OperatedBankInfo;
pub use certificates::{CertificateInfo, CertificateListing};
pub use check::check;
pub use codes::{GuardedUserIdInfo, SentCodeInfo};
pub use keys::{ApiKeyInfo, EntitlementInfo, NewApiKey};
pub use restore::restore;
pub use uploads::{LISTED_UPLOADS_MAX, UploadInfo};

pub(crate) use api::AdminApi;
pub(crate) use migrate::{at_start, command as migrate_command};
pub(crate) use socket::AdminSocket;

/// The operator's commands, by subject.
pub static OPERATOR_COMMANDS: &[&[CallableCommand]] = &[
    keys::KEY_COMMANDS,
    accounts::ACCOUNT_COMMANDS,
    banks::BANK_COMMANDS,
    audit::AUDIT_COMMANDS,
    backup::BACKUP_COMMANDS,
    backup::RESTORE_COMMANDS,
    migrate::MIGRATION_COMMANDS,
    certificates::CERTIFICATE_COMMANDS,
    codes::CODE_COMMANDS,
    uploads::UPLOAD_COMMANDS,
];

/// The option of an API key, as all commands have it.
const API_KEY_OPTION: OperatorOption =
    OperatorOption { aliases: &["api-key"], ..OperatorOption::named("api_key", "apikey") };

/// The product name of the simulator's entitlement (docs/protocols/ws-channel.md §4).
pub const SIMULATOR_PRODUCT: &str = "bank-simulator";

/// Carries out a command on the data folder or database that the options name.
///
/// # Errors
/// Those of [`ServiceOperator::from_options`], `input.*`, and the errors of the command.
pub async fn carry_out(options: &ServiceOptions, command: &'static CallableCommand, request: Value) -> Result<Value> {
    match command.form.access {
        DataAccess::None => command.carry_out(Arc::new(ThisProcess), request).await,
        DataAccess::Read | DataAccess::Change | DataAccess::Migrate => {
            ServiceOperator::from_options(options)?.carried_out(command, request).await
        }
    }
}

/// Access to a service's data for its operator.
pub struct ServiceOperator {
    config: ServiceConfig,
    /// Absent with PostgreSQL, if it is not given.
    data: Option<PathBuf>,
}

impl ServiceOperator {
    /// Takes the data folder or database that the options name. Without a configuration file, the service's own is taken, of
    /// which it has made a note in the folder. Each command opens the data for itself; if a service runs on the folder, that
    /// service is asked instead.
    ///
    /// # Errors
    /// `configuration.invalid`, or `resource.storage` for a folder that is not there. Every command returns
    /// `resource.storage` too: the data is damaged, absent or of an older version, or another process has it open.
    pub fn from_options(options: &ServiceOptions) -> Result<Self> {
        let listen = running::address(options)?;
        let Some(given) = options.data.as_deref() else {
            let config = ServiceConfig::load(options, listen.ip().is_loopback())?;
            if config.postgres_url.is_some() {
                return Ok(Self { config, data: None });
            }
            return Err(Error::invalid_setting("data", "names the service's data folder: give it"));
        };
        let data = private::plain_canonical(Path::new(given)).map_err(|why| unusable(Path::new(given), &why))?;
        let serving = ServingFile::read(&data)?;
        let options = serving::completed(serving.as_ref(), options, &data)?;
        let config = ServiceConfig::load(&options, listen.ip().is_loopback())?;
        serving::expect(serving.as_ref(), &config, &data)?;
        Ok(Self { config, data: Some(data) })
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn keys(&self) -> Result<Vec<ApiKeyInfo>> {
        Ok(self.run::<keys::ListApiKeys>(PlainOrder).await?.keys)
    }

    /// Creates a key.
    ///
    /// # Errors
    /// `input.invalid_field` for an invalid key or address, or a key that exists; `resource.storage`.
    pub async fn create_key(&self, new: NewApiKey) -> Result<ApiKeyInfo> {
        Ok(self.run::<keys::CreateApiKey>(new).await?.key)
    }

    /// Enables or disables a key. The sessions of a disabled key are refused.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key; `resource.storage`.
    pub async fn set_enabled(&self, api_key: &str, on: bool) -> Result<ApiKeyInfo> {
        self.change_key(ApiKeyChange { api_key: api_key.into(), enabled: Some(on), ..ApiKeyChange::default() }).await
    }

    /// Allows or forbids a key to transfer files.
    ///
    /// # Errors
    /// As [`set_enabled`](Self::set_enabled).
    pub async fn set_transfer(&self, api_key: &str, on: bool) -> Result<ApiKeyInfo> {
        self.change_key(ApiKeyChange { api_key: api_key.into(), transfer: Some(on), ..ApiKeyChange::default() }).await
    }

    /// Sets whether the new users of a key need no verification.
    ///
    /// # Errors
    /// As [`set_enabled`](Self::set_enabled).
    pub async fn set_waiver(&self, api_key: &str, on: bool) -> Result<ApiKeyInfo> {
        self.change_key(ApiKeyChange { api_key: api_key.into(), waiver: Some(on), ..ApiKeyChange::default() }).await
    }

    /// Grants (`active`), suspends (`suspended`) or removes (`missing`) an entitlement.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key or state; `resource.storage`.
    pub async fn set_entitlement(&self, api_key: &str, product: &str, state: &str) -> Result<ApiKeyInfo> {
        let request = json!({ "api_key": api_key, "product": product, "state": state });
        Ok(self.run::<keys::SetEntitlement>(read_boundary(request)?).await?.key)
    }

    /// Invites an address to register under a key, for services that need it (`registration_requires_invite`).
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown key or an invalid address; `resource.storage`.
    pub async fn invite(&self, api_key: &str, email: &str) -> Result<ApiKeyInfo> {
        Ok(self.run::<keys::InviteAddress>(Invitation { api_key: api_key.into(), email: email.into() }).await?.key)
    }

    /// A page of accounts, by address: the next one is [`after`](AccountQuery::after) the last address.
    ///
    /// # Errors
    /// `input.invalid_field` for a limit out of bounds; `resource.storage`.
    pub async fn accounts(&self, query: AccountQuery) -> Result<Vec<AccountOverview>> {
        Ok(self.run::<accounts::ListOperatedAccounts>(query).await?.accounts)
    }

    /// An address: its users, sessions and locks. It need not be registered.
    ///
    /// # Errors
    /// `input.invalid_field` for an address of which nothing is known; `resource.storage`.
    pub async fn account(&self, email: &str) -> Result<AccountDetails> {
        Ok(self.run::<accounts::ShowAccount>(AccountAddress { email: email.into() }).await?.account)
    }

    /// Forgets the wrong passwords and codes of an address, which ends its locks. It need not be registered.
    ///
    /// # Errors
    /// `input.invalid_field` for an address for which nothing is counted; `resource.storage`.
    pub async fn unlock_account(&self, email: &str) -> Result<AccountDetails> {
        self.change_account::<accounts::UnlockAccount>(AccountAddress { email: email.into() }).await
    }

    /// Ends all sessions of an account, and every login that has begun.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown account; `resource.storage`.
    pub async fn end_account_sessions(&self, email: &str) -> Result<AccountDetails> {
        self.change_account::<accounts::EndAccountSessions>(AccountAddress { email: email.into() }).await
    }

    /// Removes the authenticator of an account, and ends all its sessions: codes come by SMS again.
    ///
    /// # Errors
    /// As [`end_account_sessions`](Self::end_account_sessions).
    pub async fn reset_account_mfa(&self, email: &str) -> Result<AccountDetails> {
        self.change_account::<accounts::ResetAccountMfa>(AccountAddress { email: email.into() }).await
    }

    /// Keeps an account out, for this reason: no login, no call, no upload, no code.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown account, one that is disabled, or a reason that says nothing;
    /// `resource.storage`.
    pub async fn disable_account(&self, email: &str, reason: &str) -> Result<AccountDetails> {
        let order = AccountToDisable { email: email.into(), reason: reason.into() };
        self.change_account::<accounts::DisableAccount>(order).await
    }

    /// Lets an account in again.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown account, or one that is not disabled; `resource.storage`.
    pub async fn enable_account(&self, email: &str) -> Result<AccountDetails> {
        self.change_account::<accounts::EnableAccount>(AccountAddress { email: email.into() }).await
    }

    /// Erases an account with all its data. The audit trail stays.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown account, or the owner of an API key; `resource.storage`.
    pub async fn delete_account(&self, email: &str) -> Result<AccountDetails> {
        let order = AccountToDelete { email: email.into(), confirm: email.into() };
        self.change_account::<accounts::DeleteOperatedAccount>(order).await
    }

    /// The banks of the service, and those that are paused.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn banks(&self) -> Result<Vec<OperatedBankInfo>> {
        Ok(self.run::<banks::ListOperatedBanks>(PlainOrder).await?.banks)
    }

    /// Lets no upload go to a bank: it is refused with this reason before anything of it is sent. Uploads that the service
    /// has taken go on.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown bank, one that is paused, or a reason that says nothing; `resource.storage`.
    pub async fn pause_bank(&self, bank: &str, reason: &str, by: Option<&str>) -> Result<OperatedBankInfo> {
        let order = BankToPause { bank: bank.into(), reason: reason.into(), by: by.map(Into::into) };
        Ok(self.run::<banks::PauseBank>(order).await?.bank)
    }

    /// Lets uploads go to a bank again.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown bank, or one that is not paused; `resource.storage`.
    pub async fn resume_bank(&self, bank: &str) -> Result<OperatedBankInfo> {
        Ok(self.run::<banks::ResumeBank>(BankToResume { bank: bank.into() }).await?.bank)
    }

    /// Reads the audit trail.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn audit(&self, filter: AuditFilter) -> Result<Vec<AuditLine>> {
        Ok(self.run::<audit::ReadAudit>(AuditQuery::of(filter)).await?.records)
    }

    /// Recomputes the audit trail's chain.
    ///
    /// # Errors
    /// `resource.storage`; a broken chain is a result, not an error.
    pub async fn verify_audit(&self) -> Result<AuditCheck> {
        Ok(self.run::<audit::VerifyAudit>(PlainOrder).await?.audit)
    }

    /// Copies database, content files and keys into a folder that is absent or empty.
    ///
    /// # Errors
    /// `resource.storage`; `not_supported` with PostgreSQL.
    pub async fn backup(&self, target: &Path) -> Result<BackupSummary> {
        let not_text = || Error::invalid_field("target", "is not UTF-8");
        let target = target.to_str().ok_or_else(not_text)?.to_owned();
        Ok(self.run::<backup::BackUp>(BackupOrder { target }).await?.copied.into())
    }

    /// Every certificate at a bank: its state, the next step, what only a person can do.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn certificates(&self) -> Result<CertificateListing> {
        self.run::<certificates::ListCertificates>(PlainOrder).await
    }

    /// Has a certificate renewed now, although it is not due: the service does it within seconds. A renewal that is under
    /// way and waits for its next attempt goes on at once.
    ///
    /// # Errors
    /// `input.invalid_field` for an account without such a certificate, or one that cannot be renewed; `peer.unavailable`
    /// while it is being worked on; `resource.storage`.
    pub async fn renew_certificate(&self, email: &str, bank: &str) -> Result<CertificateInfo> {
        self.change_certificate::<certificates::RenewCertificate>(email, bank).await
    }

    /// Goes on at once with a renewal that has stopped, because a person has acted, or that waits for its next attempt. A
    /// first certificate is refused: only its customer goes on with that, with the bank's code.
    ///
    /// # Errors
    /// As [`renew_certificate`](Self::renew_certificate).
    pub async fn resume_certificate(&self, email: &str, bank: &str) -> Result<CertificateInfo> {
        self.change_certificate::<certificates::ResumeCertificate>(email, bank).await
    }

    /// Gives up a request for a certificate that is under way, because the bank has said that it will not come to an end.
    /// Its key stays as long as the certificate set.
    ///
    /// # Errors
    /// As [`renew_certificate`](Self::renew_certificate).
    pub async fn discard_certificate(&self, email: &str, bank: &str) -> Result<CertificateInfo> {
        self.change_certificate::<certificates::DiscardCertificate>(email, bank).await
    }

    /// The user ids for which codes were sent that were not right, or for which accounts are named.
    ///
    /// # Errors
    /// `resource.storage`.
    pub async fn codes(&self) -> Result<Vec<GuardedUserIdInfo>> {
        Ok(self.run::<codes::ListCodes>(PlainOrder).await?.user_ids)
    }

    /// Forgets the codes that were counted for a user id, because the bank has sent a new one or says that it is not locked:
    /// as many as at first may be sent again.
    ///
    /// # Errors
    /// `input.invalid_field` for a user id for which none is counted; `resource.storage`.
    pub async fn release_codes(&self, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let of = UserIdAtBank { bank: bank.into(), ws_user_id: ws_user_id.into() };
        Ok(self.run::<codes::ReleaseCodes>(of).await?.user_id)
    }

    /// Names an account that may send codes for a user id, also where another one has a certificate for it. As long as
    /// accounts are named for a user id, no other may send codes for it.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown account or bank; `resource.storage`.
    pub async fn allow_user_id(&self, email: &str, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let of = UserIdOfAccount { bank: bank.into(), ws_user_id: ws_user_id.into(), email: email.into() };
        Ok(self.run::<codes::AllowUserId>(of).await?.user_id)
    }

    /// Takes [`allow_user_id`](Self::allow_user_id) back.
    ///
    /// # Errors
    /// `input.invalid_field` for an account that is not named; `resource.storage`.
    pub async fn withdraw_user_id(&self, email: &str, bank: &str, ws_user_id: &str) -> Result<GuardedUserIdInfo> {
        let of = UserIdOfAccount { bank: bank.into(), ws_user_id: ws_user_id.into(), email: email.into() };
        Ok(self.run::<codes::WithdrawUserId>(of).await?.user_id)
    }

    /// The uploads in a state (`received`, `accepted`, `failed`, `unknown`), oldest first, at most
    /// [`LISTED_UPLOADS_MAX`].
    ///
    /// # Errors
    /// `input.invalid_field` for another state; `resource.storage`.
    pub async fn uploads(&self, state: &str) -> Result<Vec<UploadInfo>> {
        let query = read_boundary(json!({ "state": state }))?;
        Ok(self.run::<uploads::ListUploads>(query).await?.uploads)
    }

    /// Settles an upload whose outcome is unknown, as you have learnt from the bank: `accepted` or `failed`; the customer is
    /// told the reason. With `send_anyway` it stays unknown, and its customer may send the same bytes once more. The reason is
    /// recorded.
    ///
    /// # Errors
    /// `input.invalid_field` for an unknown id, another state, or an upload whose outcome is known; `resource.storage`.
    pub async fn settle_upload(&self, id: &str, state: &str, reason: &str) -> Result<UploadInfo> {
        let settlement = read_boundary(json!({ "id": id, "state": state, "reason": reason }))?;
        Ok(self.run::<uploads::SettleUpload>(settlement).await?.upload)
    }

    async fn change_key(&self, change: ApiKeyChange) -> Result<ApiKeyInfo> {
        Ok(self.run::<keys::ChangeApiKey>(change).await?.key)
    }

    async fn change_account<O>(&self, order: O::Request) -> Result<AccountDetails>
    where
        O: HostedOperation<Response = AccountAfterOrder>,
    {
        Ok(self.run::<O>(order).await?.account)
    }

    async fn change_certificate<O>(&self, email: &str, bank: &str) -> Result<CertificateInfo>
    where
        O: HostedOperation<Request = CertificateAtBank, Response = OneCertificate>,
    {
        Ok(self.run::<O>(CertificateAtBank { email: email.into(), bank: bank.into() }).await?.certificate)
    }

    async fn run<O: HostedOperation>(&self, request: O::Request) -> Result<O::Response> {
        let command = CallableCommand::named(OPERATOR_COMMANDS, O::DECLARATION.name)?;
        let request = request.write(&mut Writer::new(Representation::Boundary));
        read_answer(self.carried_out(command, request.into()).await?)
    }

    /// Compiled once, not per command.
    fn carried_out(&self, command: &'static CallableCommand, mut request: Value) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async move {
            make_folders_absolute(command, &mut request)?;
            let schema = match command.form.access {
                DataAccess::Migrate => migrate::schema_use(&request)?,
                DataAccess::Read => SchemaUse::Read,
                DataAccess::Change | DataAccess::None => SchemaUse::Create,
            };
            if let Some(data) = &self.data
                && let Some(socket) = socket::of_running(data).await
            {
                if command.form.access == DataAccess::Migrate {
                    return Err(migrate::refused_beside(data));
                }
                return socket::ask(&socket, command, &request).await;
            }
            if schema == SchemaUse::Create {
                serving::expect_no_other(&self.config, self.data.as_ref()).await?;
            }
            if schema == SchemaUse::Migrate {
                look_before_migrating(&self.config, self.data.as_deref()).await?;
            }
            let folder = self.data.as_deref().unwrap_or(Path::new(""));
            let store = open_store(&self.config, folder, schema).await?;
            let api = AdminApi::new(store, self.config.clone(), self.data.clone());
            let done = command.carry_out(Arc::new(api.clone()), request).await;
            api.close().await;
            done
        })
    }
}

/// The service may have another working directory.
fn make_folders_absolute(command: &CallableCommand, request: &mut Value) -> Result<()> {
    for option in command.form.options.iter().filter(|option| option.form == OptionForm::Folder) {
        let Some(Value::String(folder)) = request.get_mut(option.field) else { continue };
        let whole = std::path::absolute(&*folder).map_err(|why| unusable(Path::new(folder), &why))?;
        let not_text = |_| Error::invalid_field(option.field, "is in a folder whose name is not UTF-8");
        *folder = whole.into_os_string().into_string().map_err(not_text)?;
    }
    Ok(())
}
