//! How banks differ, as data.

use bankchannel_foundation::model::Boundary;

use super::characters::Characters;
use crate::schema::MessageType;

/// The version of `pain.001.001` that a file has or that a bank accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum PaymentVersion {
    /// `pain.001.001.03` of 2009.
    V03,
    /// `pain.001.001.09` of 2019.
    V09,
}

impl PaymentVersion {
    /// The version of a message name, which is also the file type on the WS Channel; `None` for other messages.
    #[must_use]
    pub fn of_message(name: &str) -> Option<Self> {
        match MessageType::from_name(name)? {
            MessageType::Pain00100103 => Some(Self::V03),
            MessageType::Pain00100109 => Some(Self::V09),
            _ => None,
        }
    }

    /// The message of this version.
    #[must_use]
    pub fn message(self) -> MessageType {
        match self {
            Self::V03 => MessageType::Pain00100103,
            Self::V09 => MessageType::Pain00100109,
        }
    }
}

/// A bank's rule for addresses with both structured fields and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum HybridAddress {
    /// It accepts them.
    Allowed,
    /// It refuses them.
    Forbidden,
    /// It requires at least one line in addition to town and country.
    NeedsLine,
}

/// A built-in profile; it contains only rules from the banks' public guides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum BaseProfile {
    /// The Finnish extension AOS2: several invoices and credit notes in addition to one text.
    Aos2,
    /// Nordea: names and texts may have all characters of ISO-8859-1.
    Nordea,
    /// Danske Bank: names and texts may have all characters of ISO-8859-1.
    Danske,
    /// Danske Bank in Sweden: a hybrid address needs a line.
    DanskeSe,
}

/// How a bank deviates from the common rules; omitted options are as in the base profile, otherwise as everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct ProfileOptions {
    /// The built-in profile that the other options change.
    pub base: Option<BaseProfile>,
    /// The version that the bank accepts; if left out, every supported one.
    pub accepts: Option<PaymentVersion>,
    /// The characters that names and texts may have: `strict` by default.
    pub characters: Option<Characters>,
    /// Whether `&`, `"`, `<` and `>` may stay if `characters` is `latin1`; not by default.
    pub keeps_markup: Option<bool>,
    /// Hybrid addresses: allowed by default.
    pub hybrid_address: Option<HybridAddress>,
    /// Whether the bank advises omitting addresses.
    pub advises_no_address: Option<bool>,
    /// Whether the Finnish extension AOS2 is used: several structured parts in addition to one text.
    pub aos2: Option<bool>,
    /// Whether an execution date on a closed day is an error instead of a warning.
    pub closed_day_is_error: Option<bool>,
    /// How many days in the past the execution date may be: 5 by default.
    pub days_back: Option<u32>,
    /// Whether a file may have only one execution date.
    pub one_date_per_file: Option<bool>,
    /// Whether a file may have only one batch (`PmtInf`): one account, date and kind.
    pub one_batch_per_file: Option<bool>,
    /// Whether the bank wants an instruction id in each transfer: one that is not given is made from the data.
    pub wants_instruction_id: Option<bool>,
    /// Whether the bank wants no control sum in the header of the file; the batches keep theirs.
    pub omits_header_sum: Option<bool>,
    /// Whether a creditor's bank that is not given is written as `NOTPROVIDED`, which some banks want; by default it is
    /// left out. The Swiss form has no such marker: payers of Switzerland and Liechtenstein leave the bank out.
    pub marks_absent_bank: Option<bool>,
    /// The maximum number of transactions in a batch; no limit by default.
    pub batch_transactions: Option<u64>,
    /// The maximum number of transactions in a file; no limit by default.
    pub file_transactions: Option<u64>,
}

