//! Rules for a file and for each of its batches.

use bankchannel_foundation::model::Decimal;

use super::CheckOptions;
use super::duplicates::Seen;
use super::findings::Findings;
use super::party::{PartyCase, check_party, check_text};
use super::transaction::{self, Here};
use crate::cash::Sum;
use crate::data::Party;
use crate::payment::{PaymentBatch, PaymentFile, PaymentKind, PaymentTransaction};
use crate::rules::address::{AddressOf, Settlement};
use crate::rules::{Finding, Rule, calendar, identifier};
use crate::text::quote;

const ROOT: &str = "/Document/CstmrCdtTrfInitn";

/// Category purposes of the external code set (`CtgyPurp/Cd`).
const CATEGORIES: &str = "\
    BONU CASH CBLK CCRD CGWV CIPC CONC CORT DCRD DIVI DVPM EPAY FCDT FCIN FCOL GOVT GP2P HEDG ICCP IDCP INTC INTE \
    LBOX LOAN MP2B MP2P OTHR PENS RPRE RRCT RVPM SALA SECU SSBE SUPP SWEP TAXS TOPA TPRI TPRP TRAD TREA VATX VOST \
    WHLD ZABA";

/// The kind of payments in a batch, as far as the rules depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scheme {
    /// Service level `SEPA`.
    pub(super) sepa: bool,
    /// Local instrument `INST`.
    pub(super) instant: bool,
    /// Service level `URGP`.
    pub(super) urgent: bool,
}

impl Scheme {
    pub(super) fn of(kind: &PaymentKind) -> Self {
        let level = |code: &str| kind.service_levels.iter().any(|level| level.code == code);
        Self {
            sepa: level("SEPA"),
            instant: kind.local_instrument.as_ref().is_some_and(|one| one.code == "INST"),
            urgent: level("URGP"),
        }
    }

    fn settlement(self, batch: &PaymentBatch) -> Settlement {
        let swedish = |one: &PaymentTransaction| one.money.as_ref().is_some_and(|money| money.currency == "SEK");
        let iban = batch.debtor.as_ref().and_then(|party| party.iban.as_deref());
        let national = iban.is_some_and(|iban| iban.starts_with("SE")) && batch.transactions.iter().all(swedish);
        match self {
            Self { sepa: true, instant: true, .. } => Settlement::Instant,
            Self { sepa: true, .. } => Settlement::Sepa,
            _ if national => Settlement::Instant,
            _ => Settlement::Other,
        }
    }
}

/// Applies all rules to a file.
pub(super) fn check_file(file: &PaymentFile, options: &CheckOptions, findings: &mut Findings) {
    header(file, options, findings);
    let mut seen = Seen::new(file);
    let mut number = 0;
    for (at, batch) in file.batches.iter().enumerate() {
        let path = format!("{ROOT}/PmtInf[{}]", at + 1);
        seen.batch(at, &path, findings);
        let scheme = Scheme::of(&batch.kind);
        let case = check_batch(batch, scheme, &path, options, findings);
        for (index, one) in batch.transactions.iter().enumerate() {
            number += 1;
            let here = Here { path: &path, number, index, line: one.line };
            transaction::check(one, batch, &case, &here, findings);
            seen.transaction((at, index), &here, findings);
        }
    }
}

fn header(file: &PaymentFile, options: &CheckOptions, findings: &mut Findings) {
    let path = format!("{ROOT}/GrpHdr");
    check_identifier(file.id.as_deref(), "MsgId", &path, findings);
    let real: u64 = file.batches.iter().map(|batch| batch.transactions.len() as u64).sum();
    count(file.count, real, "AM18", &path, findings);
    sum(file.sum.as_ref(), file.batches.iter().flat_map(|batch| &batch.transactions), "AM10", &path, findings);
    if let Some(name) = file.initiating_party.as_ref().and_then(|party| party.name.as_deref()) {
        check_text(name, "InitgPty/Nm", options, |found| findings.add(found.path(&path)));
    }
    let profile = &options.profile;
    if let Some(max) = profile.file_transactions.filter(|max| real > *max) {
        let message = format!("the file has {real} transactions, more than {max}");
        findings.add(Finding::error(Rule::Size, message, "split it into several files").path(&path));
    }
    let mut dates: Vec<_> = file.batches.iter().filter_map(|batch| Some(batch.execution.as_ref()?.date)).collect();
    dates.sort_unstable();
    dates.dedup();
    if profile.one_date_per_file && dates.len() > 1 {
        let message = format!("the file has {} execution dates, but the bank takes one", dates.len());
        findings.add(Finding::error(Rule::Date, message, "make a file for each date").path(ROOT));
    }
}

