//! The bank's files about an upload: status reports, notification, statement.

use bankchannel_bank_simulator::{BankDecision, PayeeReports};

use crate::{
    dialect::BankDialect,
    state::{CustomerBooks, FileKind, SandboxFile},
};

const DAY_MS: i64 = 86_400_000;

/// How long after its first report the results of a payee that is checked late come, milliseconds.
pub(crate) const LATE_MS: i64 = 30_000;

/// A file's reference by its number.
pub(crate) fn reference(number: u64) -> String {
    format!("{:011}", 31_000_000_000 + number)
}

/// Makes the bank's files about one upload.
pub(crate) struct BankAnswerFiles<'a> {
    pub(crate) dialect: &'static BankDialect,
    pub(crate) customer_id: &'a str,
    pub(crate) target_id: Option<String>,
    /// The reference of the upload.
    pub(crate) parent: &'a str,
    /// The number of the first reference.
    pub(crate) first: u64,
    pub(crate) files: Vec<(SandboxFile, Vec<u8>)>,
}

impl BankAnswerFiles<'_> {
    fn add(&mut self, file_type: &str, at_ms: i64, bytes: Vec<u8>) {
        let file = SandboxFile {
            reference: reference(self.first + self.files.len() as u64),
            family: self.dialect.name().to_owned(),
            customer_id: self.customer_id.to_owned(),
            target_id: self.target_id.clone(),
            kind: FileKind::Download,
            file_type: file_type.to_owned(),
            user_filename: None,
            service_id: None,
            parent: Some(self.parent.to_owned()),
            at_ms,
            downloaded_ms: None,
            deleted: false,
            deletable: false,
            sha256: String::new(),
            bytes: bytes.len() as u64,
        };
        self.files.push((file, bytes));
    }

    /// The answers to a payment that the bank has decided about: a status report and a notification at once, a statement the
    /// next day. Returns the books afterwards. In the test environment nothing is booked.
    pub(crate) fn decided(&mut self, decision: BankDecision, at_ms: i64, books: bool) -> Option<CustomerBooks> {
        match decision {
            BankDecision::Rejected { pain002 } => self.add(self.dialect.status_report, at_ms, pain002),
            BankDecision::Accepted { pain002, camt054, camt053, new_ledger } => {
                self.add(self.dialect.status_report, at_ms, pain002);
                if books {
                    self.add(self.dialect.notification, at_ms, camt054);
                    let tomorrow = (at_ms.div_euclid(DAY_MS) + 1) * DAY_MS;
                    self.add(self.dialect.statement, tomorrow, camt053);
                    return CustomerBooks::from_ledger(&new_ledger);
                }
            }
        }
        None
    }

    /// The reports of a payee check. Returns when its results are there.
    pub(crate) fn checked(&mut self, reports: PayeeReports, at_ms: i64) -> i64 {
        let done_ms = if reports.running.is_some() { at_ms + LATE_MS } else { at_ms };
        if let Some(running) = reports.running {
            self.add(self.dialect.status_report, at_ms, running);
        }
        self.add(self.dialect.status_report, done_ms, reports.done);
        done_ms
    }
}
