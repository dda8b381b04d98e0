//! What must survive in a WS Channel service, as atomic verbs over SQLite and PostgreSQL.
//!
//! ```text
//!   handler ── Store::consume_challenge(…) ──┐        each verb: one closure over `Tx`,
//!   handler ── Store::record_upload(…) ──────┤        the same SQL text for both databases
//!                                            ▼
//!      SQLite: one writer task, one COMMIT (fsync) for all that waited; apart when one fails
//!      PostgreSQL: a pool, one SERIALIZABLE transaction per verb, repeated on conflict
//! ```
//!
//! Rules of this crate:
//!
//! * A verb is acknowledged only after its COMMIT returned. What a verb changes, it changes whole or not at all.
//! * What the peer did wrong (a used challenge, a wrong code, a taken name) is a *result* of the verb.
//!   [`StoreError`] is for faults of the environment: locked, damaged, read-only, full, unreachable.
//! * Time (Unix milliseconds), random values and identifiers are passed in. Codes and tokens arrive as
//!   [`Digest`]s; private keys and TOTP secrets arrive sealed. The store never sees a secret in clear.
//! * [`Store::with_audit`] writes an audit record in the transaction of the verb that it belongs to, in its account's chain,
//!   and [`Store::with_rights`] judges there whether the session that the verb acts for still has its rights: the one answer
//!   of a peer's making that is a [`StoreError`], because every writing verb may give it. [`Reader`] only reads.
//! * With PostgreSQL, a verb that holds a connection runs to its end, or to its time limit, when its caller goes away.

mod driver;
mod entities;
mod error;
mod folder_lock;
mod migrations;
mod outcome;
mod reader;
mod store;
mod verbs;

pub use driver::postgres::PostgresSettings;
pub use driver::sqlite::SqliteSettings;
pub use entities::account::{
    Account, AccountListing, Credential, DeleteOutcome, ModeState, RegisterOutcome, Registration, RegistrationKey,
};
pub use entities::audit::{AuditCheckpoint, AuditEntry, AuditFilter, AuditRecord, AuditVerdict, KnownHead};
pub use entities::certificate::{
    CertMaterial, CertSet, CertState, Completion, DueRenewal, EffectiveCerts, EnrolOutcome, NewCertSet, RetireOutcome,
    RetiredCert,
};
pub use entities::code::{CodeCheck, CodePurpose, CodeSend, NewCode, PasswordReset, Quota, VerifyEmail, VerifyPhone};
pub use entities::common::{Digest, Mode};
pub use entities::file::{
    BankFile, BankFileContent, FileContent, FileFilter, FileScope, NewBankFile, NewUpload, Upload, UploadOutcome,
    UploadState,
};
pub use entities::installation::{IdKind, Installation, SealedKind, SealedSecret};
pub use entities::ledger::{BookOutcome, Booking, Ledger, LedgerChange, NewLedger};
pub use entities::link::{Consent, Links, ShareOutcome, UnshareOutcome};
pub use entities::lockout::{LockKey, LockPolicy, LockState, QuotaState};
pub use entities::maintenance::{BackupReport, NamedContent, PurgePolicy, PurgeReport};
pub use entities::pending::{
    Challenge, ConfirmTotp, MfaAnswer, MfaGrant, MfaOutcome, MfaProof, NewPending, Pending, PendingKind, SelectMfa,
    SelectOutcome, TotpOutcome,
};
pub use entities::pgp::{AddKeyOutcome, NewPgpKey, PgpKey, PgpPurpose};
pub use entities::rights::{Ground, LostRight, Rights};
pub use entities::session::{Factor, NewSession, Session};
pub use entities::tenant::{Entitlement, EntitlementState, NewTenant, Tenant, TenantChange};
pub use error::StoreError;
pub use folder_lock::lock_soon;
pub use outcome::Outcome;
pub use reader::Reader;
pub use store::Store;
pub use verbs::files::{INLINE_LIMIT, LIST_CAP};
pub use verbs::pgp_keys::PGP_KEYS_PER_ACCOUNT;
