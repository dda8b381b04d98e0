//! Data for tests and demonstrations: ready-to-use accounts with everything they need.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use bankchannel_crypto::{digest, password, random};
use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, LongText},
};
use bankchannel_storage::ws_channel::{
    AuthenticationFactor, CodeCheck, CodePurpose, CodeSend, Digest, EmailConfirmation, FileContent, FileScope,
    INLINE_LIMIT, LockKey, LockPolicy, NewAccountSession, NewBankFile, NewCode, NewPending, NewTenant, PendingKind,
    PhoneConfirmation, RegisterOutcome, RegistrationKey, StoredMode, VerifiedRegistration,
};
use bankchannel_ws_channel::{
    model::{Bank, BankPin, Email, Name, PgpKey, PgpKeyPurpose, Phone, WsUserId},
    operations::{certs::enroll_cert::EnrollCertRequest, pgp::upload_key::UploadKeyRequest},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    banks::fund_simulator,
    certs, challenges,
    data::storage,
    fault::HandlerFault,
    pgp,
    service::{BackgroundService, OperationCaller, ServiceCall},
    session::token::SessionToken,
};

/// Accounts to add.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ServiceSeed {
    /// The accounts.
    pub accounts: Option<Vec<SeedAccount>>,
}

/// An account that is ready to use.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SeedAccount {
    /// The e-mail address.
    pub email: String,
    /// The password, at least 20 characters.
    pub password: Secret,
    /// The phone. Default: `+358401234567`.
    pub phone: Option<String>,
    /// The company. Default: `Seeded Example Oy`.
    pub company: Option<String>,
    /// The name of the person. Default: `Seeded Example Oy`.
    pub name: Option<String>,
    /// The modes of its users: `admin`, or `admin` and `data`. Default: both.
    pub modes: Option<Vec<String>>,
    /// An existing key, or one to create. The first account under a created key owns it. Default: a new one.
    pub api_key: Option<String>,
    /// For a key to create: whether its users need no verification. Default: false.
    pub verification_waiver: Option<bool>,
    /// Whether phone and mail address are verified. Default: true.
    pub verified: Option<bool>,
    /// Whether the answer has a session token for each mode, as after a login. Default: false.
    pub sessions: Option<bool>,
    /// Banks to enrol at.
    pub certificates: Option<Vec<String>>,
    /// PGP keys.
    pub pgp_keys: Option<Vec<SeedKey>>,
    /// Files at banks.
    pub files: Option<Vec<SeedFile>>,
    /// Payment files (base64) whose debtor accounts the simulator opens with sufficient funds. Needs a certificate
    /// there.
    pub payments: Option<Vec<LongText>>,
}

/// A PGP key of the account.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SeedKey {
    /// The key, armored.
    pub key: String,
    /// `authorize` or `export`. Default: `authorize`.
    pub purpose: Option<String>,
}

/// A file at a bank for this account.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SeedFile {
    /// The bank. Default: `simulator`.
    pub bank: Option<String>,
    /// The file type.
    pub file_type: String,
    /// The content, base64.
    pub content: LongText,
    /// The reference. Default: a new one.
    pub reference: Option<String>,
    /// The status. Default: `NEW`.
    pub status: Option<String>,
}

/// Accounts that were added.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SeededAccounts {
    /// The accounts, in the order of the request.
    pub accounts: Vec<SeededAccount>,
}

/// An account that was added.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SeededAccount {
    /// The e-mail address.
    pub email: String,
    /// Its API key.
    pub api_key: String,
    /// The session tokens by mode, if they were asked for.
    pub id_tokens: BTreeMap<String, Secret>,
}

/// The company and name of an account that gives none.
const USUAL_NAME: &str = "Seeded Example Oy";
/// The phone of an account that gives none.
const USUAL_PHONE: &str = "+358401234567";

/// Loads the data.
///
/// # Errors
/// `input.*`, which names the unusable part; everything before it is loaded.
pub(crate) async fn plant(service: &BackgroundService, seed: ServiceSeed) -> Result<SeededAccounts> {
    let mut hashes = HashMap::new();
    let mut accounts = Vec::new();
    for account in seed.accounts.unwrap_or_default() {
        accounts.push(plant_account(service, account, &mut hashes).await?);
    }
    Ok(SeededAccounts { accounts })
}

