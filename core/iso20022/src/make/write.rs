//! The elements of a payment file, in the order of its schema. All values were checked and converted before.

use bankchannel_foundation::model::{Date, Timestamp};

use super::banks::{IntermediaryBank, NamedBank};
use super::model::{
    CreditTransfer, DocumentKind, GroupData, PaidDocument, PaymentParty, PaymentPriority, PostalAddress,
    RegulatoryReport, TransferKind,
};
use super::prepare::ReadyReference;
use super::seen::TransferIds;
use crate::rules::reference::{ReferencePlacement, TextPlace};
use crate::rules::{PaymentVersion, clearing};
use bankchannel_xml::{XmlLayout, XmlWriter};

/// The number of open elements around a transaction.
const AROUND_TRANSACTION: usize = 3;

/// A writer of transactions.
pub(super) fn transactions(layout: XmlLayout) -> XmlWriter {
    XmlWriter::part(AROUND_TRANSACTION, layout)
}

/// `GrpHdr`, in the document that begins with it.
pub(super) struct GroupHeader<'a> {
    pub(super) message_id: &'a str,
    pub(super) created: &'a str,
    pub(super) count: u64,
    /// Left out for a bank that forbids it.
    pub(super) sum: Option<&'a str>,
    pub(super) initiator: &'a PaymentParty,
}

pub(super) fn header(xml: &mut XmlWriter, header: &GroupHeader<'_>, version: PaymentVersion) {
    xml.nest("GrpHdr", |xml| {
        xml.text("MsgId", header.message_id);
        xml.text("CreDtTm", header.created);
        xml.text("NbOfTxs", &header.count.to_string());
        xml.optional("CtrlSum", header.sum);
        party(xml, "InitgPty", header.initiator, version);
    });
}

/// The part of a batch before its transactions; `PmtInf` stays open.
pub(super) struct BatchHead<'a> {
    pub(super) id: &'a str,
    pub(super) count: u64,
    pub(super) sum: &'a str,
    pub(super) group: &'a GroupData,
    pub(super) kind: TransferKind,
    pub(super) charge_bearer: &'static str,
    pub(super) execution: BatchExecution<'a>,
}

/// The execution date or time of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum BatchExecution<'a> {
    /// On a day.
    Date(Date),
    /// At a moment.
    Time(&'a Timestamp),
}

pub(super) fn batch_head(xml: &mut XmlWriter, head: &BatchHead<'_>, version: PaymentVersion) {
    let group = head.group;
    xml.start("PmtInf");
    xml.text("PmtInfId", head.id);
    xml.text("PmtMtd", "TRF");
    if let Some(once) = group.batch_booking {
        xml.text("BtchBookg", if once { "true" } else { "false" });
    }
    xml.text("NbOfTxs", &head.count.to_string());
    xml.text("CtrlSum", head.sum);
    kind(xml, group, head.kind);
    match (head.execution, version) {
        (BatchExecution::Date(date), PaymentVersion::V03) => xml.text("ReqdExctnDt", &date.to_string()),
        (BatchExecution::Date(date), PaymentVersion::V09) => {
            xml.nest("ReqdExctnDt", |xml| xml.text("Dt", &date.to_string()));
        }
        (BatchExecution::Time(time), _) => xml.nest("ReqdExctnDt", |xml| xml.text("DtTm", &date_time(time))),
    }
    if let Some(debtor) = &group.debtor {
        party(xml, "Dbtr", debtor, version);
        account(xml, "DbtrAcct", debtor);
        agent(xml, "DbtrAgt", &debtor.named_bank(), version);
    }
    if let Some(ultimate) = &group.ultimate_debtor {
        party(xml, "UltmtDbtr", ultimate, version);
    }
    xml.text("ChrgBr", head.charge_bearer);
}

/// `PmtTpInf`.
fn kind(xml: &mut XmlWriter, group: &GroupData, kind: TransferKind) {
    xml.nest("PmtTpInf", |xml| {
        xml.optional("InstrPrty", group.priority.as_ref().map(PaymentPriority::as_str));
        let level = group.service_level.as_deref().unwrap_or(kind.service_level());
        xml.nest("SvcLvl", |xml| xml.text(code_or_own(level), level));
        let instrument = group.local_instrument.as_deref();
        match instrument.or((kind == TransferKind::Instant).then_some("INST")) {
            Some("INST") => xml.nest("LclInstrm", |xml| xml.text("Cd", "INST")),
            Some(own) => xml.nest("LclInstrm", |xml| xml.text("Prtry", own)),
            None => {}
        }
        if let Some(category) = &group.category {
            xml.nest("CtgyPurp", |xml| xml.text("Cd", category));
        }
    });
}

/// The settings on which the form of a file's transactions depends.
#[derive(Debug, Clone, Copy)]
pub(super) struct TransactionForm {
    pub(super) version: PaymentVersion,
    /// Whether a creditor's bank that is not given is written as `NOTPROVIDED`.
    pub(super) marks_absent_bank: bool,
}

