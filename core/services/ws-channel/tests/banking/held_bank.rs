//! A bank that holds the answers to uploads and deletions until the test gives them.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bankchannel_crypto::{
    random,
    rsa::{RsaPrivateKey, RsaPublicKey},
    x509::{CertificateIssuer, CertificateRequest, NewCertificate, SubjectAttribute},
};
use bankchannel_foundation::model::Content;
use bankchannel_renewal::{PairTrial, RenewalRules};
use bankchannel_storage::ws_channel::{BankFile, FileFilter, UploadAtBank};
use bankchannel_ws_channel_service::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateCustomer, CertificateOfBank,
    CertificateOrder, OutgoingFile, PendingBankAnswer, SigningMaterial, UploadWaits,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, oneshot};

/// The bank's verdict on an upload or a deletion.
pub(crate) type BankVerdict = Result<(), BankError>;

pub(crate) struct HeldBank {
    waits: UploadWaits,
    /// What waits for its answer, oldest first.
    held: Mutex<Vec<oneshot::Sender<BankVerdict>>>,
    arrived: Semaphore,
    numbers: AtomicUsize,
}

impl HeldBank {
    /// Callers wait for answers so long.
    pub(crate) fn new(caller: Duration) -> Self {
        let waits = UploadWaits { caller, answer: Duration::from_secs(600) };
        Self { waits, held: Mutex::default(), arrived: Semaphore::new(0), numbers: AtomicUsize::new(0) }
    }

    /// Waits for the test's verdict.
    async fn hold(&self) -> BankVerdict {
        let (sender, answer) = oneshot::channel();
        self.held.lock().unwrap().push(sender);
        self.arrived.add_permits(1);
        answer.await.expect("the test answers, or breaks the exchange off")
    }

    /// Waits until one more upload or deletion has arrived.
    pub(crate) async fn arrived(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    /// Answers the oldest one that waits. Dropping it instead breaks the exchange.
    pub(crate) fn answer(&self, verdict: BankVerdict) {
        self.held.lock().unwrap().remove(0).send(verdict).unwrap();
    }

    /// The exchange of the oldest one ends in a panic.
    pub(crate) fn break_off(&self) {
        drop(self.held.lock().unwrap().remove(0));
    }

    /// The uploads that have arrived.
    pub(crate) fn count(&self) -> usize {
        self.numbers.load(Ordering::SeqCst)
    }
}

fn ahead(days: i64) -> Timestamp {
    Timestamp::now().checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

impl BankChannel for HeldBank {
    fn list<'a>(&'a self, _: &'a AccountBankConnection<'a>, _: &'a FileFilter) -> PendingBankAnswer<'a, Vec<BankFile>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn download<'a>(
        &'a self,
        _: &'a AccountBankConnection<'a>,
        _: &'a str,
        _: &'a str,
    ) -> PendingBankAnswer<'a, BankFileDownload> {
        Box::pin(async { Ok(BankFileDownload { content: Content::from(Vec::new()), mark: false }) })
    }

    fn upload_ids(&self, at: &AccountBankConnection<'_>) -> Option<UploadAtBank> {
        Some(UploadAtBank {
            customer_id: at.set.ws_user_id.clone(),
            request_id: random::base32_lower(32),
            request_timestamp: Timestamp::now().to_string(),
        })
    }

    fn upload_waits(&self) -> UploadWaits {
        self.waits
    }

    fn upload<'a>(&'a self, _: &'a AccountBankConnection<'a>, _: &'a OutgoingFile<'a>) -> PendingBankAnswer<'a, ()> {
        Box::pin(async move {
            self.numbers.fetch_add(1, Ordering::SeqCst);
            self.hold().await
        })
    }

    fn delete<'a>(&'a self, _: &'a AccountBankConnection<'a>, _: &'a str, _: &'a str) -> PendingBankAnswer<'a, ()> {
        Box::pin(self.hold())
    }

    fn renewal_rules(&self) -> RenewalRules {
        RenewalRules { renew_before_days: 30, ..RenewalRules::default() }
    }

    fn certificate_request(
        &self,
        customer: &CertificateCustomer,
        key: &RsaPrivateKey,
    ) -> Result<CertificateRequest, BankError> {
        Ok(CertificateRequest::make(&[(SubjectAttribute::CommonName, &customer.ws_user_id)], key).unwrap())
    }

    fn issue<'a>(&'a self, order: &'a CertificateOrder<'a>) -> PendingBankAnswer<'a, CertificateOfBank> {
        Box::pin(async move {
            let issuer = CertificateIssuer::create("Holding CA", ahead(-10), ahead(4000)).unwrap();
            let key = RsaPublicKey::from_spki_der(order.requests.signing.key().spki_der()).unwrap();
            let new = NewCertificate::new(&[(SubjectAttribute::CommonName, "1000")], ahead(-1), ahead(700));
            let certificate = issuer.issue(&new, &key).unwrap();
            Ok(CertificateOfBank {
                certificates: certificate.into(),
                target_id: None,
                ledgers: Vec::new(),
                files: Vec::new(),
            })
        })
    }

    fn try_pair<'a>(&'a self, _: &'a CertificateCustomer, _: &'a SigningMaterial) -> PendingBankAnswer<'a, PairTrial> {
        Box::pin(async { Ok(PairTrial::Taken) })
    }
}
