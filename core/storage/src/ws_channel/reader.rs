//! The read-only store handle.

use crate::engine::{DatabaseLoad, DatabaseObserver, Result};
use crate::ws_channel::{
    AccountLinks, AccountListing, AccountRecord, AccountSession, BankFile, BankFileContent, BankPause, CertMaterial,
    CertSet, Digest, EffectiveCerts, FileFilter, FileScope, JournalledUpload, KeyPurpose, LockKey, NotedAlert,
    PendingToken, RetiredCertificateRow, ServiceSample, SimulatorLedger, StoredMode, StoredPairKey, StoredPgpKey,
    TenantEntitlement, UserCredential, WsChannelStore,
};
use futures_util::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;

/// A [`WsChannelStore`] without its writing verbs: held by request handlers, so that they can only write through a handle with
/// rights.
#[derive(Clone, Debug)]
pub struct StoreReader(WsChannelStore);

impl WsChannelStore {
    /// The same store, read-only.
    #[must_use]
    pub fn reader(&self) -> StoreReader {
        StoreReader(self.clone())
    }
}

macro_rules! reads {
    ($($verb:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)+) => {
        impl StoreReader {
            $(
                #[doc = concat!("As [`WsChannelStore::", stringify!($verb), "`].")]
                pub fn $verb(&self, $($arg: $kind),*) -> BoxFuture<'_, Result<$answer>> {
                    self.0.$verb($($arg),*)
                }
            )+
        }
    };
}

reads! {
    account(email: &str) -> Option<AccountRecord>;
    credential(email: &str, mode: StoredMode) -> Option<UserCredential>;
    list_accounts(api_key: &str) -> Vec<AccountListing>;
    session(token: &Digest, now: i64) -> Option<AccountSession>;
    pending(token: &Digest, now: i64) -> Option<PendingToken>;
    has_logged_in_from(email: &str, source: &str, now: i64) -> bool;
    locked_until(key: &LockKey, now: i64) -> Option<i64>;
    entitlements(api_key: &str) -> Vec<TenantEntitlement>;
    pgp_keys(email: &str) -> Vec<StoredPgpKey>;
    cert_sets(email: &str) -> Vec<CertSet>;
    pair_key(email: &str, bank: &str, name: &str, purpose: KeyPurpose) -> Option<StoredPairKey>;
    decrypting(email: &str, bank: &str) -> Vec<CertMaterial>;
    is_uploading(email: &str, bank: &str) -> bool;
    links(email: &str) -> AccountLinks;
    retired_certs(email: &str) -> Vec<RetiredCertificateRow>;
    effective_certs(email: &str, bank: &str, now: i64) -> EffectiveCerts;
    list_files(scope: &FileScope, filter: &FileFilter) -> Vec<BankFile>;
    file(scope: &FileScope, file_type: &str, reference: &str) -> Option<BankFileContent>;
    ledgers(scope: &FileScope) -> Vec<SimulatorLedger>;
    upload(id: &str) -> Option<JournalledUpload>;
    bank_pause(bank: &str) -> Option<BankPause>;
    uploads_of(account: &FileScope, limit: i64) -> Vec<JournalledUpload>;
    content_paths() -> Vec<String>;
    alerts() -> Vec<NotedAlert>;
    sample(now: i64, tolerance: i64) -> ServiceSample;
    is_outgrown() -> bool;
}

impl StoreReader {
    /// As [`WsChannelStore::is_only_writer`].
    #[must_use]
    pub fn is_only_writer(&self) -> bool {
        self.0.is_only_writer()
    }

    /// As [`WsChannelStore::auth_generation`].
    #[must_use]
    pub fn auth_generation(&self) -> u64 {
        self.0.auth_generation()
    }

    /// As [`WsChannelStore::files_generation`].
    #[must_use]
    pub fn files_generation(&self, email: &str) -> u64 {
        self.0.files_generation(email)
    }

    /// As [`WsChannelStore::observe`].
    pub fn observe(&self, observer: Arc<dyn DatabaseObserver>) {
        self.0.observe(observer);
    }

    /// As [`WsChannelStore::load`].
    #[must_use]
    pub fn load(&self) -> DatabaseLoad {
        self.0.load()
    }

    /// As [`WsChannelStore::discard_content`]: it changes no row.
    ///
    /// # Errors
    /// As [`WsChannelStore::discard_content`].
    pub async fn discard_content(&self, folder: &Path, paths: &[String]) -> Result<()> {
        self.0.discard_content(folder, paths).await
    }
}