/// Uses the same verbs as a client's calls.
async fn plant_account(
    service: &BackgroundService,
    seed: SeedAccount,
    hashes: &mut HashMap<[u8; 32], String>,
) -> Result<SeededAccount> {
    let email = Email::new(&seed.email)?.as_str().to_owned();
    let phone = Phone::new(seed.phone.as_deref().unwrap_or(USUAL_PHONE))?.as_str().to_owned();
    let modes = modes(&seed.modes.unwrap_or_else(|| vec!["admin".into(), "data".into()]))?;
    let company = seed.company.unwrap_or_else(|| USUAL_NAME.to_owned());
    let name = seed.name.unwrap_or_else(|| USUAL_NAME.to_owned());
    if !challenges::is_acceptable(&seed.password) {
        return Err(Error::invalid_field(
            "password",
            "must have 20 characters or more with lower and upper case, digit and special",
        ));
    }
    // Many accounts of one test share a password: hash it once.
    let known = digest::sha256(seed.password.expose().as_bytes());
    let password_hash = match hashes.get(&known) {
        Some(hash) => hash.clone(),
        None => {
            let given = seed.password.clone();
            let hashed = service.work_pool.run(move || password::hash(given.expose().as_bytes())).await;
            let hash =
                hashed.map_err(|_| Error::internal("the password could not be hashed"))?.map_err(Error::internal)?;
            hashes.insert(known, hash.clone());
            hash
        }
    };
    let now = service.now_ms();
    let mut api_key = seed.api_key.clone();
    if let Some(key) = &api_key {
        let tenant = NewTenant {
            api_key: key.clone(),
            owner_email: Some(email.clone()),
            transfer_enabled: true,
            waiver: seed.verification_waiver == Some(true),
            rate_class: "default".into(),
            now,
        };
        service.writer().mint_tenant(tenant).await.map_err(storage)?;
    }
    let mut id_tokens = BTreeMap::new();
    for mode in modes {
        let code_hash = digest::sha256(&random::bytes::<32>());
        let key = match &api_key {
            Some(key) => RegistrationKey::Existing(key.clone()),
            None => RegistrationKey::Mint { api_key: random::alphanumeric(40), transfer_enabled: true },
        };
        let registration = VerifiedRegistration {
            email: email.clone(),
            mode,
            key,
            name: name.clone(),
            company: company.clone(),
            phone: phone.clone(),
            password_hash: password_hash.clone(),
            code_hash,
            code_expires: now + 1000,
            phone_limit: LockPolicy { limit: i64::MAX, window: 1, duration: 0 },
            overwrite_after: i64::MAX,
            invite_required: false,
            now,
        };
        let key = match service.writer().register(registration).await.map_err(storage)? {
            RegisterOutcome::Created { api_key, .. } => api_key,
            other => return Err(Error::invalid_field("accounts", format!("{email}: {other:?}"))),
        };
        if seed.verified != Some(false) {
            verify(service, &email, &phone, mode, code_hash, now).await?;
        }
        if seed.sessions == Some(true) {
            let (token, _) = session(service, &email, mode, &key, now).await?;
            id_tokens.insert(mode.as_str().to_owned(), token);
        }
        api_key = Some(key);
    }
    // No message was sent to this phone.
    service.writer().clear_failures(&[LockKey::new("code.phone", &*phone)]).await.map_err(storage)?;
    let api_key = api_key.unwrap_or_default();
    for bank in seed.certificates.iter().flatten() {
        enrol(service, &email, &api_key, bank, &company).await?;
    }
    for key in seed.pgp_keys.iter().flatten() {
        put_key(service, &email, &api_key, key).await?;
    }
    for payment in seed.payments.iter().flatten() {
        let file = STANDARD.decode(&payment.0).map_err(|_| Error::invalid_field("payments", "must be base64"))?;
        fund_simulator(service, &email, &file).await?;
    }
    put_files(service, &api_key, &email, seed.files.unwrap_or_default(), now).await?;
    Ok(SeededAccount { email, api_key, id_tokens })
}

fn modes(names: &[String]) -> Result<Vec<StoredMode>> {
    let wrong =
        || Error::invalid_field("modes", "must be [\"admin\"] or [\"admin\", \"data\"]; data needs admin before it");
    let modes: Option<Vec<StoredMode>> = names.iter().map(|name| StoredMode::parse(name)).collect();
    modes
        .filter(|modes| matches!(modes[..], [StoredMode::Admin] | [StoredMode::Admin, StoredMode::Data]))
        .ok_or_else(wrong)
}

/// Verifies phone and mail address as their owner would, with codes that only this function knows.
async fn verify(
    service: &BackgroundService,
    email: &str,
    phone: &str,
    mode: StoredMode,
    hash: [u8; 32],
    now: i64,
) -> Result<()> {
    let failed = || Error::internal("a seeded account could not be verified");
    let by_phone = PhoneConfirmation { email: email.into(), mode, phone: phone.into(), hash, max_tries: 5, now };
    let check = service.writer().verify_phone(by_phone).await.map_err(storage)?;
    let token = SessionToken::new();
    let pending = NewPending {
        token: token.digest,
        kind: PendingKind::VerifyEmail,
        email: email.into(),
        mode,
        challenge: None,
        secret: None,
        now,
        expires: now + 1000,
        verified_hash: None,
    };
    let code = NewCode {
        email: email.into(),
        mode,
        purpose: CodePurpose::VerifyEmail,
        hash,
        expires: now + 1000,
        min_gap: 0,
        quotas: Vec::new(),
        sending: Vec::new(),
        now,
    };
    let sent = service.writer().open_pending(pending, Some(code)).await.map_err(storage)?;
    let by_mail = EmailConfirmation { email: email.into(), mode, token: token.digest, hash, max_tries: 5, now };
    let done = service.writer().verify_email(by_mail).await.map_err(storage)?;
    if (check, sent, done) == (CodeCheck::Right, CodeSend::Send, CodeCheck::Right) { Ok(()) } else { Err(failed()) }
}