/// `CdtTrfTxInf` of a transfer; `amount` is its amount with its currency's number of decimals.
pub(super) fn transaction(
    xml: &mut XmlWriter,
    transfer: &CreditTransfer,
    (amount, currency): (&str, &str),
    ids: &TransferIds,
    references: &[Option<ReadyReference>],
    form: TransactionForm,
) {
    let version = form.version;
    xml.nest("CdtTrfTxInf", |xml| {
        xml.nest("PmtId", |xml| {
            xml.optional("InstrId", ids.instruction.as_deref());
            xml.text("EndToEndId", &ids.end_to_end);
            xml.optional("UETR", ids.uetr.as_deref());
        });
        xml.nest("Amt", |xml| xml.text_with("InstdAmt", ("Ccy", currency), amount));
        let creditor = &transfer.creditor;
        let between = transfer.intermediary_banks.iter().flatten();
        for (bank, names) in between.zip(INTERMEDIARIES) {
            intermediary(xml, bank, names, version);
        }
        let bank = creditor.named_bank();
        if bank.is_given() || form.marks_absent_bank {
            agent(xml, "CdtrAgt", &bank, version);
        }
        party(xml, "Cdtr", creditor, version);
        account(xml, "CdtrAcct", creditor);
        if let Some(ultimate) = &transfer.ultimate_creditor {
            party(xml, "UltmtCdtr", ultimate, version);
        }
        if let Some(text) = &transfer.creditor_bank_instruction {
            xml.nest("InstrForCdtrAgt", |xml| xml.text("InstrInf", text));
        }
        xml.optional("InstrForDbtrAgt", transfer.debtor_bank_instruction.as_deref());
        if let Some(purpose) = &transfer.purpose {
            xml.nest("Purp", |xml| xml.text("Cd", purpose));
        }
        transfer.regulatory_reporting.iter().flatten().for_each(|report| regulatory_report(xml, report));
        remittance(xml, transfer, currency, references);
    });
}

fn regulatory_report(xml: &mut XmlWriter, report: &RegulatoryReport) {
    xml.nest("RgltryRptg", |xml| {
        xml.nest("Dtls", |xml| {
            xml.optional("Cd", report.code.as_deref());
            xml.optional("Inf", report.text.as_deref());
        });
    });
}

/// `RmtInf`: the text, then a structured part for each document, or for the reference alone.
fn remittance(xml: &mut XmlWriter, transfer: &CreditTransfer, currency: &str, references: &[Option<ReadyReference>]) {
    if transfer.text.is_none() && references.is_empty() {
        return;
    }
    let mut documents = transfer.documents.iter().flatten();
    let mut text = transfer.text.as_deref();
    let is_inside =
        references.first().and_then(Option::as_ref).is_some_and(|one| one.text_place == Some(TextPlace::Inside));
    let mut inside = if is_inside { text.take() } else { None };
    xml.nest("RmtInf", |xml| {
        xml.optional("Ustrd", text);
        for creditor_reference in references {
            xml.nest("Strd", |xml| {
                if let Some(paid) = documents.next() {
                    document(xml, paid, currency);
                }
                if let Some(ready) = creditor_reference {
                    reference(xml, ready);
                }
                xml.optional("AddtlRmtInf", inside.take());
            });
        }
    });
}

fn document(xml: &mut XmlWriter, document: &PaidDocument, currency: &str) {
    let (code, amount) = match document.kind {
        DocumentKind::Invoice => ("CINV", "RmtdAmt"),
        DocumentKind::CreditNote => ("CREN", "CdtNoteAmt"),
    };
    xml.nest("RfrdDocInf", |xml| {
        xml.nest("Tp", |xml| xml.nest("CdOrPrtry", |xml| xml.text("Cd", code)));
        xml.optional("Nb", document.number.as_deref());
        if let Some(date) = document.date {
            xml.text("RltdDt", &date.to_string());
        }
    });
    if let Some(value) = &document.amount {
        xml.nest("RfrdDocAmt", |xml| xml.text_with(amount, ("Ccy", currency), value.as_str()));
    }
}

fn reference(xml: &mut XmlWriter, reference: &ReadyReference) {
    xml.nest("CdtrRefInf", |xml| {
        let ReferencePlacement { code, proprietary, issuer } = reference.placement;
        xml.nest("Tp", |xml| {
            xml.nest("CdOrPrtry", |xml| xml.text(if proprietary { "Prtry" } else { "Cd" }, code));
            xml.optional("Issr", issuer);
        });
        xml.text("Ref", &reference.text);
    });
}

