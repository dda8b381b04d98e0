//! Rules for a file and for each of its batches.

use bankchannel_foundation::model::{Date, Decimal};

use super::CheckOptions;
use super::party::{NameRule, PartyCase, account_place, check_party, check_text, has_clearing_number};
use super::tally::{ControlSum, TransactionTally};
use crate::cash::DecimalSum;
use crate::data::{Code, Party};
use crate::iban;
use crate::payment::{PaymentBatch, PaymentFile, PaymentKind, PaymentTransaction};
use crate::rules::address::{AddressOf, AddressSettlement};
use crate::rules::charges::{self, ChargeScheme};
use crate::rules::{BankProfile, Finding, Rule, calendar, identifier, national_account, payee, priority, purpose};
use crate::text::quote;

/// The kind of payments in a batch, as far as the rules depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchScheme {
    /// Service level `SEPA`.
    pub(super) sepa: bool,
    /// Local instrument `INST`.
    pub(super) instant: bool,
    /// Service level `URGP`.
    pub(super) urgent: bool,
    /// Neither a service level nor a local instrument.
    pub(super) unnamed: bool,
}

impl BatchScheme {
    pub(super) fn for_kind(kind: &PaymentKind) -> Self {
        let level = |code: &str| kind.service_levels.iter().any(|level| level.code == code);
        Self {
            sepa: level("SEPA"),
            instant: kind.local_instrument.as_ref().is_some_and(|one| one.code == "INST"),
            urgent: level("URGP"),
            unnamed: kind.service_levels.is_empty() && kind.local_instrument.is_none(),
        }
    }

    /// Which rules its names have; banks take payments in euros with `SLEV` for those of SEPA.
    pub(super) fn names(self, is_in_euro: bool, bearer: Option<&str>) -> NameRule {
        match self {
            Self { sepa: true, .. } => NameRule::Sepa,
            Self { unnamed: true, .. } if is_in_euro && bearer == Some("SLEV") => NameRule::LikelySepa,
            _ => NameRule::Schema,
        }
    }

    /// How its charges are shared.
    pub(super) fn charges(self) -> ChargeScheme {
        match self {
            Self { sepa: true, .. } => ChargeScheme::Sepa,
            Self { urgent: true, .. } => ChargeScheme::Urgent,
            _ => ChargeScheme::Other,
        }
    }

    /// How it is settled; `national` for Swedish payments in kronor.
    fn settlement(self, national: bool) -> AddressSettlement {
        match self {
            Self { sepa: true, instant: true, .. } => AddressSettlement::Instant,
            Self { sepa: true, .. } => AddressSettlement::Sepa,
            _ if national => AddressSettlement::Instant,
            _ => AddressSettlement::Other,
        }
    }
}

/// The facts on a batch's transactions on which its rules depend.
pub(super) struct BatchFacts {
    /// Whether all amounts are in Swedish kronor, and in euros.
    swedish: bool,
    euro: bool,
    /// Whether a transaction is of SEPA by a kind of its own.
    pub(super) own_sepa: bool,
    /// Whether one is taken for SEPA by its own charge bearer.
    own_likely_sepa: bool,
    /// Whether a transaction has a kind, a charge bearer, an ultimate debtor of its own.
    own_kind: bool,
    own_bearer: bool,
    own_ultimate_debtor: bool,
}

impl Default for BatchFacts {
    fn default() -> Self {
        Self {
            swedish: true,
            euro: true,
            own_sepa: false,
            own_likely_sepa: false,
            own_kind: false,
            own_bearer: false,
            own_ultimate_debtor: false,
        }
    }
}

impl BatchFacts {
    pub(super) fn add(&mut self, one: &PaymentTransaction) {
        self.swedish &= is_in(one, "SEK");
        self.euro &= is_in(one, "EUR");
        self.own_sepa |= BatchScheme::for_kind(&one.kind).sepa;
        self.own_kind |= one.kind != PaymentKind::default();
        self.own_bearer |= one.charge_bearer.is_some();
        let own = BatchScheme::for_kind(&one.kind).names(is_in(one, "EUR"), one.charge_bearer.as_deref());
        self.own_likely_sepa |= own == NameRule::LikelySepa;
        self.own_ultimate_debtor |= one.ultimate_debtor.is_some();
    }

