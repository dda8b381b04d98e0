//! Payment status reports (`pain.002`) as typed results, versions 2 to 14.

use std::io::Read;

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Decimal;

use crate::archive::{ArchiveContent, UnpackLimits, each_file, none_of};
use crate::cash::Charge;
use crate::data::{
    Code, ElementValues, HeldCount, MessageName, MessageSequence, Moment, Money, Remittance, SharedParty,
    UnreadElement, UnreadTally, owned, placeholder,
};
use crate::meaning;
use crate::payee_check::{self, PayeeCheck, PayeeCheckSummary};
use crate::rules::Finding;
use bankchannel_xml::XmlFault;
use bankchannel_xml::{XmlElement, XmlRecord};

/// The newest version whose fields are supported.
const NEWEST: u32 = 14;

/// The status reports of a file: usually one; banks also put several into one download.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatusFile {
    /// The reports, in order.
    pub reports: Vec<StatusReport>,
    /// The files of an archive; left out if the file is none.
    pub archive: Option<Box<ArchiveContent>>,
}

/// The bank's status of a payment file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatusReport {
    /// The line in the file, from 1.
    pub line: u64,
    /// The report's message name, by its namespace.
    pub message: MessageName,
    /// The name of the file in an archive that it comes from.
    pub member: Option<String>,
    /// The report's own message id.
    pub id: Option<String>,
    /// When the report was made.
    pub created: Option<Moment>,
    /// The BIC of the bank that has the debtor's account.
    pub debtor_bank_bic: Option<String>,
    /// The message id of the payment file.
    pub original_message_id: Option<String>,
    /// The message name of the payment file, such as `pain.001.001.09`; banks spell it in several ways.
    pub original_message_name: Option<String>,
    /// When the payment file was made.
    pub original_created: Option<Moment>,
    /// The number of transactions that the payment file declares.
    pub original_count: Option<u64>,
    /// The control sum of the payment file.
    pub original_sum: Option<Decimal>,
    /// The status of the whole file.
    pub status: Option<Code>,
    /// The reasons for it.
    pub reasons: Vec<StatusReason>,
    /// The number of transactions by status.
    pub counts: Vec<StatusCount>,
    /// The payee check of the whole, if this is a report of one. The order then waits at the bank: nothing is paid.
    pub payee_check: Option<Box<PayeeCheckSummary>>,
    /// The batches of the payment file that the report names, in order.
    pub batches: Vec<BatchStatus>,
    /// Remarks on the file.
    pub notes: Vec<String>,
    /// Values that could not be read.
    pub problems: Vec<Finding>,
    /// Elements that are in no field.
    pub unread: Vec<UnreadElement>,
}

/// The bank's status of a batch: the transactions of one payment information.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BatchStatus {
    /// The line in the file, from 1.
    pub line: u64,
    /// The payment information id; left out if a report lists transactions without it.
    pub payment_id: Option<String>,
    /// The number of transactions that the batch declares.
    pub original_count: Option<u64>,
    /// The control sum of the batch.
    pub original_sum: Option<Decimal>,
    /// The status of the batch.
    pub status: Option<Code>,
    /// The reasons for it.
    pub reasons: Vec<StatusReason>,
    /// The number of transactions by status.
    pub counts: Vec<StatusCount>,
    /// The transactions that the report names, in order.
    pub transactions: Vec<TransactionStatus>,
}

/// The bank's status of a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct TransactionStatus {
    /// The line in the file, from 1.
    pub line: u64,
    /// The status's own id.
    pub status_id: Option<String>,
    /// The instruction id of the payment file.
    pub instruction_id: Option<String>,
    /// The end-to-end id of the payment file; left out if its value means that there is none.
    pub end_to_end_id: Option<String>,
    /// The UETR, a UUID.
    pub uetr: Option<String>,
    /// The status.
    pub status: Option<Code>,
    /// The reasons for it.
    pub reasons: Vec<StatusReason>,
    /// The result of the payee check, in a report of one.
    pub payee_check: Option<Box<PayeeCheck>>,
    /// The charges.
    pub charges: Vec<Charge>,
    /// When the order was accepted.
    pub accepted: Option<Moment>,
    /// The account servicer's reference, by which a statement names the booking.
    pub servicer_reference: Option<String>,
    /// The clearing system's reference.
    pub clearing_reference: Option<String>,
    /// The amount, as repeated by the bank.
    pub money: Option<Money>,
    /// The execution date, as repeated by the bank.
    pub execution: Option<Moment>,
    /// The party that pays, as repeated by the bank.
    pub debtor: Option<SharedParty>,
    /// The party that is paid, as repeated by the bank.
    pub creditor: Option<SharedParty>,
    /// The remittance information, as repeated by the bank.
    pub remittance: Remittance,
}

/// The reason for a status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatusReason {
    /// The reason.
    pub code: Option<Code>,
    /// Further lines of text, in order.
    pub information: Vec<String>,
    /// The party that gives the reason.
    pub originator: Option<String>,
}

