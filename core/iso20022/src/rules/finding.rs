//! One finding: of a rule, of the schema, or of a value that cannot be read.

use std::fmt;

use bankchannel_foundation::model::Boundary;
use bankchannel_xml::XmlFault;

use crate::text::quote_bare;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[non_exhaustive]
pub enum Level {
    /// Worth knowing; nothing has to change.
    Info,
    /// A bank may refuse or change the payment.
    Warning,
    /// A bank will refuse the payment, or the file.
    Error,
}

/// One finding in a file or in the data of payments: the place, the fault, and the change to make.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
#[boundary(own_new)]
pub struct Finding {
    /// Its severity.
    pub level: Level,
    /// The rule's name, such as `A1` of the address rules or `control_sum`.
    pub rule: String,
    /// The reason code that a bank would answer, such as `AM10`; left out if the sources name none.
    pub reason: Option<String>,
    /// The line in the file, from 1; left out if there is no file or no single place.
    pub line: Option<u64>,
    /// The column in that line in bytes, from 1; only where the file cannot be read as XML.
    pub column: Option<u64>,
    /// The transaction's number in the file or in the input, from 1; left out if it is not about one.
    pub transaction: Option<u64>,
    /// The element as a path from the root, such as `/Document/CstmrCdtTrfInitn/PmtInf[2]/DbtrAcct`, or the field of
    /// the input. Elements that may be repeated have their number.
    pub path: Option<String>,
    /// The value at fault, at most 40 characters of it.
    pub value: Option<String>,
    /// The fault, in words.
    pub message: String,
    /// What to change.
    pub change: String,
}

impl Finding {
    /// A finding of a rule, without a place.
    pub fn new(level: Level, rule: Rule, message: impl Into<String>, change: impl Into<String>) -> Self {
        Self {
            level,
            rule: rule.name().to_owned(),
            reason: None,
            line: None,
            column: None,
            transaction: None,
            path: None,
            value: None,
            message: message.into(),
            change: change.into(),
        }
    }

    /// [`Self::new`] of an error.
    pub fn error(rule: Rule, message: impl Into<String>, change: impl Into<String>) -> Self {
        Self::new(Level::Error, rule, message, change)
    }

    /// [`Self::new`] of a warning.
    pub fn warning(rule: Rule, message: impl Into<String>, change: impl Into<String>) -> Self {
        Self::new(Level::Warning, rule, message, change)
    }

    /// Adds the reason code that a bank would answer.
    #[must_use]
    pub fn reason(mut self, code: &str) -> Self {
        self.reason = Some(code.to_owned());
        self
    }

    /// Adds the value at fault, cut and without control characters.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        self.value = Some(quote_bare(value));
        self
    }

    /// Adds the line, from 1.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// Adds the transaction's number, from 1.
    #[must_use]
    pub fn transaction(mut self, number: u64) -> Self {
        self.transaction = Some(number);
        self
    }

    /// Adds the path, in front of an existing one.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(match self.path {
            Some(inner) => format!("{path}/{inner}"),
            None => path.to_owned(),
        });
        self
    }
}

impl From<XmlFault> for Finding {
    /// A fault of XML or of the schema, which a bank answers with `FF01`.
    fn from(fault: XmlFault) -> Self {
        let path = Some(fault.path).filter(|path| !path.is_empty());
        let found = Self::error(Rule::Schema, fault.message, fault.change).reason("FF01");
        Self { line: fault.line, column: fault.column, path, ..found }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}; {}", self.message, self.change)
    }
}

/// The rules, each with its name and its text.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// Every rule: its name and its text.
        pub const RULES: &[(&str, &str)] = &[$(($name, concat!($($doc),+).trim_ascii())),+];

        impl Rule {
            /// The name in [`Finding::rule`].
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

rules! {
    /// An address without town or country is refused from November 2026.
    A1 = "A1",
    /// A hybrid address has at most two lines without structure.
    A2 = "A2",
    /// A line of an address does not repeat a structured field.
    A3 = "A3",
    /// The country of an address is a code of ISO 3166.
    A4 = "A4",
    /// The town of an address is a town.
    A5 = "A5",
    /// The post code has the form of its country.
    A6 = "A6",
    /// Street and number of the building stand apart, and no town in the street.
    A7 = "A7",
    /// The profile's rule for hybrid addresses.
    A8 = "A8",
    /// An address where the profile advises none.
    A9 = "A9",
    /// Fields of an address exist in the version of the file and are not longer than it allows.
    AddressField = "address_field",
    /// The file is XML and obeys the schema of its version.
    Schema = "schema",
    /// The encoding of the file is the declared one.
    Encoding = "encoding",
    /// A value can be read as what it should be: an amount, a date, a number.
    Value = "value",
    /// The message and version are those that the bank takes.
    Version = "version",
    /// The numbers of transactions are the real ones.
    Count = "count",
    /// The control sums are the sums of the amounts.
    ControlSum = "control_sum",
    /// Amounts are above zero, have the currency's decimals and are not above the scheme's limit.
    Amount = "amount",
    /// A currency is one of ISO 4217 in which one can pay, and fits the kind of payment.
    Currency = "currency",
    /// Accounts are IBANs with right length and check digits, or numbers of another kind that is named.
    Account = "account",
    /// BICs have 8 or 11 characters and an assigned country.
    Bic = "bic",
    /// Numbers of banks in the clearing of their country have its form.
    ClearingNumber = "clearing_number",
    /// Legal entity identifiers have right check digits.
    Lei = "lei",
    /// Identifiers hold allowed characters only.
    Identifier = "identifier",
    /// Identifiers are used once where a bank looks for duplicates.
    DuplicateIdentifier = "duplicate_identifier",
    /// Two transactions are equal: same creditor, amount, date and reference or text.
    DuplicateTransaction = "duplicate_transaction",
    /// A UETR is a random UUID (version 4) in small letters.
    Uetr = "uetr",
    /// Names are given and not too long.
    Name = "name",
    /// Texts hold characters that banks forward.
    Characters = "characters",
    /// Remittance is one text, or one structured reference.
    Remittance = "remittance",
    /// Structured references have right check digits; a QR-IBAN and a QR reference go together.
    Reference = "reference",
    /// The execution date is a banking day, neither long ago nor far ahead.
    Date = "date",
    /// Service level, charges and method fit the kind of payment.
    Kind = "kind",
    /// Purposes and category purposes have the form of a code, and are in ISO 20022's lists.
    Purpose = "purpose",
    /// Debtor and creditor are not the same account.
    SameAccount = "same_account",
    /// A payee outside the European Economic Area has an address, and a bank unless an IBAN names it (not SEPA).
    ForeignPayee = "foreign_payee",
    /// A file or a batch is not larger than the profile allows.
    Size = "size",
    /// Texts are not longer than the schema allows.
    Length = "length",
    /// Given rows can be read: lines of JSON, cells and columns of a table.
    Table = "table",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_values_are_cut() {
        let mut names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        let found = Finding::error(Rule::A1, "m", "c").value(&"x".repeat(10_000)).path("Ctry").path("/Document");
        assert_eq!(found.value.map(|value| value.chars().count()), Some(41));
        assert_eq!(found.path.as_deref(), Some("/Document/Ctry"));
    }
}
