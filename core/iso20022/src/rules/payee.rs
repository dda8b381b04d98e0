//! Rules for the payee of a payment and what reaches him, the same for data and for files.

use super::{Finding, Level, Rule, clearing, country, iban, national_account};

/// Longest name that SEPA forwards, in characters.
pub const SEPA_NAME: usize = 70;
/// Longest structured part of a remittance that SEPA forwards, without its tags, in characters.
pub const STRUCTURED: usize = 140;
/// The same with the Finnish extension AOS2.
pub const AOS2_STRUCTURED: usize = 280;

/// The QR reference of a Swiss invoice and the account that it needs: each only with the other.
pub fn qr(number: &str, has_qr_reference: bool) -> Option<Finding> {
    let found = match (iban::is_qr(number), has_qr_reference) {
        (true, false) => Finding::warning(
            Rule::Reference,
            "the account is a QR-IBAN, which needs a QR reference",
            "give the reference of the invoice with the code QRR",
        ),
        (false, true) => Finding::warning(
            Rule::Reference,
            "a QR reference needs a QR-IBAN, and the account is none",
            "give the account of the invoice, or a reference of another kind",
        ),
        _ => return None,
    };
    Some(found.value(number))
}

/// A payee of a SEPA payment whose account is not an IBAN.
pub fn without_iban() -> Finding {
    let change = "give its IBAN, or choose another kind of payment than SEPA";
    Finding::error(Rule::Account, "the creditor account is not given as an IBAN", change).reason("AC01")
}

/// A payee of a SEPA payment whose account is in a country outside SEPA.
pub fn outside_sepa(number: &str) -> Option<Finding> {
    if number.get(..2).is_some_and(country::in_sepa) {
        return None;
    }
    let found = Finding::warning(Rule::Kind, "the account's country is not in SEPA", "pay in another way than SEPA");
    Some(found.reason("CNOR").value(number))
}

/// A SEPA payment with an instruction for the payee's bank.
pub fn instruction_in_sepa() -> Finding {
    Finding::warning(Rule::Kind, "SEPA payments carry no instructions to the payee's bank", "leave them out")
}

/// A SEPA payment through banks in between.
pub fn intermediary_in_sepa() -> Finding {
    Finding::warning(Rule::Kind, "SEPA payments name no banks in between", "leave them out")
}

/// A SEPA payment with an Estonian reference and a text beside it, paid from this account: Estonian banks forward both.
pub fn estonian_text(debtor_iban: Option<&str>) -> Option<Finding> {
    if debtor_iban.is_some_and(|iban| iban.starts_with("EE")) {
        return None;
    }
    let message = "a text stands beside an Estonian reference; banks outside Estonia may forward one of them only";
    Some(Finding::warning(Rule::Remittance, message, "keep the reference, unless your bank takes both").reason("CH17"))
}

/// A payment without the creditor's bank to a bank whose profile wants it marked.
pub fn unmarked_bank() -> Finding {
    let change = "write the creditor's bank as NOTPROVIDED";
    Finding::warning(Rule::Bic, "the bank wants the creditor's bank to be marked if it is not given", change)
}

/// A name that is longer than SEPA forwards; banks refuse a file with one.
pub fn long_name(name: &str) -> Option<Finding> {
    let length = name.chars().count();
    if length <= SEPA_NAME {
        return None;
    }
    let message = format!("the name has {length} characters, but SEPA has at most {SEPA_NAME}");
    Some(
        Finding::error(Rule::Name, message, "shorten it, or let it be cut when the file is made")
            .reason("BE20")
            .value(name),
    )
}

/// The same of a payment that only its currency and its charge bearer show to be one of SEPA.
pub fn likely_long_name(name: &str) -> Option<Finding> {
    let found = long_name(name)?;
    let message = format!("{}: banks take a payment in EUR with SLEV for one of SEPA", found.message);
    Some(Finding { level: Level::Warning, message, ..found })
}

/// An account that pays by the QR-IBAN of its bills.
pub fn paying_qr(iban: &str) -> Option<Finding> {
    let message = "the debtor account is a QR-IBAN, by which money only comes in";
    let found = Finding::warning(Rule::Account, message, "give the account's IBAN");
    iban::is_qr(iban).then(|| found.reason("AC02").value(iban))
}