/// The number of transactions with a status.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatusCount {
    /// The status.
    pub status: Option<Code>,
    /// The number of transactions with it.
    pub count: Option<u64>,
    /// Their sum.
    pub sum: Option<Decimal>,
}

/// Reads a status report (`pain.002`), or several in one file.
///
/// # Errors
/// The file is not XML, is refused by a limit, or is not a status report.
pub fn read_status_report(input: impl Read) -> Result<StatusFile, XmlFault> {
    read_with_encoding(input, None)
}

/// The same for a file that declares no encoding or a wrong one.
///
/// # Errors
/// As [`read_status_report`]; the encoding is not supported.
pub fn read_with_encoding(input: impl Read, encoding: Option<&str>) -> Result<StatusFile, XmlFault> {
    read_held(input, encoding, HeldCount::default(), UnpackLimits::default())
}

/// The same for a file with at most this many transactions and batches.
pub(crate) fn read_held(
    input: impl Read,
    encoding: Option<&str>,
    mut held: HeldCount,
    limits: UnpackLimits,
) -> Result<StatusFile, XmlFault> {
    let mut reports = Vec::new();
    let archive = each_file(input, limits, &mut |name, _, content| {
        let mut own = read_reports(content, encoding, &mut held)?;
        own.iter_mut().for_each(|report| report.member = name.map(str::to_owned));
        reports.append(&mut own);
        Ok(())
    })?;
    if archive.as_ref().is_some_and(|archive| archive.is_all_unread()) {
        return Err(none_of(archive.as_deref(), "status report"));
    }
    Ok(StatusFile { reports, archive })
}

/// The reports of one file.
fn read_reports(input: impl Read, encoding: Option<&str>, held: &mut HeldCount) -> Result<Vec<StatusReport>, XmlFault> {
    let mut file = MessageSequence::open(input, encoding)?;
    let (mut reports, mut record) = (Vec::new(), XmlRecord::default());
    let wanted = |name: &str| is_report(name).then_some(());
    while file.next_message(wanted, ("status report", "choose a file of type pain.002"))?.is_some() {
        file.count(held)?;
        let mut report = StatusReport::begin(&file);
        let mut unread = UnreadTally::default();
        while file.next_child()? {
            match file.tag.name.as_str() {
                "GrpHdr" | "OrgnlGrpInfAndSts" => {
                    file.read(&mut record)?;
                    report.group(record.finish());
                    unread.add(&AROUND, record.finish());
                }
                "OrgnlPmtInfAndSts" => report.batch(&mut file, &mut record, held, &mut unread)?,
                "TxInfAndSts" => {
                    file.read(&mut record)?;
                    file.count(held)?;
                    report.transaction(record.finish());
                    unread.add(&AROUND, record.finish());
                }
                _ => unread.skip(&mut file.tokens)?,
            }
        }
        report.unread = unread.found();
        payee_check::settle(&mut report);
        reports.push(report);
    }
    Ok(reports)
}

/// Whether an element of this name is a status report; version 2 names it after the message.
pub(crate) fn is_report(name: &str) -> bool {
    name == "CstmrPmtStsRpt" || name.starts_with("pain.002.")
}

const PATH: &str = "/Document/CstmrPmtStsRpt";
/// The names of the elements around a batch.
const AROUND: [&str; 2] = ["Document", "CstmrPmtStsRpt"];