/// The batch's data that its transactions are checked against.
pub(super) struct BatchCase<'o> {
    pub(super) scheme: Scheme,
    pub(super) party: PartyCase<'o>,
}

fn check_batch<'o>(
    batch: &PaymentBatch,
    scheme: Scheme,
    path: &str,
    options: &'o CheckOptions,
    findings: &mut Findings,
) -> BatchCase<'o> {
    let at = |found: Finding, inner: &str| found.line(batch.line).path(inner).path(path);
    check_identifier(batch.id.as_deref(), "PmtInfId", path, findings);
    count(batch.count, batch.transactions.len() as u64, "AM20", path, findings);
    sum(batch.sum.as_ref(), batch.transactions.iter(), "AM17", path, findings);
    if let Some(max) = options.profile.batch_transactions.filter(|max| batch.transactions.len() as u64 > *max) {
        let message = format!("the batch has {} transactions, more than {max}", batch.transactions.len());
        findings.add(Finding::error(Rule::Size, message, "split it into several batches").line(batch.line).path(path));
    }
    for (found, inner) in kind_findings(batch, scheme) {
        findings.add(at(found, inner));
    }
    let euro = |one: &PaymentTransaction| one.money.as_ref().is_some_and(|money| money.currency == "EUR");
    let by_target = (scheme.sepa && !scheme.instant) || (scheme.urgent && batch.transactions.iter().all(euro));
    if let Some(moment) = &batch.execution {
        let found = calendar::check_execution_date(moment.date, options.today, by_target, &options.profile);
        findings.extend(found.map(|found| at(found, "ReqdExctnDt")));
    }
    let party = PartyCase {
        options,
        sepa: scheme.sepa,
        settlement: scheme.settlement(batch),
        execution: batch.execution.as_ref().map_or(options.today, |moment| moment.date),
    };
    let mut add = |found: Finding| findings.add(found.line(batch.line).path(path));
    if let Some(debtor) = &batch.debtor {
        check_party(debtor, AddressOf::Debtor, "Dbtr", &party, &mut add);
        check_debtor_account(debtor, scheme, &mut add);
    }
    if let Some(ultimate) = &batch.ultimate_debtor {
        check_party(ultimate, AddressOf::Other, "UltmtDbtr", &party, &mut add);
    }
    BatchCase { scheme, party }
}

fn check_debtor_account(debtor: &Party, scheme: Scheme, add: &mut dyn FnMut(Finding)) {
    match &debtor.iban {
        Some(iban) => {
            if let Err(error) = crate::iban::check(iban) {
                let message = format!("the debtor account, {}, {error}", quote(iban));
                let found = Finding::error(Rule::Account, message, "compare it with the contract of the account");
                add(found.reason("AC02").value(iban).path("DbtrAcct/Id/IBAN"));
            }
        }
        None if scheme.sepa => {
            let found =
                Finding::error(Rule::Account, "the debtor account is not given as an IBAN", "give it in <Id><IBAN>");
            add(found.reason("AC02").path("DbtrAcct"));
        }
        None => {}
    }
}

