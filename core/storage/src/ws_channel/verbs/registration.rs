//! Register (docs/protocols/ws-channel.md §2.2): the rules for taking an address, a key and a phone.

use super::account_orders::is_disabled;
use super::leftovers::{clear_bank, erase_account};
use super::lockouts::take;
use crate::engine::{Result, StoredRow, args, sql};
use crate::ws_channel::{
    CodePurpose, LockKey, QuotaState, RegisterOutcome, RegistrationKey, StoredMode, VerifiedRegistration,
    WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

/// Counter of registration and reset codes per phone; the handlers of InitPasswordReset use it too.
const PHONE_SCOPE: &str = "code.phone";

impl WsChannelStore {
    /// Creates a mode user, with its account (mode `admin`) and its tenant (key `0`), and stores the phone code.
    ///
    /// An unverified registration older than `overwrite_after` is replaced, with all its data, unless the account's
    /// data user is verified: then only the same key and phone may take the admin place. A disabled account is never replaced.
    pub fn register(&self, registration: VerifiedRegistration) -> BoxFuture<'_, Result<RegisterOutcome>> {
        self.write(registration, |tx, r| {
            Box::pin(async move {
                match r.mode {
                    StoredMode::Admin => register_admin(tx, r).await,
                    StoredMode::Data => register_data(tx, r).await,
                }
            })
        })
    }
}

async fn register_data(tx: &mut WsChannelTx, r: &VerifiedRegistration) -> Result<RegisterOutcome> {
    let (Some(account), Some(_)) =
        (find_account(tx, &r.email).await?, find_user(tx, &r.email, StoredMode::Admin).await?)
    else {
        return Ok(RegisterOutcome::AdminMissing);
    };
    let tenant = find_tenant(tx, &account.api_key).await?;
    let Some(tenant) = tenant.filter(|t| t.enabled && r.key == RegistrationKey::Existing(account.api_key.clone()))
    else {
        return Ok(RegisterOutcome::InvalidKey);
    };
    if r.phone != account.phone {
        return Ok(RegisterOutcome::PhoneMismatch);
    }
    let is_taken = find_user(tx, &r.email, StoredMode::Data).await?.is_some_and(|user| user.holds_its_place(r));
    if is_taken || is_disabled(tx, &r.email).await? {
        return Ok(RegisterOutcome::Exists);
    }
    let waived = tenant.waives_codes_of(&r.email);
    if !phone_has_room(tx, r, waived).await? {
        return Ok(RegisterOutcome::TooManyCodes);
    }
    remove_user(tx, &r.email, StoredMode::Data).await?;
    insert_user(tx, r, waived).await?;
    Ok(RegisterOutcome::Created { api_key: account.api_key, is_owner: tenant.is_owned_by(&r.email), active: waived })
}