impl StatusReport {
    /// Its statuses at all levels, from the file to the transactions.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = &Code> {
        let of_batches = self.batches.iter().flat_map(|batch| {
            batch.status.iter().chain(batch.transactions.iter().filter_map(|one| one.status.as_ref()))
        });
        self.status.iter().chain(of_batches)
    }

    fn begin(file: &MessageSequence<'_>) -> Self {
        Self {
            line: file.tag.line,
            message: file.name(),
            member: None,
            id: None,
            created: None,
            debtor_bank_bic: None,
            original_message_id: None,
            original_message_name: None,
            original_created: None,
            original_count: None,
            original_sum: None,
            status: None,
            reasons: Vec::new(),
            counts: Vec::new(),
            payee_check: None,
            batches: Vec::new(),
            notes: file.notes(NEWEST),
            problems: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Reads the header of the report, or the status of the whole file.
    fn group(&mut self, element: XmlElement<'_>) {
        let base = || format!("{PATH}/{}", element.name());
        let mut values = ElementValues::new(element, &base);
        let text = |path: &str| owned(element.value(path));
        let mut moment = |path: &str| element.find(path).and_then(|time| values.moment(time));
        if element.name() == "GrpHdr" {
            (self.id, self.created) = (text("MsgId"), moment("CreDtTm"));
            self.debtor_bank_bic = owned(element.first(&["DbtrAgt/FinInstnId/BICFI", "DbtrAgt/FinInstnId/BIC"]));
        } else {
            self.original_message_id = text("OrgnlMsgId");
            self.original_message_name = text("OrgnlMsgNmId");
            self.original_created = moment("OrgnlCreDtTm");
            self.original_count = values.count(element, "OrgnlNbOfTxs");
            self.original_sum = element.child("OrgnlCtrlSum").and_then(|sum| values.decimal(sum));
            self.status = Code::read(element.child("GrpSts"), meaning::status);
            self.reasons = reasons(element);
            self.counts = counts(element, &mut values);
        }
        values.move_to(&mut self.problems);
    }

    fn batch(
        &mut self,
        file: &mut MessageSequence<'_>,
        record: &mut XmlRecord,
        held: &mut HeldCount,
        unread: &mut UnreadTally,
    ) -> Result<(), XmlFault> {
        let path = format!("{PATH}/OrgnlPmtInfAndSts[{}]", self.batches.len() + 1);
        let (mut transactions, mut problems) = (Vec::new(), Vec::new());
        file.parts(record, held, "TxInfAndSts", |_, element| {
            let base = || format!("{path}/TxInfAndSts[{}]", transactions.len() + 1);
            let mut values = ElementValues::new(element, &base);
            let one = TransactionStatus::read(element, &mut values);
            values.move_to(&mut problems);
            unread.add(&[AROUND[0], AROUND[1], "OrgnlPmtInfAndSts"], element);
            transactions.push(one);
        })?;
        let element = record.finish();
        let base = || path.clone();
        let mut values = ElementValues::new(element, &base);
        self.batches.push(BatchStatus {
            line: element.line(),
            payment_id: owned(element.value("OrgnlPmtInfId")),
            original_count: values.count(element, "OrgnlNbOfTxs"),
            original_sum: element.child("OrgnlCtrlSum").and_then(|sum| values.decimal(sum)),
            status: Code::read(element.child("PmtInfSts"), meaning::status),
            reasons: reasons(element),
            counts: counts(element, &mut values),
            transactions,
        });
        unread.add(&AROUND, element);
        values.problems.append(&mut problems);
        values.move_to(&mut self.problems);
        Ok(())
    }

    /// A transaction directly below the report, as in version 2.
    fn transaction(&mut self, element: XmlElement<'_>) {
        if self.batches.last().is_none_or(|batch| batch.payment_id.is_some()) {
            self.batches.push(BatchStatus { line: element.line(), ..BatchStatus::default() });
        }
        let Some(batch) = self.batches.last_mut() else { return };
        let base = || format!("{PATH}/TxInfAndSts[{}]", batch.transactions.len() + 1);
        let mut values = ElementValues::new(element, &base);
        let one = TransactionStatus::read(element, &mut values);
        values.move_to(&mut self.problems);
        batch.transactions.push(one);
    }
}

impl TransactionStatus {
    fn read(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let text = |path: &str| owned(element.value(path).filter(|text| !placeholder(text)));
        let original = element.child("OrgnlTxRef");
        let inside = |name: &str| original.and_then(|original| original.child(name));
        let party =
            |party: &str, account: &str, agent: &str| SharedParty::read(inside(party), inside(account), inside(agent));
        let amount = inside("Amt").and_then(|amount| amount.child("InstdAmt").or_else(|| amount.find("EqvtAmt/Amt")));
        Self {
            line: element.line(),
            status_id: text("StsId"),
            instruction_id: text("OrgnlInstrId"),
            end_to_end_id: text("OrgnlEndToEndId"),
            uetr: text("OrgnlUETR"),
            status: Code::read(element.child("TxSts"), meaning::status),
            reasons: reasons(element),
            payee_check: None,
            charges: element.all("ChrgsInf").filter_map(|charge| Charge::read(charge, values)).collect(),
            accepted: element.child("AccptncDtTm").and_then(|time| values.moment(time)),
            servicer_reference: text("AcctSvcrRef"),
            clearing_reference: text("ClrSysRef"),
            money: amount.and_then(|amount| values.money(amount)),
            execution: inside("ReqdExctnDt").and_then(|date| values.choice(date)),
            debtor: party("Dbtr", "DbtrAcct", "DbtrAgt"),
            creditor: party("Cdtr", "CdtrAcct", "CdtrAgt"),
            remittance: Remittance::read(inside("RmtInf"), values),
        }
    }
}

fn reasons(element: XmlElement<'_>) -> Vec<StatusReason> {
    let read = |reason: XmlElement<'_>| StatusReason {
        code: Code::read(reason.child("Rsn"), meaning::reason),
        information: reason.all("AddtlInf").map(|line| line.text().to_owned()).collect(),
        originator: owned(reason.first(&["Orgtr/Nm", "Orgtr/Id/OrgId/AnyBIC", "Orgtr/Id/OrgId/BICOrBEI"])),
    };
    element.children().filter(|child| child.name() == "StsRsnInf").map(read).collect()
}

fn counts(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Vec<StatusCount> {
    let read = |one: XmlElement<'_>| StatusCount {
        status: Code::read(one.child("DtldSts"), meaning::status),
        count: values.count(one, "DtldNbOfTxs"),
        sum: one.child("DtldCtrlSum").and_then(|sum| values.decimal(sum)),
    };
    element.all("NbOfTxsPerSts").map(read).collect()
}