/// A bank that is not named in a file of a Swiss payer; `iban` is of the account there.
pub fn unnamed_swiss_bank(iban: Option<&str>) -> Finding {
    let change = match iban.and_then(iban::swiss_clearing_number) {
        Some(number) => format!("write its clearing number {number} with the code CHBCC, or its BIC"),
        None => "write its BIC, or leave it out".to_owned(),
    };
    let message = "the bank is not named, and the Swiss form of the file has no NOTPROVIDED";
    Finding::error(Rule::Bic, message, change).reason("RC01")
}

/// A transfer without an instruction id to a bank whose profile wants one.
pub fn without_instruction_id() -> Finding {
    Finding::warning(Rule::Identifier, "the bank wants an instruction id in each transfer", "give one in <InstrId>")
}

/// A file of several batches for a bank that takes one.
pub fn several_batches() -> Finding {
    let change = "make a file for each account, date and kind";
    Finding::error(Rule::Size, "the bank takes one batch per file", change)
}

/// The known facts of a payee's account, or of a payer's, and of the payment to it.
#[derive(Debug, Clone, Copy, Default)]
pub struct PayeePlace<'p> {
    /// The account's IBAN, if it is one.
    pub iban: Option<&'p str>,
    /// The scheme of another number.
    pub scheme: Option<&'p str>,
    /// The bank's BIC.
    pub bic: Option<&'p str>,
    /// The clearing of the bank's number.
    pub clearing_system: Option<&'p str>,
    /// The country of the address.
    pub country: Option<&'p str>,
    /// Whether there is an address.
    pub has_address: bool,
    /// Whether the bank is named, by BIC, clearing number or name.
    pub has_bank: bool,
    /// The currency of the payment.
    pub currency: Option<&'p str>,
    /// The country of the account that pays.
    pub payer_country: Option<&'p str>,
}

impl<'p> PayeePlace<'p> {
    /// The country of the account, as far as something says it. A plain number that is paid in the payer's own currency
    /// is a number of his country.
    pub fn account_country(self) -> Option<&'p str> {
        if let Some(iban) = self.iban {
            return iban.get(..2);
        }
        self.scheme
            .and_then(national_account::country_of)
            .or_else(|| self.bic.and_then(|bic| bic.get(4..6)))
            .or_else(|| self.clearing_system.and_then(clearing::country_of))
            .or_else(|| self.domestic())
    }

    fn domestic(self) -> Option<&'p str> {
        let payer = self.payer_country?;
        let national = self.currency.is_some() && country::own_currency(payer) == self.currency;
        // A bank's name says nothing of its country.
        let is_elsewhere = self.bic.is_some() || self.clearing_system.is_some();
        (national && !is_elsewhere && self.country.is_none_or(|country| country == payer)).then_some(payer)
    }

    /// Whether a payer in the European Economic Area pays to an unknown country in a currency of the area.
    fn may_be_near(self) -> bool {
        let area = self.currency.is_some_and(|currency| currency == "EUR" || country::is_own_currency(currency));
        area && self.payer_country.is_some_and(country::in_eea)
    }
}

/// A payee outside the European Economic Area needs an address, and a bank unless an IBAN names it: the findings on the
/// address, and on the bank.
pub fn foreign(payee: PayeePlace<'_>) -> [Option<Finding>; 2] {
    let home = payee.account_country().or(payee.country);
    let abroad = home.map_or_else(|| !payee.may_be_near(), |home| !country::in_eea(home));
    let warning = |missing: bool, message, change| {
        (abroad && missing).then(|| Finding::warning(Rule::ForeignPayee, message, change))
    };
    [
        warning(
            !payee.has_address,
            "a payee outside the European Economic Area has no address",
            "give at least town and country",
        ),
        warning(
            !payee.has_bank && payee.iban.is_none(),
            "a payee outside the European Economic Area has no bank",
            "give the bank's BIC, or its clearing number",
        ),
    ]
}

/// Several structured parts in a payment to a bank without the Finnish extension AOS2.
pub fn several_parts() -> Finding {
    let change = "make a payment for each, or take the profile aos2 if your bank offers it";
    let message = "a payment carries one structured part, several are for Finnish banks with the extension AOS2";
    Finding::warning(Rule::Remittance, message, change).reason("CH17")
}
