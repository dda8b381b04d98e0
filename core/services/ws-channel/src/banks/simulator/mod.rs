//! The simulator bank (docs/protocols/ws-channel.md §6.7, §6.8): its own certification authority, books and answer
//! files, all in the service's store.

mod authority;
mod booking;
mod lost_answers;
mod payments_set_aside;
mod waiting_orders;

use std::path::Path;

use bankchannel_bank_simulator::{AnswerIds, BankLedger, DEFAULT_BALANCE_CENTS, DEFAULT_IBAN, opening_statement};
use bankchannel_crypto::{
    random,
    rsa::{RsaPrivateKey, RsaPublicKey},
    x509::{CertificateRequest, SubjectAttribute},
};
use bankchannel_foundation::Result;
use bankchannel_renewal::{PairTrial, RenewalRules};
use bankchannel_storage::ws_channel::{
    BankFile, FileContent, FileFilter, FileScope, NewBankFile, NewLedger, NewUpload, WsChannelStore,
};
use bankchannel_transport::background;
use bankchannel_ws_channel::model::Bank;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tokio::sync::{Notify, Semaphore};

use super::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateCustomer, CertificateEnrolment,
    CertificateOfBank, CertificateOrder, CertificateProof, OutgoingFile, PendingBankAnswer, SigningMaterial,
};
use crate::{
    HandlerFault,
    config::{ServiceConfig, SimulatorMode},
    data::expect_writable_keys,
    files::content,
    operator::SIMULATOR_PRODUCT,
};

pub(super) use booking::work;
pub(crate) use waiting_orders::OrderDecision;

/// The bank that it is.
pub(super) const BANK: Bank = Bank::Simulator;
/// The file type that the simulator accepts.
const PAYMENT: &str = "pain.001.001.09";
/// The file type of its answers.
const STATUS_REPORT: &str = "pain.002.001.10";
const NOTIFICATION: &str = "camt.054.001.02";
const STATEMENT: &str = "camt.053.001.02";
/// The target id of its files.
const TARGET_ID: &str = "SIM";
/// The service id of an answer without an account.
const NO_ACCOUNT: &str = "N/A";
/// Length of a file's reference.
const REFERENCE_CHARS: usize = 26;
/// Limit of concurrent heavy work (keys, documents).
const AT_ONCE: usize = 2;

/// The simulator.
pub(crate) struct SimulatorBank {
    authority: authority::SimulatorAuthority,
    files: std::path::PathBuf,
    mode: SimulatorMode,
    /// Whether a payment file whose message id was seen is rejected.
    rejects_duplicates: bool,
    rules: RenewalRules,
    needs_entitlement: bool,
    wake: Notify,
    permits: Semaphore,
    aside: payments_set_aside::PaymentsSetAside,
    orders: waiting_orders::WaitingOrders,
}

impl SimulatorBank {
    /// Opens it; its authority's files are read on first use.
    ///
    /// # Errors
    /// `configuration.invalid` if the authority's file is absent and cannot be created. A damaged one is detected at
    /// the first enrolment.
    pub(super) fn open(data: &Path, config: &ServiceConfig) -> Result<Self> {
        check_folder(data, config)?;
        Ok(Self {
            authority: authority::SimulatorAuthority::at(&crate::keys::folder(data, config)),
            files: content::folder(data, config),
            mode: config.banks.simulator.payments,
            rejects_duplicates: config.simulator_rejects_duplicates,
            rules: renewal_rules(config),
            needs_entitlement: config.simulator_entitlement_required,
            wake: Notify::new(),
            permits: Semaphore::new(AT_ONCE),
            aside: payments_set_aside::PaymentsSetAside::default(),
            orders: waiting_orders::WaitingOrders::default(),
        })
    }

    /// Whether payments are booked and answered, or only stored.
    pub(super) fn books_payments(&self) -> bool {
        self.mode == SimulatorMode::Book
    }

    /// Decides about the order with this message id that waits after its payee check, or about all of them. Returns their
    /// message ids.
    pub(crate) fn decide_order(&self, message_id: Option<&str>, decision: OrderDecision) -> Vec<String> {
        let decided = self.orders.decide(message_id, decision);
        self.wake.notify_one();
        decided
    }

    /// Runs heavy work outside the threads that serve connections, with limited concurrency.
    async fn heavily<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, BankError> {
        let failed = |why: &dyn std::fmt::Display| BankError::Failed(why.to_string());
        let _permit = self.permits.acquire().await.map_err(|why| failed(&why))?;
        background::blocking(work).await.map_err(|why| failed(&why))
    }
}

/// How its certificates are renewed.
pub(super) fn renewal_rules(config: &ServiceConfig) -> RenewalRules {
    let renew_before_days = config.banks.simulator.renew_before_days();
    RenewalRules { renew_before_days, ..RenewalRules::default() }
}

/// Checks that it can be opened, as far as possible without creating anything.
///
/// # Errors
/// As [`SimulatorBank::open`].
pub(super) fn check_folder(data: &Path, config: &ServiceConfig) -> Result<()> {
    expect_writable_keys(data, config, authority::FILE)
}