    /// Which rules the names have that all its transactions share.
    pub(super) fn names(&self, batch: &PaymentBatch, scheme: BatchScheme) -> NameRule {
        match scheme.names(self.euro, batch.charge_bearer.as_deref()) {
            _ if self.own_sepa => NameRule::Sepa,
            NameRule::Schema if self.own_likely_sepa && scheme.unnamed => NameRule::LikelySepa,
            names => names,
        }
    }
}

pub(super) fn is_in(one: &PaymentTransaction, currency: &str) -> bool {
    one.money.as_ref().is_some_and(|money| money.currency == currency)
}

/// The rules of the header, without its counts and sums: paths are below it.
pub(super) fn header(file: &PaymentFile, options: &CheckOptions) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        identifier_finding(file.id.as_deref()).map(|one| one.path("MsgId")).into_iter().collect();
    if let Some(name) = file.initiating_party.as_ref().and_then(|party| party.name.as_deref()) {
        check_text(name, "InitgPty/Nm", options, |one| found.push(one));
    }
    found
}

/// The data of a batch that its transactions are checked against.
pub(super) struct BatchCase<'o> {
    pub(super) scheme: BatchScheme,
    options: &'o CheckOptions,
    charge_bearer: Option<String>,
    swedish_debtor: bool,
    execution: Date,
}

impl<'o> BatchCase<'o> {
    pub(super) fn new(batch: &PaymentBatch, scheme: BatchScheme, options: &'o CheckOptions) -> Self {
        let iban = batch.debtor.as_ref().and_then(|party| party.iban.as_deref());
        Self {
            scheme,
            options,
            charge_bearer: batch.charge_bearer.clone(),
            swedish_debtor: iban.is_some_and(|iban| iban.starts_with("SE")),
            execution: batch.execution.as_ref().map_or(options.today, |moment| moment.date),
        }
    }

    /// The options for a party of a transaction.
    pub(super) fn party(&self, one: &PaymentTransaction, scheme: BatchScheme) -> PartyCase<'o> {
        let bearer = one.charge_bearer.as_deref().or(self.charge_bearer.as_deref());
        self.party_case(scheme, scheme.names(is_in(one, "EUR"), bearer), is_in(one, "SEK"))
    }

    fn party_case(&self, scheme: BatchScheme, names: NameRule, swedish: bool) -> PartyCase<'o> {
        PartyCase {
            options: self.options,
            names,
            settlement: scheme.settlement(self.swedish_debtor && swedish),
            execution: self.execution,
        }
    }
}

/// The rules of a batch whose transactions were read; paths are below it.
pub(super) fn check(
    batch: &PaymentBatch,
    tally: &TransactionTally,
    facts: &BatchFacts,
    options: &CheckOptions,
    add: &mut dyn FnMut(Finding),
) {
    let scheme = BatchScheme::for_kind(&batch.kind);
    let profile = &options.profile;
    let counts = [
        identifier_finding(batch.id.as_deref()).map(|found| found.path("PmtInfId")),
        count(batch.count, tally.count, "AM20"),
        sum(batch.sum.as_ref(), tally.sum(), "AM17"),
        size(tally.count, profile.batch_transactions, "batch"),
    ];
    counts.into_iter().flatten().for_each(&mut *add);
    for (found, inner) in kind_findings(batch, scheme, facts) {
        add(found.path(inner));
    }
    let by_target = (scheme.sepa && !scheme.instant) || (scheme.urgent && facts.euro);
    if options.judges_dates
        && let Some(moment) = &batch.execution
        && let Some(found) = calendar::check_execution_date(moment.date, options.today, by_target, profile)
    {
        add(found.path("ReqdExctnDt"));
    }
    if options.judges_dates && !scheme.instant && batch.execution.as_ref().is_some_and(|moment| moment.time.is_some()) {
        add(calendar::time_without_instant().path("ReqdExctnDt"));
    }
    let party = BatchCase::new(batch, scheme, options).party_case(scheme, facts.names(batch, scheme), facts.swedish);
    if let Some(debtor) = &batch.debtor {
        check_party(debtor, AddressOf::Debtor, "Dbtr", &party, &mut *add);
        check_debtor_account(debtor, scheme, &mut *add);
    }
    if let Some(ultimate) = &batch.ultimate_debtor {
        check_party(ultimate, AddressOf::Other, "UltmtDbtr", &party, &mut *add);
    }
}