async fn session(
    service: &BackgroundService,
    email: &str,
    mode: StoredMode,
    api_key: &str,
    now: i64,
) -> Result<(Secret, Digest)> {
    let token = SessionToken::new();
    let factor = if mode == StoredMode::Data { AuthenticationFactor::Password } else { AuthenticationFactor::Sms };
    let session = NewAccountSession {
        token: token.digest,
        email: email.into(),
        mode,
        api_key: api_key.into(),
        auth_time: now,
        factor,
        expires: now + i64::from(service.config().token_ttl_s) * 1000,
        verified_hash: None,
        source: None,
    };
    if !service.writer().create_session(session, Vec::new()).await.map_err(storage)? {
        return Err(Error::internal("a seeded session has no user"));
    }
    let text = token.id_token().map_err(|_| Error::internal("a token could not be made"))?;
    Ok((Secret::new(text.expose()), token.digest))
}

/// Enrols as the account's admin would, with the handler of that operation.
async fn enrol(service: &BackgroundService, email: &str, api_key: &str, bank: &str, company: &str) -> Result<()> {
    let request = EnrollCertRequest::new(
        Bank::from_text(bank).ok_or_else(|| Error::invalid_field("certificates", "is not the id of a bank"))?,
        BankPin::new(&random::alphanumeric(28))?,
        Name::new(company)?,
        WsUserId::new(&random::alphanumeric(16))?,
    );
    let call = admin_call(service, "ws_channel.enroll_cert", email, api_key).await?;
    certs::enroll_cert::handle(service, &call, request).await.map(drop).map_err(|why| refused("certificates", why))
}

async fn put_key(service: &BackgroundService, email: &str, api_key: &str, key: &SeedKey) -> Result<()> {
    let request = UploadKeyRequest::new(
        PgpKey::new(&key.key)?,
        match key.purpose.as_deref().unwrap_or("authorize") {
            "authorize" => PgpKeyPurpose::Authorize,
            "export" => PgpKeyPurpose::Export,
            _ => return Err(Error::invalid_field("purpose", "must be authorize or export")),
        },
    );
    let call = admin_call(service, "ws_channel.upload_key", email, api_key).await?;
    pgp::upload_key::handle(service, &call, request).await.map(drop).map_err(|why| refused("pgp_keys", why))
}

/// A call by the account's admin; its session ends with it.
async fn admin_call(
    service: &BackgroundService,
    operation: &'static str,
    email: &str,
    api_key: &str,
) -> Result<ServiceCall> {
    let now = service.now_ms();
    let (token, digest) = session(service, email, StoredMode::Admin, api_key, now).await?;
    drop(token);
    let mut call = ServiceCall::new(random::uuid_v4(), operation, IpAddr::from([127, 0, 0, 1]), now);
    let session = service.store.session(&digest, now).await.map_err(storage)?;
    call.caller = session.map(|session| OperationCaller { session: Arc::new(session), token: digest });
    // A seeded account may be unverified and still have certificates.
    call.is_own = true;
    Ok(call)
}

fn refused(field: &str, why: HandlerFault) -> Error {
    Error::invalid_field(field, why.into_refusal("seed").text)
}

async fn put_files(
    service: &BackgroundService,
    api_key: &str,
    email: &str,
    files: Vec<SeedFile>,
    now: i64,
) -> Result<()> {
    for file in files {
        let bank = Bank::from_text(file.bank.as_deref().unwrap_or(Bank::Simulator.as_str()))
            .ok_or_else(|| Error::invalid_field("bank", "is not the id of a bank"))?;
        let content =
            STANDARD.decode(&file.content.0).map_err(|_| Error::invalid_field("content", "must be base64"))?;
        if content.len() > INLINE_LIMIT {
            return Err(Error::invalid_field(
                "content",
                format!("has more than {INLINE_LIMIT} bytes: upload it instead"),
            ));
        }
        let scope = FileScope { api_key: api_key.into(), email: email.into(), bank: bank.as_str().into() };
        let new = NewBankFile {
            reference: file.reference.unwrap_or_else(|| random::base32_lower(26)),
            file_type: file.file_type,
            status: file.status.unwrap_or_else(|| "NEW".to_owned()),
            created: now,
            service_id: None,
            target_id: None,
            content: FileContent::Inline(content),
        };
        service.writer().put_files(&scope, vec![new]).await.map_err(storage)?;
    }
    Ok(())
}