async fn register_admin(tx: &mut WsChannelTx, r: &VerifiedRegistration) -> Result<RegisterOutcome> {
    let given = match &r.key {
        RegistrationKey::Mint { .. } => None,
        RegistrationKey::Existing(key) => match find_tenant(tx, key).await?.filter(|t| t.enabled) {
            None => return Ok(RegisterOutcome::InvalidKey),
            found => found,
        },
    };
    let is_taken = find_user(tx, &r.email, StoredMode::Admin).await?.is_some_and(|user| user.holds_its_place(r));
    if is_taken || is_disabled(tx, &r.email).await? {
        return Ok(RegisterOutcome::Exists);
    }
    let account = find_account(tx, &r.email).await?;
    let data_is_verified = find_user(tx, &r.email, StoredMode::Data).await?.is_some_and(|user| user.active);
    if let (true, Some(account)) = (data_is_verified, &account) {
        // The address is verified by its data user: a stranger with another key or phone cannot take it over.
        if r.key != RegistrationKey::Existing(account.api_key.clone()) || r.phone != account.phone {
            return Ok(RegisterOutcome::Exists);
        }
    }
    let waived = given.as_ref().is_some_and(|tenant| tenant.waives_codes_of(&r.email));
    let is_owner = given.as_ref().is_none_or(|tenant| tenant.is_owned_by(&r.email));
    if r.invite_required && !is_owner {
        let key = given.as_ref().map_or("", |t| &t.api_key);
        if tx.execute("DELETE FROM invite WHERE api_key = $1 AND email = $2", args![key, &*r.email]).await? == 0 {
            return Ok(RegisterOutcome::NotInvited);
        }
    }
    if !phone_has_room(tx, r, waived).await? {
        return refuse_after_invite(tx, r, given.as_ref()).await;
    }
    let api_key = match (&r.key, &given) {
        (RegistrationKey::Mint { api_key, .. }, _) => api_key.clone(),
        (RegistrationKey::Existing(key), _) => key.clone(),
    };
    if data_is_verified {
        remove_user(tx, &r.email, StoredMode::Admin).await?;
        let sql = "UPDATE account SET name = $2, company = $3 WHERE email = $1";
        tx.execute(sql, args![&r.email, &r.name, &r.company]).await?;
    } else {
        if let Some(account) = account {
            wipe_unverified(tx, &r.email, &account.api_key, Some(&api_key)).await?;
        }
        if let RegistrationKey::Mint { api_key, transfer_enabled } = &r.key {
            let sql = "INSERT INTO tenant (api_key, owner_email, minted_by_operator, enabled, transfer_enabled, waiver, rate_class, \
                       created) VALUES ($1, $2, 0, 1, $3, 0, 'default', $4)";
            tx.execute(sql, args![api_key, &r.email, *transfer_enabled, r.now]).await?;
        }
        // Data of an earlier account with the address under this key must not pass to the new one.
        clear_bank(tx, &api_key, &r.email).await?;
        let sql = "INSERT INTO account (email, api_key, name, company, phone, export_allowed, linked_to, created) \
                   VALUES ($1, $2, $3, $4, $5, 1, NULL, $6)";
        tx.execute(sql, args![&r.email, &api_key, &r.name, &r.company, &r.phone, r.now]).await?;
    }
    insert_user(tx, r, waived).await?;
    Ok(RegisterOutcome::Created { api_key, is_owner, active: waived })
}

/// A refusal changes nothing: the invitation is restored.
async fn refuse_after_invite(
    tx: &mut WsChannelTx,
    r: &VerifiedRegistration,
    tenant: Option<&KnownTenant>,
) -> Result<RegisterOutcome> {
    if let (true, Some(tenant)) = (r.invite_required, tenant.filter(|tenant| !tenant.is_owned_by(&r.email))) {
        let sql =
            "INSERT INTO invite (api_key, email, created) VALUES ($1, $2, $3) ON CONFLICT (api_key, email) DO NOTHING";
        tx.execute(sql, args![&tenant.api_key, &r.email, r.now]).await?;
    }
    Ok(RegisterOutcome::TooManyCodes)
}

async fn phone_has_room(tx: &mut WsChannelTx, r: &VerifiedRegistration, waived: bool) -> Result<bool> {
    let key = LockKey::new(PHONE_SCOPE, &*r.phone);
    if waived {
        return Ok(true);
    }
    Ok(matches!(take(tx, &key, r.phone_limit, r.now).await?, QuotaState::Taken { .. }))
}

async fn insert_user(tx: &mut WsChannelTx, r: &VerifiedRegistration, active: bool) -> Result<()> {
    let sql = "INSERT INTO mode_user (email, mode, password_hash, phone_verified, email_verified, totp_secret, totp_last_step, \
               preferred_factor, created) VALUES ($1, $2, $3, $4, $4, NULL, -1, NULL, $5)";
    tx.execute(sql, args![&r.email, r.mode, &r.password_hash, active, r.now]).await?;
    // A reset may have been requested while the address was unknown.
    tx.execute("DELETE FROM code WHERE email = $1 AND mode = $2", args![&r.email, r.mode]).await?;
    if !active {
        let sql =
            "INSERT INTO code (email, mode, purpose, hash, expires, tries, sent_at) VALUES ($1, $2, $3, $4, $5, 0, $6)";
        tx.execute(sql, args![&r.email, r.mode, CodePurpose::VerifyPhone, r.code_hash, r.code_expires, r.now]).await?;
    }
    tx.touch_auth();
    Ok(())
}