fn check_debtor_account(debtor: &Party, scheme: BatchScheme, add: &mut dyn FnMut(Finding)) {
    let iban = debtor.iban.as_deref();
    if iban.is_some_and(iban::is_swiss) && debtor.bic.is_none() && !has_clearing_number(debtor) {
        add(payee::unnamed_swiss_bank(iban).path("DbtrAgt"));
    }
    match &debtor.iban {
        Some(iban) => {
            if let Err(error) = iban::check(iban) {
                let message = format!("the debtor account, {}, {error}", quote(iban));
                let found = Finding::error(Rule::Account, message, "compare it with the contract of the account");
                add(found.reason("AC02").value(iban).path("DbtrAcct/Id/IBAN"));
            } else if let Some(found) = payee::paying_qr(iban) {
                add(found.path("DbtrAcct/Id/IBAN"));
            }
        }
        None if scheme.sepa => {
            let found =
                Finding::error(Rule::Account, "the debtor account is not given as an IBAN", "give it in <Id><IBAN>");
            add(found.reason("AC02").path("DbtrAcct"));
        }
        None => {
            let (scheme, country) = (debtor.account_scheme.as_deref(), account_place(debtor).account_country());
            let number = debtor.account.as_deref();
            if let Some(found) = number.and_then(|number| national_account::check(number, scheme, country)) {
                add(found.reason("AC02").path("DbtrAcct/Id/Othr/Id"));
            }
        }
    }
}

/// Method, service level, charges and category.
fn kind_findings(batch: &PaymentBatch, scheme: BatchScheme, facts: &BatchFacts) -> Vec<(Finding, &'static str)> {
    let mut found = Vec::new();
    if let Some(method) = batch.method.as_deref().filter(|method| *method != "TRF") {
        let warning = Finding::warning(Rule::Kind, "the payment method is not a transfer", "write TRF");
        found.push((warning.value(method).reason("FF03"), "PmtMtd"));
    }
    found.extend(
        charges::check(batch.charge_bearer.as_deref(), scheme.charges(), facts.euro).map(|finding| (finding, "ChrgBr")),
    );
    let priority = priority::in_sepa(batch.kind.priority.as_deref()).filter(|_| scheme.sepa);
    found.extend(priority.map(|finding| (finding, "PmtTpInf/InstrPrty")));
    found.extend(category(&batch.kind).map(|finding| (finding, CATEGORY)));
    if batch.kind != PaymentKind::default() && facts.own_kind {
        let warning = Finding::warning(
            Rule::Kind,
            "<PmtTpInf> is given both in the batch and in its transactions",
            "keep that of the batch",
        );
        found.push((warning.reason("CH17"), "PmtTpInf"));
    }
    if batch.charge_bearer.is_some() && facts.own_bearer {
        let warning = Finding::warning(
            Rule::Kind,
            "<ChrgBr> is given both in the batch and in its transactions",
            "keep that of the batch",
        );
        found.push((warning.reason("CH17"), "ChrgBr"));
    }
    if batch.ultimate_debtor.is_some() && facts.own_ultimate_debtor {
        let warning = Finding::warning(
            Rule::Kind,
            "<UltmtDbtr> is given both in the batch and in its transactions",
            "keep one of them",
        );
        found.push((warning.reason("CH17"), "UltmtDbtr"));
    }
    found
}