/// The rules of one bank, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankProfile {
    /// See [`ProfileOptions::accepts`].
    pub accepts: Option<PaymentVersion>,
    /// See [`ProfileOptions::characters`].
    pub characters: Characters,
    /// See [`ProfileOptions::keeps_markup`].
    pub keeps_markup: bool,
    /// See [`ProfileOptions::hybrid_address`].
    pub hybrid_address: HybridAddress,
    /// See [`ProfileOptions::advises_no_address`].
    pub advises_no_address: bool,
    /// See [`ProfileOptions::aos2`].
    pub aos2: bool,
    /// See [`ProfileOptions::closed_day_is_error`].
    pub closed_day_is_error: bool,
    /// See [`ProfileOptions::days_back`].
    pub days_back: u32,
    /// See [`ProfileOptions::one_date_per_file`].
    pub one_date_per_file: bool,
    /// See [`ProfileOptions::one_batch_per_file`].
    pub one_batch_per_file: bool,
    /// See [`ProfileOptions::wants_instruction_id`].
    pub wants_instruction_id: bool,
    /// See [`ProfileOptions::omits_header_sum`].
    pub omits_header_sum: bool,
    /// See [`ProfileOptions::marks_absent_bank`].
    pub marks_absent_bank: bool,
    /// See [`ProfileOptions::batch_transactions`].
    pub batch_transactions: Option<u64>,
    /// See [`ProfileOptions::file_transactions`].
    pub file_transactions: Option<u64>,
}

impl Default for BankProfile {
    fn default() -> Self {
        Self {
            accepts: None,
            characters: Characters::Strict,
            keeps_markup: false,
            hybrid_address: HybridAddress::Allowed,
            advises_no_address: false,
            aos2: false,
            closed_day_is_error: false,
            days_back: 5,
            one_date_per_file: false,
            one_batch_per_file: false,
            wants_instruction_id: false,
            omits_header_sum: false,
            marks_absent_bank: false,
            batch_transactions: None,
            file_transactions: None,
        }
    }
}

impl BankProfile {
    /// Whether a creditor's bank that is not given is marked in a payment from this account.
    pub fn marks_bank(&self, debtor_iban: Option<&str>) -> bool {
        self.marks_absent_bank && !debtor_iban.is_some_and(crate::iban::is_swiss)
    }

    /// The built-in profile.
    pub fn from_base(base: BaseProfile) -> Self {
        let latin1 = Self { characters: Characters::Latin1, ..Self::default() };
        match base {
            BaseProfile::Aos2 => Self { aos2: true, ..Self::default() },
            BaseProfile::Nordea | BaseProfile::Danske => latin1,
            BaseProfile::DanskeSe => Self { hybrid_address: HybridAddress::NeedsLine, ..latin1 },
        }
    }
}

impl From<ProfileOptions> for BankProfile {
    fn from(options: ProfileOptions) -> Self {
        let base = options.base.map_or_else(Self::default, Self::from_base);
        Self {
            accepts: options.accepts.or(base.accepts),
            characters: options.characters.unwrap_or(base.characters),
            keeps_markup: options.keeps_markup.unwrap_or(base.keeps_markup),
            hybrid_address: options.hybrid_address.unwrap_or(base.hybrid_address),
            advises_no_address: options.advises_no_address.unwrap_or(base.advises_no_address),
            aos2: options.aos2.unwrap_or(base.aos2),
            closed_day_is_error: options.closed_day_is_error.unwrap_or(base.closed_day_is_error),
            days_back: options.days_back.unwrap_or(base.days_back),
            one_date_per_file: options.one_date_per_file.unwrap_or(base.one_date_per_file),
            one_batch_per_file: options.one_batch_per_file.unwrap_or(base.one_batch_per_file),
            wants_instruction_id: options.wants_instruction_id.unwrap_or(base.wants_instruction_id),
            omits_header_sum: options.omits_header_sum.unwrap_or(base.omits_header_sum),
            marks_absent_bank: options.marks_absent_bank.unwrap_or(base.marks_absent_bank),
            batch_transactions: options.batch_transactions.or(base.batch_transactions),
            file_transactions: options.file_transactions.or(base.file_transactions),
        }
    }
}