/// A party with name, address and number.
fn party(xml: &mut XmlWriter, name: &'static str, party: &PaymentParty, version: PaymentVersion) {
    xml.nest(name, |xml| {
        xml.optional("Nm", party.name.as_deref());
        if let Some(given) = &party.address {
            address(xml, given);
        }
        let lei = party.lei.as_deref().filter(|_| version == PaymentVersion::V09);
        if party.identifier.is_none() && lei.is_none() {
            return;
        }
        xml.nest("Id", |xml| {
            xml.nest(if party.person == Some(true) { "PrvtId" } else { "OrgId" }, |xml| {
                xml.optional("LEI", lei);
                if let Some(number) = &party.identifier {
                    xml.nest("Othr", |xml| {
                        xml.text("Id", number);
                        scheme(xml, party.identifier_scheme.as_deref());
                        xml.optional("Issr", party.identifier_issuer.as_deref());
                    });
                }
            });
        });
    });
}

/// The fields of an address in the order of both versions' schemas.
fn address(xml: &mut XmlWriter, address: &PostalAddress) {
    xml.nest("PstlAdr", |xml| address.texts().for_each(|(element, text)| xml.optional(element, text)));
}

/// An account, by its IBAN or another number.
fn account(xml: &mut XmlWriter, name: &'static str, party: &PaymentParty) {
    xml.nest(name, |xml| {
        account_number(xml, party.iban.as_deref(), party.account.as_deref(), party.account_scheme.as_deref());
        xml.optional("Ccy", party.account_currency.as_deref());
    });
}

fn account_number(xml: &mut XmlWriter, iban: Option<&str>, number: Option<&str>, scheme: Option<&str>) {
    xml.nest("Id", |xml| match iban {
        Some(iban) => xml.text("IBAN", iban),
        None => xml.nest("Othr", |xml| {
            xml.optional("Id", number);
            self::scheme(xml, scheme);
        }),
    });
}

/// The elements of the banks in between, and of their accounts.
const INTERMEDIARIES: [(&str, &str); 3] =
    [("IntrmyAgt1", "IntrmyAgt1Acct"), ("IntrmyAgt2", "IntrmyAgt2Acct"), ("IntrmyAgt3", "IntrmyAgt3Acct")];

fn intermediary(
    xml: &mut XmlWriter,
    bank: &IntermediaryBank,
    names: (&'static str, &'static str),
    version: PaymentVersion,
) {
    agent(xml, names.0, &bank.named(), version);
    if bank.iban.is_some() || bank.account.is_some() {
        xml.nest(names.1, |xml| account_number(xml, bank.iban.as_deref(), bank.account.as_deref(), None));
    }
}

/// A bank by its BIC, its clearing number or its name, or the marker that it is not given.
fn agent(xml: &mut XmlWriter, name: &'static str, named: &NamedBank<'_>, version: PaymentVersion) {
    xml.nest(name, |xml| {
        xml.nest("FinInstnId", |xml| {
            let bic = if version == PaymentVersion::V03 { "BIC" } else { "BICFI" };
            xml.optional(bic, named.bic.as_deref());
            let details = named.bank;
            if let Some(number) = details.and_then(|bank| bank.clearing_number.as_deref()) {
                xml.nest("ClrSysMmbId", |xml| {
                    if let Some(system) = details.and_then(|bank| bank.clearing_system.as_deref()) {
                        let element = if clearing::is_code(system) { "Cd" } else { "Prtry" };
                        xml.nest("ClrSysId", |xml| xml.text(element, system));
                    }
                    xml.text("MmbId", number);
                });
            }
            xml.optional("Nm", named.bank_name.as_deref());
            if let Some(given) = details.and_then(|bank| bank.address.as_ref()) {
                address(xml, given);
            }
            if !named.is_given() {
                xml.nest("Othr", |xml| xml.text("Id", "NOTPROVIDED"));
            }
        });
    });
}

fn scheme(xml: &mut XmlWriter, name: Option<&str>) {
    if let Some(name) = name {
        xml.nest("SchmeNm", |xml| xml.text(code_or_own(name), name));
    }
}

/// The codes of ISO 20022's lists that are not names of the banks: of service levels, of account numbers, and of the
/// numbers of organisations and persons.
const CODES: &[&str] = &[
    "SEPA", "URGP", "URNS", "NURG", "SDVA", "NUGP", "INST", "PRPT", "BKTR", "G001", "G002", "G003", "G004", "AIIN",
    "BBAN", "CUID", "UPIC", "BANK", "CBID", "CHID", "CINC", "COID", "CUST", "DUNS", "EMPL", "GS1G", "SREN", "SRET",
    "TXID", "BDID", "BOID", "ARNU", "CCPT", "DRLC", "NIDN", "SOSE", "TELE",
];

/// `Cd` for a code of ISO 20022, `Prtry` for a name of the banks.
fn code_or_own(name: &str) -> &'static str {
    if CODES.contains(&name) { "Cd" } else { "Prtry" }
}

/// The moment of execution as written: with its own offset, in whole seconds.
fn date_time(time: &Timestamp) -> String {
    let text = time.as_str();
    let (whole, rest) = text.split_at_checked("2026-11-20T08:00:00".len()).unwrap_or((text, ""));
    let offset = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    whole.replace([' ', 't'], "T") + &offset.replace('z', "Z")
}