/// Where a batch and a transaction have their category purpose.
pub(super) const CATEGORY: &str = "PmtTpInf/CtgyPurp";

/// A category purpose that is not known.
pub(super) fn category(kind: &PaymentKind) -> Option<Finding> {
    let category = kind.category_purpose.as_ref().filter(|category| !category.proprietary)?;
    purpose::check_category(&category.code)
}

/// A purpose that has not the form of a code, or is not known; a bank's own one is not checked.
pub(super) fn purpose_finding(code: Option<&Code>) -> Option<Finding> {
    let code = &code.filter(|code| !code.proprietary)?.code;
    let Some(found) = purpose::check_form(code) else { return purpose::check_purpose(code) };
    let message = format!("the purpose {}", found.message);
    Some(Finding { message, ..found }.reason("FF07"))
}

/// Checks one of the four identifiers; the schema reports a missing one.
pub(super) fn identifier_finding(id: Option<&str>) -> Option<Finding> {
    Some(refused_identifier(id?, identifier::check(id?).err()?))
}

/// The same for an end-to-end id of this payer.
pub(super) fn end_to_end_finding(id: Option<&str>, payer_country: Option<&str>) -> Option<Finding> {
    Some(refused_identifier(id?, identifier::check_end_to_end(id?, payer_country).err()?))
}

fn refused_identifier(id: &str, error: identifier::IdentifierError) -> Finding {
    let change = "use at most 35 of a-z A-Z 0-9 / - ? : ( ) . , ' + and blank, no slash at an end, no two in a row";
    Finding::error(Rule::Identifier, format!("the id {error}"), change).value(id).reason("RR10")
}

/// The stated number of transactions, if it is not the real one.
pub(super) fn count(stated: Option<u64>, real: u64, reason: &str) -> Option<Finding> {
    let stated = stated.filter(|stated| *stated != real)?;
    let message = format!("<NbOfTxs> says {stated}, but there are {real} transactions");
    let found = Finding::error(Rule::Count, message, format!("write {real}, or add what is missing")).reason(reason);
    Some(found.value(&stated.to_string()).path("NbOfTxs"))
}

/// The stated control sum, if it is not the sum of the amounts.
pub(super) fn sum(stated: Option<&Decimal>, real: ControlSum, reason: &str) -> Option<Finding> {
    let stated = stated?;
    let (message, change) = match real {
        ControlSum::Unreadable => return None,
        ControlSum::Exact(real) => {
            if DecimalSum::from_decimal(stated).and_then(|stated| real.minus(stated)).is_some_and(DecimalSum::is_zero) {
                return None;
            }
            (
                format!("<CtrlSum> says {stated}, but the amounts add up to {}", real.text()),
                format!("write {}, or correct the amounts", real.text()),
            )
        }
        ControlSum::TooLarge => ("the sum of the amounts has too many digits".to_owned(), "split the file".to_owned()),
    };
    let found = Finding::error(Rule::ControlSum, message, change).reason(reason);
    Some(found.value(stated.as_str()).path("CtrlSum"))
}

/// A file or a batch with more transactions than the profile allows.
pub(super) fn size(real: u64, max: Option<u64>, what: &str) -> Option<Finding> {
    let max = max.filter(|max| real > *max)?;
    let message = format!("the {what} has {real} transactions, more than {max}");
    let parts = if what == "file" { "files" } else { "batches" };
    Some(Finding::error(Rule::Size, message, format!("split it into several {parts}")))
}

/// A control sum in the header of a file for a bank that wants none there.
pub(super) fn unwanted_sum(stated: Option<&Decimal>, profile: &BankProfile) -> Option<Finding> {
    stated.filter(|_| profile.omits_header_sum)?;
    Some(Finding::warning(Rule::ControlSum, "the bank wants no control sum in the header of the file", "leave it out"))
}