impl BankChannel for SimulatorBank {
    fn list<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        filter: &'a FileFilter,
    ) -> PendingBankAnswer<'a, Vec<BankFile>> {
        Box::pin(async move { Ok(at.store.list_files(at.scope, filter).await?) })
    }

    fn download<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, BankFileDownload> {
        Box::pin(async move {
            let found = at.store.file(at.scope, file_type, reference).await?;
            let found = found.ok_or(BankError::Parameter("FileReference"))?;
            Ok(BankFileDownload {
                mark: found.file.status == "NEW",
                content: content::stored(&self.files, found.content),
            })
        })
    }

    fn upload<'a>(&'a self, _: &'a AccountBankConnection<'a>, _: &'a OutgoingFile<'a>) -> PendingBankAnswer<'a, ()> {
        self.wake.notify_one();
        Box::pin(async { Ok(()) })
    }

    fn delete<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        file_type: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, ()> {
        Box::pin(async move {
            let writer = at.writer.as_ref().ok_or_else(|| BankError::Failed("a deletion needs a writer".into()))?;
            let unnamed = writer.delete_file(at.scope, file_type, reference).await?;
            let unnamed = unnamed.ok_or(BankError::Parameter("FileReference"))?;
            if let Err(why) = at.store.discard_content(&self.files, &unnamed).await {
                tracing::warn!(%why, "a deleted file's content cannot be removed yet");
            }
            Ok(())
        })
    }

    fn renewal_rules(&self) -> RenewalRules {
        self.rules
    }

    fn entitlement(&self) -> Option<&'static str> {
        self.needs_entitlement.then_some(SIMULATOR_PRODUCT)
    }

    fn ledger_of_import(&self) -> Option<NewLedger> {
        Some(first_ledger(0))
    }

    fn certificate_request(
        &self,
        customer: &CertificateCustomer,
        key: &RsaPrivateKey,
    ) -> Result<CertificateRequest, BankError> {
        CertificateRequest::make(&[(SubjectAttribute::CommonName, &customer.ws_user_id)], key)
            .map_err(|_| BankError::Parameter("WsUserId"))
    }

    fn issue<'a>(&'a self, order: &'a CertificateOrder<'a>) -> PendingBankAnswer<'a, CertificateOfBank> {
        Box::pin(async move {
            let customer = order.customer;
            let key = RsaPublicKey::from_spki_der(order.requests.signing.key().spki_der());
            let key = key.map_err(|why| BankError::Failed(why.to_string()))?;
            let certificate = self.authority.certify(&customer.ws_user_id, &customer.company, &key, order.now_ms)?;
            let is_first = matches!(order.proof, CertificateProof::Code(_));
            let (ledgers, files) = if is_first {
                let (now, today) = bank_day(order.now_ms);
                let statement = first_statement(now, today).map_err(BankError::Failed)?;
                let statement = file(STATEMENT, DEFAULT_IBAN, order.now_ms, FileContent::Inline(statement));
                (vec![first_ledger(1)], vec![statement])
            } else {
                (Vec::new(), Vec::new())
            };
            let target_id = is_first.then(|| TARGET_ID.to_owned());
            Ok(CertificateOfBank { certificates: certificate.into(), target_id, ledgers, files })
        })
    }

    fn try_pair<'a>(&'a self, _: &'a CertificateCustomer, _: &'a SigningMaterial) -> PendingBankAnswer<'a, PairTrial> {
        // It knows the certificates that it has issued.
        Box::pin(async { Ok(PairTrial::Taken) })
    }

    fn check_enrolment(&self, request: &CertificateEnrolment) -> Result<(), BankError> {
        let refuse = |name| Err(BankError::Parameter(name));
        // Both are printable ASCII by their types.
        if !(1..=16).contains(&request.ws_user_id.as_str().len()) {
            return refuse("WsUserId");
        }
        if !(16..=32).contains(&request.code.expose().len()) {
            return refuse("Code");
        }
        if request.company.as_str() != request.account_company {
            return refuse("Company");
        }
        Ok(())
    }

    fn check_upload<'a>(
        &'a self,
        _at: &'a AccountBankConnection<'a>,
        upload: &'a NewUpload,
    ) -> PendingBankAnswer<'a, ()> {
        let known = upload.file_type == PAYMENT;
        Box::pin(std::future::ready(if known { Ok(()) } else { Err(BankError::Parameter("FileType")) }))
    }

    fn works_from_journal(&self) -> bool {
        true
    }

    fn keeps_files_here(&self) -> bool {
        true
    }
}

/// The initial books of a connection: an import at the simulator needs an account to pay from.
async fn open_books(store: &WsChannelStore, scope: &FileScope) -> Result<(), HandlerFault> {
    Ok(store.open_ledger(scope, first_ledger(0)).await?)
}

pub(super) fn first_ledger(statement: i64) -> NewLedger {
    NewLedger { iban: DEFAULT_IBAN.to_owned(), balance_cents: DEFAULT_BALANCE_CENTS, statement }
}

fn first_statement(now: Timestamp, today: Date) -> Result<Vec<u8>, String> {
    let ids = AnswerIds::new(random::base32_lower(AnswerIds::MAX_LENGTH)).map_err(|why| why.to_string())?;
    let written = opening_statement(&BankLedger::with_default_account(), DEFAULT_IBAN, now, today, &ids);
    written.map(|(bytes, _)| bytes).map_err(|why| why.to_string())
}

fn file(file_type: &str, service_id: &str, created: i64, content: FileContent) -> NewBankFile {
    NewBankFile {
        reference: random::base32_lower(REFERENCE_CHARS),
        file_type: file_type.to_owned(),
        status: "NEW".to_owned(),
        created,
        service_id: Some(service_id.to_owned()),
        target_id: Some(TARGET_ID.to_owned()),
        content,
    }
}

/// The moment, and its date in Helsinki.
fn bank_day(now_ms: i64) -> (Timestamp, Date) {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get("Europe/Helsinki").unwrap_or(TimeZone::UTC);
    (now, now.to_zoned(zone).date())
}

/// A certificate's serial number: positive, 64 random bits.
fn serial() -> [u8; 8] {
    let mut serial = random::bytes::<8>();
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}
