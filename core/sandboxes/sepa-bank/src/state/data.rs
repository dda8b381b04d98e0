//! The bank's data, and its changes.

use std::collections::{BTreeMap, BTreeSet};

use bankchannel_bank_simulator::{BankLedger, DEFAULT_CURRENCY, DEFAULT_IBAN, DEFAULT_OWNER};
use bankchannel_foundation::model::{Boundary, Decimal};
use serde::{Deserialize, Serialize};

use crate::certificate_service::codes::{CustomerCertificateRecord, SentCode};

/// Whether a customer, a sender or a contract can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Boundary)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStanding {
    /// It can.
    #[default]
    Active,
    /// It is locked.
    Locked,
    /// It has ended.
    Outdated,
}

/// A customer of one family.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SandboxCustomer {
    pub(crate) family: String,
    pub(crate) customer_id: String,
    pub(crate) company: String,
    #[serde(default)]
    pub(crate) target_id: Option<String>,
    #[serde(default)]
    pub(crate) standing: CustomerStanding,
    #[serde(default)]
    pub(crate) contract: CustomerStanding,
    /// Other customers that may send for it.
    #[serde(default)]
    pub(crate) senders: Vec<String>,
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Boundary)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Sent by the customer: it is not listed.
    Upload,
    /// Made by the bank, or put there.
    Download,
}

/// A file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SandboxFile {
    pub(crate) reference: String,
    pub(crate) family: String,
    pub(crate) customer_id: String,
    pub(crate) target_id: Option<String>,
    pub(crate) kind: FileKind,
    pub(crate) file_type: String,
    pub(crate) user_filename: Option<String>,
    pub(crate) service_id: Option<String>,
    pub(crate) parent: Option<String>,
    /// When it appears, by the scenario's clock, milliseconds.
    pub(crate) at_ms: i64,
    /// When it was fetched last.
    pub(crate) downloaded_ms: Option<i64>,
    pub(crate) deleted: bool,
    pub(crate) deletable: bool,
    /// Of an upload, its content's SHA-256, hex.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

impl SandboxCustomer {
    /// Family and id: `op/1000022211`.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.family, self.customer_id)
    }
}

/// An order that waits after its payee check until somebody releases or cancels it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SandboxOrder {
    pub(crate) family: String,
    pub(crate) customer_id: String,
    pub(crate) target_id: Option<String>,
    /// The message id of the payment file.
    pub(crate) message_id: String,
    /// The reference of the upload.
    pub(crate) upload: String,
    /// Whether it is booked: in the test environment nothing is.
    pub(crate) is_production: bool,
    /// When the results of the check are there.
    pub(crate) checked_ms: i64,
}

/// The books of a customer: one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CustomerBooks {
    pub(crate) balance_cents: i64,
    pub(crate) statements: u64,
}

impl CustomerBooks {
    /// As the simulator has them.
    pub(crate) fn ledger(&self) -> BankLedger {
        let mut ledger = BankLedger::default();
        ledger.open(DEFAULT_IBAN, DEFAULT_OWNER, DEFAULT_CURRENCY, Decimal::from_cents(self.balance_cents));
        if let Some(account) = ledger.accounts.values_mut().next() {
            account.statement_seq = self.statements;
        }
        ledger
    }

    /// The books of a ledger.
    pub(crate) fn from_ledger(ledger: &BankLedger) -> Option<Self> {
        let account = ledger.account(DEFAULT_IBAN)?;
        Some(Self { balance_cents: account.balance.to_cents()?, statements: account.statement_seq })
    }
}