/// Method, service level, charges and category.
fn kind_findings(batch: &PaymentBatch, scheme: Scheme) -> Vec<(Finding, &'static str)> {
    let mut found = Vec::new();
    if let Some(method) = batch.method.as_deref().filter(|method| *method != "TRF") {
        let warning = Finding::warning(Rule::Kind, "the payment method is not a transfer", "write TRF");
        found.push((warning.value(method).reason("FF03"), "PmtMtd"));
    }
    found.extend(charges(batch.charge_bearer.as_deref(), scheme).map(|finding| (finding, "ChrgBr")));
    if scheme.sepa && batch.kind.priority.as_deref() == Some("HIGH") {
        let warning = Finding::warning(Rule::Kind, "SEPA payments have no priority", "leave out <InstrPrty>");
        found.push((warning.value("HIGH").reason("FF03"), "PmtTpInf/InstrPrty"));
    }
    if let Some(category) = batch.kind.category_purpose.as_ref().filter(|category| !category.proprietary)
        && !CATEGORIES.split_ascii_whitespace().any(|known| known == category.code)
    {
        let warning = Finding::warning(
            Rule::Purpose,
            "the category purpose is not known",
            "use one of the external code set, such as SUPP or SALA",
        );
        found.push((warning.value(&category.code).reason("FF06"), "PmtTpInf/CtgyPurp"));
    }
    if batch.kind != PaymentKind::default() && batch.transactions.iter().any(|one| one.kind != PaymentKind::default()) {
        let warning = Finding::warning(
            Rule::Kind,
            "<PmtTpInf> is given both in the batch and in its transactions",
            "keep that of the batch",
        );
        found.push((warning.reason("CH17"), "PmtTpInf"));
    }
    if batch.charge_bearer.is_some() && batch.transactions.iter().any(|one| one.charge_bearer.is_some()) {
        let warning = Finding::warning(
            Rule::Kind,
            "<ChrgBr> is given both in the batch and in its transactions",
            "keep that of the batch",
        );
        found.push((warning.reason("CH17"), "ChrgBr"));
    }
    if batch.ultimate_debtor.is_some() && batch.transactions.iter().any(|one| one.ultimate_debtor.is_some()) {
        let warning = Finding::warning(
            Rule::Kind,
            "<UltmtDbtr> is given both in the batch and in its transactions",
            "keep one of them",
        );
        found.push((warning.reason("CH17"), "UltmtDbtr"));
    }
    found
}

/// SEPA payments share charges by `SLEV`; urgent ones have no service level for it.
pub(super) fn charges(bearer: Option<&str>, scheme: Scheme) -> Option<Finding> {
    let bearer = bearer?;
    let found = if scheme.sepa && bearer != "SLEV" {
        Finding::warning(Rule::Kind, "SEPA payments have the charge bearer SLEV", "write SLEV, or leave it out")
    } else if scheme.urgent && bearer == "SLEV" {
        Finding::warning(Rule::Kind, "urgent payments do not have the charge bearer SLEV", "write SHAR or DEBT")
    } else {
        return None;
    };
    Some(found.value(bearer).reason("BE19"))
}

/// Checks one of the four identifiers; the schema reports a missing one.
pub(super) fn identifier_finding(id: Option<&str>) -> Option<Finding> {
    let id = id?;
    let error = identifier::check(id).err()?;
    let change = "use at most 35 of a-z A-Z 0-9 / - ? : ( ) . , ' + and blank, no slash at an end, no two in a row";
    Some(Finding::error(Rule::Identifier, format!("the id {error}"), change).value(id).reason("RR10"))
}

fn check_identifier(id: Option<&str>, element: &str, path: &str, findings: &mut Findings) {
    findings.extend(identifier_finding(id).map(|found| found.path(element).path(path)));
}

fn count(stated: Option<u64>, real: u64, reason: &str, path: &str, findings: &mut Findings) {
    let Some(stated) = stated.filter(|stated| *stated != real) else { return };
    let message = format!("<NbOfTxs> says {stated}, but there are {real} transactions");
    let found = Finding::error(Rule::Count, message, format!("write {real}, or add what is missing")).reason(reason);
    findings.add(found.value(&stated.to_string()).path("NbOfTxs").path(path));
}

fn sum<'p>(
    stated: Option<&Decimal>,
    transactions: impl Iterator<Item = &'p PaymentTransaction>,
    reason: &str,
    path: &str,
    findings: &mut Findings,
) {
    let Some(stated) = stated else { return };
    let mut real = Some(Sum::default());
    for one in transactions {
        // An unreadable amount is reported separately.
        let Some(money) = one.money.as_ref().or(one.equivalent.as_ref()) else { return };
        real = real.and_then(|sum| sum.plus(Sum::of(&money.amount)?));
    }
    let difference = real.zip(Sum::of(stated)).and_then(|(real, stated)| real.minus(stated));
    if difference.is_some_and(Sum::is_zero) {
        return;
    }
    let (message, change) = match real {
        Some(real) => (
            format!("<CtrlSum> says {stated}, but the amounts add up to {}", real.text()),
            format!("write {}, or correct the amounts", real.text()),
        ),
        None => ("the sum of the amounts has too many digits".to_owned(), "split the file".to_owned()),
    };
    findings.add(
        Finding::error(Rule::ControlSum, message, change)
            .reason(reason)
            .value(stated.as_str())
            .path("CtrlSum")
            .path(path),
    );
}