/// Erases one user with its codes and tokens. True when there was one.
pub(super) async fn remove_user(tx: &mut WsChannelTx, email: &str, mode: StoredMode) -> Result<bool> {
    tx.execute("DELETE FROM code WHERE email = $1 AND mode = $2", args![email, mode]).await?;
    tx.execute("DELETE FROM session WHERE email = $1 AND mode = $2", args![email, mode]).await?;
    tx.execute("DELETE FROM pending_auth WHERE email = $1 AND mode = $2", args![email, mode]).await?;
    tx.touch_auth();
    Ok(tx.execute("DELETE FROM mode_user WHERE email = $1 AND mode = $2", args![email, mode]).await? == 1)
}

/// Erases an unverified account. A tenant created by its registration is removed too if it has no other account and is
/// not the one to keep (`keep`); otherwise it loses its owner.
pub(super) async fn wipe_unverified(
    tx: &mut WsChannelTx,
    email: &str,
    api_key: &str,
    keep: Option<&str>,
) -> Result<()> {
    erase_account(tx, api_key, email).await?;
    if keep == Some(api_key) {
        return Ok(());
    }
    let sql = "DELETE FROM tenant WHERE api_key = $1 AND owner_email = $2 AND minted_by_operator = 0 \
               AND NOT EXISTS (SELECT 1 FROM account WHERE account.api_key = tenant.api_key)";
    tx.execute(sql, args![api_key, email]).await?;
    let sql = "UPDATE tenant SET owner_email = NULL WHERE api_key = $1 AND owner_email = $2 AND minted_by_operator = 0";
    tx.execute(sql, args![api_key, email]).await?;
    Ok(())
}

#[derive(StoredRow)]
struct KnownAccount {
    api_key: String,
    phone: String,
}

#[derive(StoredRow)]
struct KnownTenant {
    api_key: String,
    owner_email: Option<String>,
    enabled: bool,
    waiver: bool,
}

impl KnownTenant {
    fn is_owned_by(&self, email: &str) -> bool {
        self.owner_email.as_deref() == Some(email)
    }

    /// Whether this address can register without verification. The owner's address gives rights over the whole key, so
    /// it must be verified whatever the key waives.
    fn waives_codes_of(&self, email: &str) -> bool {
        self.waiver && !self.is_owned_by(email)
    }
}

#[derive(StoredRow)]
struct KnownUser {
    #[row(sql = "phone_verified * email_verified")]
    active: bool,
    created: i64,
}

impl KnownUser {
    /// Whether the user is verified, or too recent to be overwritten.
    fn holds_its_place(&self, r: &VerifiedRegistration) -> bool {
        self.active || r.now - self.created < r.overwrite_after
    }
}

async fn find_account(tx: &mut WsChannelTx, email: &str) -> Result<Option<KnownAccount>> {
    tx.one(sql!("SELECT ", KnownAccount::COLUMNS, " FROM account WHERE email = $1"), args![email]).await
}

async fn find_tenant(tx: &mut WsChannelTx, api_key: &str) -> Result<Option<KnownTenant>> {
    tx.one(sql!("SELECT ", KnownTenant::COLUMNS, " FROM tenant WHERE api_key = $1"), args![api_key]).await
}

async fn find_user(tx: &mut WsChannelTx, email: &str, mode: StoredMode) -> Result<Option<KnownUser>> {
    let sql = sql!("SELECT ", KnownUser::COLUMNS, " FROM mode_user WHERE email = $1 AND mode = $2");
    tx.one(sql, args![email, mode]).await
}