/// All that the bank knows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StateData {
    pub(crate) customers: Vec<SandboxCustomer>,
    pub(crate) files: Vec<SandboxFile>,
    /// Ids of messages, with the family and the sender, and when they were seen.
    used_ids: BTreeMap<String, i64>,
    /// Times of documents, with the family and the customer.
    used_times: BTreeSet<String>,
    /// The messages with a file that were received, refused ones too.
    pub(crate) uploads: BTreeMap<String, u64>,
    /// Message ids of payment files, and when they were seen.
    message_ids: BTreeMap<String, i64>,
    books: BTreeMap<String, CustomerBooks>,
    /// The orders that wait after their payee check, oldest first.
    #[serde(default)]
    pub(crate) orders: Vec<SandboxOrder>,
    /// The last code that was sent to each customer.
    #[serde(default)]
    codes: BTreeMap<String, SentCode>,
    /// The certificates that the certificate services have issued, oldest first.
    #[serde(default)]
    issued: Vec<CustomerCertificateRecord>,
    /// The certificates of customers that were revoked, by family, customer and serial number (hex).
    #[serde(default)]
    revoked: BTreeMap<String, Revocation>,
    /// Counts references.
    pub(crate) references: u64,
}

/// When and why a certificate was revoked.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Revocation {
    /// By the clock of messages, Unix seconds.
    pub(crate) at_s: i64,
    /// The number of the reason.
    pub(crate) reason: Option<u8>,
}

/// One change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SandboxChange {
    /// An id of a message was used.
    UsedId { key: String, at_ms: i64 },
    /// A time of a document was used.
    UsedTime { key: String },
    /// A message with a file was received.
    UploadSeen { key: String },
    /// A payment file's message id was used.
    MessageId { key: String, at_ms: i64 },
    /// A new file.
    File(SandboxFile),
    /// A file was fetched.
    Downloaded { reference: String, at_ms: i64 },
    /// A file was deleted.
    Deleted { reference: String },
    /// The books of a customer.
    Books { key: String, books: CustomerBooks },
    /// An order waits after its payee check.
    Order(SandboxOrder),
    /// It was released or cancelled: the reference of its upload.
    OrderDecided { upload: String },
    /// A new customer, or a changed one.
    Customer(SandboxCustomer),
    /// A code was sent, tried or used.
    Code(SentCode),
    /// A certificate was issued.
    Issued(CustomerCertificateRecord),
    /// A certificate of a customer was revoked.
    Revoked { key: String, serial: String, revocation: Revocation },
}

impl SandboxChange {
    /// Whether losing it in a power failure would break a promise.
    pub(crate) fn is_durable(&self) -> bool {
        !matches!(self, Self::UsedId { .. } | Self::UsedTime { .. } | Self::UploadSeen { .. })
    }
}

impl StateData {
    /// A state with these customers, and nothing else.
    pub(super) fn with_customers(customers: Vec<SandboxCustomer>, codes: Vec<SentCode>) -> Self {
        let codes = codes.into_iter().map(|code| (code.key.clone(), code)).collect();
        Self { customers, codes, ..Self::default() }
    }

    /// A customer of a family.
    pub(crate) fn customer(&self, family: &str, id: &str) -> Option<&SandboxCustomer> {
        self.customers.iter().find(|one| one.family == family && one.customer_id == id)
    }

    /// Whether an id was used within three months.
    pub(crate) fn is_used_id(&self, key: &str, now_ms: i64) -> bool {
        const MONTHS_3_MS: i64 = 92 * 86_400_000;
        self.used_ids.get(key).is_some_and(|at| now_ms - at < MONTHS_3_MS)
    }

    /// Whether a time was used.
    pub(crate) fn is_used_time(&self, key: &str) -> bool {
        self.used_times.contains(key)
    }

    /// Whether a payment file's message id was used within 30 days.
    pub(crate) fn is_used_message_id(&self, key: &str, now_ms: i64) -> bool {
        const DAYS_30_MS: i64 = 30 * 86_400_000;
        self.message_ids.get(key).is_some_and(|at| now_ms - at < DAYS_30_MS)
    }

