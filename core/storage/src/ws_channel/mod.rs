//! The data of a WS Channel service.
//!
//! Mistakes of a peer (a used challenge, a wrong code, a taken name) are a *result* of the verb. Codes and tokens
//! arrive as [`Digest`]s; private keys and TOTP secrets arrive sealed. The store never sees a secret in clear text.
//!
//! [`WsChannelStore::with_audit`] writes an audit record in the transaction of its verb, in its account's chain.
//! [`WsChannelStore::with_rights`] checks in the same transaction whether the session of the verb still has its rights. A lost
//! right is the only peer-caused result that is a [`StoreError`], because every writing verb can return it. [`StoreReader`]
//! only reads.

mod entities;
mod outcome;
mod reader;
mod schema;
mod store;
mod verbs;

pub use crate::engine::{
    AppliedMigration, CommitOutcome, DatabaseLoad, DatabaseObserver, PendingMigration, PostgresSettings, SchemaUse,
    SchemaVersions, SqliteSettings, StoreError,
};
pub use entities::account::{
    AccountListing, AccountRecord, DeleteOutcome, ModeState, RegisterOutcome, RegistrationKey, UserCredential,
    VerifiedRegistration,
};
pub use entities::account_order::{
    AccountOrder, AccountOrderKind, AccountOrderOutcome, AccountPage, AccountStanding, AccountState, CountedTries,
    LockPeriod, ModeStanding,
};
pub use entities::audit::{AuditCheckpoint, AuditEntry, AuditFilter, AuditRecord, AuditVerdict, KnownHead};
pub use entities::bank_code::{BankCodeLimits, CodeAttemptState, CodeMark, CodeRefusal, GuardedUserId, PermitOutcome};
pub use entities::bank_pause::{BankPause, BankPauseOrder, BankPauseOutcome};
pub use entities::certificate::{
    CertMaterial, CertSet, CertState, DueCertSet, EffectiveCerts, EnrolOutcome, EnrolmentBegin, HeldCertSet,
    ImportOutcome, IssuedForPair, KeyPurpose, LifeStep, NewCertSet, NewKeyRequest, RetireOutcome,
    RetiredCertificateRow, StoredPairKey,
};
pub use entities::code::{
    CodeCheck, CodePurpose, CodeSend, EmailConfirmation, EventQuota, NewCode, PasswordReplacement, PhoneConfirmation,
};
pub use entities::common::{Digest, StoredMode};
pub use entities::file::{
    BankFile, BankFileContent, FileContent, FileFilter, FileScope, JournalledUpload, NewBankFile, NewUpload,
    UploadAtBank, UploadEnd, UploadOutcome, UploadState,
};
pub use entities::installation::{IdKind, InstallationIds, SealedKind, SealedSecret};
pub use entities::ledger::{BookOutcome, LedgerChange, NewLedger, ProcessedUpload, SimulatorLedger};
pub use entities::link::{AccountLinks, LendingConsent, ShareOutcome, UnshareOutcome};
pub use entities::lockout::{LockKey, LockPolicy, LockState, QuotaState};
pub use entities::maintenance::{BackupReport, NamedContent, PurgePolicy, PurgeReport};
pub use entities::notice::{AlertRaised, DueNotice, NewNotice, NotedAlert, NoticeEnd};
pub use entities::pending::{
    ConfirmTotp, FactorSelection, MfaAnswer, MfaChallenge, MfaGrant, MfaOutcome, MfaProof, NewPending, PendingKind,
    PendingToken, SelectOutcome, TotpOutcome,
};
pub use entities::pgp::{AddKeyOutcome, NewPgpKey, PgpPurpose, StoredPgpKey};
pub use entities::rights::{LostRight, RequiredRight, SessionRights};
pub use entities::sample::{CertificateCount, OpenUploads, ServiceSample};
pub use entities::session::{AccountSession, AuthenticationFactor, NewAccountSession};
pub use entities::tenant::{ApiTenant, EntitlementState, NewTenant, TenantChange, TenantEntitlement};
pub use outcome::VerbOutcome;
pub use reader::StoreReader;
pub use store::WsChannelStore;
pub use verbs::bank_codes::CODES_COUNTED_MS;
pub use verbs::files::{INLINE_LIMIT, LIST_CAP};
pub use verbs::lives::HOLD_MS;
pub use verbs::pgp_keys::PGP_KEYS_PER_ACCOUNT;
pub use verbs::uploads::{SettledByReport, TELLING_MS};

use schema::{WsChannelTx, WsChannelVerb};