    /// The books of a customer.
    pub(crate) fn books(&self, key: &str) -> CustomerBooks {
        let opening =
            || CustomerBooks { balance_cents: bankchannel_bank_simulator::DEFAULT_BALANCE_CENTS, statements: 0 };
        self.books.get(key).cloned().unwrap_or_else(opening)
    }

    /// The last code that was sent to a customer.
    pub(crate) fn code(&self, key: &str) -> Option<&SentCode> {
        self.codes.get(key)
    }

    /// The certificate that a customer was given for a key.
    pub(crate) fn issued(&self, key: &str, key_sha256: &str) -> Option<&CustomerCertificateRecord> {
        self.issued.iter().find(|one| one.key == key && one.key_sha256 == key_sha256)
    }

    /// All certificates that were issued, the oldest first.
    pub(crate) fn all_issued(&self) -> &[CustomerCertificateRecord] {
        &self.issued
    }

    /// Whether a newer certificate was issued for the one with this serial number.
    pub(crate) fn is_superseded(&self, key: &str, serial: &str) -> bool {
        self.issued.iter().any(|one| one.key == key && one.signed_with.as_deref() == Some(serial))
    }

    /// When and why a customer's certificate was revoked, by its serial number, hex.
    pub(crate) fn revocation(&self, key: &str, serial: &str) -> Option<Revocation> {
        self.revoked.get(&format!("{key}/{serial}")).copied()
    }

    pub(super) fn apply(&mut self, change: SandboxChange) {
        match change {
            SandboxChange::UsedId { key, at_ms } => drop(self.used_ids.insert(key, at_ms)),
            SandboxChange::UsedTime { key } => drop(self.used_times.insert(key)),
            SandboxChange::UploadSeen { key } => *self.uploads.entry(key).or_default() += 1,
            SandboxChange::MessageId { key, at_ms } => drop(self.message_ids.insert(key, at_ms)),
            SandboxChange::File(file) => {
                self.references += 1;
                self.files.push(file);
            }
            SandboxChange::Downloaded { reference, at_ms } => {
                if let Some(file) = self.files.iter_mut().find(|file| file.reference == reference) {
                    file.downloaded_ms = Some(at_ms);
                }
            }
            SandboxChange::Deleted { reference } => {
                if let Some(file) = self.files.iter_mut().find(|file| file.reference == reference) {
                    file.deleted = true;
                }
            }
            SandboxChange::Books { key, books } => drop(self.books.insert(key, books)),
            SandboxChange::Order(order) => self.orders.push(order),
            SandboxChange::OrderDecided { upload } => self.orders.retain(|order| order.upload != upload),
            SandboxChange::Code(code) => drop(self.codes.insert(code.key.clone(), code)),
            SandboxChange::Issued(issued) => self.issued.push(issued),
            SandboxChange::Revoked { key, serial, revocation } => {
                self.revoked.insert(format!("{key}/{serial}"), revocation);
            }
            SandboxChange::Customer(customer) => {
                // A changed one keeps its place: the first of a family is its client in the readiness line.
                let key = customer.key();
                match self.customers.iter_mut().find(|one| one.key() == key) {
                    Some(known) => *known = customer,
                    None => self.customers.push(customer),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_customer_keeps_its_place() {
        let customer = |id: &str, company: &str| SandboxCustomer {
            family: "op".to_owned(),
            customer_id: id.to_owned(),
            company: company.to_owned(),
            target_id: None,
            standing: CustomerStanding::default(),
            contract: CustomerStanding::default(),
            senders: Vec::new(),
        };
        let mut state = StateData::with_customers(vec![customer("1", "A"), customer("2", "B")], Vec::new());
        state.apply(SandboxChange::Customer(customer("1", "C")));
        state.apply(SandboxChange::Customer(customer("3", "D")));
        let seen: Vec<_> = state.customers.iter().map(|one| (&*one.customer_id, &*one.company)).collect();
        assert_eq!(seen, [("1", "C"), ("2", "B"), ("3", "D")]);
    }
}
