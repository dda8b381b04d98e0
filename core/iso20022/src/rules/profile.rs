//! How banks differ, as data.

use bankchannel_banks::{KnownBank, find, for_each_bank, meant, read_file};
use bankchannel_foundation::{
    Error,
    error::row,
    model::{Boundary, over, read_boundary},
    shown,
};

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

macro_rules! bases {
    ($($(#[$doc:meta])* $variant:ident $name:literal [$($($channel:tt)+)?];)+) => {
        /// A bank whose rules are built in, or a set of rules; they are only those of the banks' public guides, and a bank
        /// with none has the common rules.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
        #[non_exhaustive]
        pub enum BaseProfile {
            $($(#[$doc])* #[boundary($name)] $variant,)+
        }

        impl BaseProfile {
            const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),+];
        }
    };
}
for_each_bank!(bases);

impl BaseProfile {
    /// The bank with this name, other name, id on the WS Channel or BIC.
    #[must_use]
    pub fn of_bank(name: &str) -> Option<Self> {
        let bank = find(name)?.name();
        Self::ALL.iter().find(|(known, _)| *known == bank).map(|(_, base)| *base)
    }

    /// How this bank deviates from the common rules.
    #[must_use]
    pub fn options(self) -> ProfileOptions {
        let name = Self::ALL.iter().find(|(_, base)| *base == self).map_or("", |(name, _)| *name);
        let rules = find(name).and_then(|bank: &KnownBank| bank.member("payments")).cloned();
        rules.and_then(|rules| read_boundary(rules).ok()).unwrap_or_default()
    }
}

/// A rule: its type where it may be left out, its type where it is complete, and what holds if no bank says otherwise.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $option:ty as $whole:ty = $default:expr;)+) => {
        /// How a bank deviates from the common rules; omitted options are as in the base profile, otherwise as everywhere.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
        pub struct ProfileOptions {
            /// The bank, or the set of rules, that the other options change.
            pub base: Option<BaseProfile>,
            $($(#[$doc])* pub $name: Option<$option>,)+
        }

        /// The rules of one bank, complete.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct BankProfile {
            $(#[doc = concat!("See [`ProfileOptions::", stringify!($name), "`].")] pub $name: $whole,)+
        }

        impl Default for BankProfile {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl From<ProfileOptions> for BankProfile {
            fn from(options: ProfileOptions) -> Self {
                let options = options.resolved();
                let mut rules = Self::default();
                $(if let Some(given) = options.$name { rules.$name = given.into(); })+
                rules
            }
        }
    };
}

rules! {
    /// The version that the bank accepts; if left out, every supported one.
    accepts: PaymentVersion as Option<PaymentVersion> = None;
    /// The characters that names and texts may have: `strict` by default.
    characters: Characters as Characters = Characters::Strict;
    /// Whether `&`, `"`, `<` and `>` may stay if `characters` is `latin1`; not by default.
    keeps_markup: bool as bool = false;
    /// Hybrid addresses: allowed by default.
    hybrid_address: HybridAddress as HybridAddress = HybridAddress::Allowed;
    /// Whether the bank advises omitting addresses.
    advises_no_address: bool as bool = false;
    /// Whether the Finnish extension AOS2 is used: several structured parts in addition to one text.
    aos2: bool as bool = false;
    /// Whether an execution date on a closed day is an error instead of a warning.
    closed_day_is_error: bool as bool = false;
    /// How many days in the past the execution date may be: 5 by default.
    days_back: u32 as u32 = 5;
    /// Whether a file may have only one execution date.
    one_date_per_file: bool as bool = false;
    /// Whether a file may have only one batch (`PmtInf`): one account, date and kind.
    one_batch_per_file: bool as bool = false;
    /// Whether the bank wants an instruction id in each transfer: one that is not given is made from the data.
    wants_instruction_id: bool as bool = false;
    /// Whether the bank wants no control sum in the header of the file; the batches keep theirs.
    omits_header_sum: bool as bool = false;
    /// Whether a creditor's bank that is not given is written as `NOTPROVIDED`, which some banks want; by default it is
    /// left out. The Swiss form has no such marker: payers of Switzerland and Liechtenstein leave the bank out.
    marks_absent_bank: bool as bool = false;
    /// The maximum number of transactions in a batch; no limit by default.
    batch_transactions: u64 as Option<u64> = None;
    /// The maximum number of transactions in a file; no limit by default.
    file_transactions: u64 as Option<u64> = None;
}

impl ProfileOptions {
    /// These options, and where they leave something out those of the base.
    #[must_use]
    pub fn resolved(self) -> Self {
        match self.base {
            Some(base) => over(self.clone(), base.options()).unwrap_or(self),
            None => self,
        }
    }

    /// These options over the rules of the bank that a file goes to: a base that is given counts in place of the bank.
    ///
    /// # Errors
    /// As [`over`].
    pub fn at_bank(self, bank: Self) -> Result<Self, Error> {
        if self.base.is_some() { Ok(self) } else { over(self, bank) }
    }
}

/// The given options over the rules in the file of a user's own bank, if there is one: its member `payments`, and those of
/// the bank that it extends.
///
/// # Errors
/// `input.content_unreadable` for the file, `input.*` for its content; both name `profile_file`.
pub fn with_own_bank(options: Option<ProfileOptions>, file: Option<&str>) -> Result<Option<ProfileOptions>, Error> {
    let Some(path) = file else { return Ok(options) };
    let own = read_file(path).map_err(|why| {
        let text = format!("profile_file: {}: {why}", shown::path(path));
        Error::because(&row::CONTENT_UNREADABLE, text).with("field", "profile_file")
    })?;
    let refused = |why: String| Error::invalid_field("profile_file", format!("{}: {why}", shown::path(path)));
    let mut rules = match own.get("payments") {
        Some(rules) => read_boundary::<ProfileOptions>(rules.clone())
            .map_err(|error| refused(format!("payments: {}", error.message())))?,
        None => ProfileOptions::default(),
    };
    let extends = own.get("extends").filter(|name| !name.is_null());
    if let Some(name) = extends {
        let name = name.as_str().ok_or_else(|| refused("extends: must be the name of a bank".to_owned()))?;
        let base = BaseProfile::of_bank(name);
        let base =
            base.ok_or_else(|| refused(format!("extends {name}, which is no bank that is known{}", meant(name))))?;
        rules.base = rules.base.or(Some(base));
    }
    options.unwrap_or_default().at_bank(rules).map(Some)
}

impl BankProfile {
    /// Whether a creditor's bank that is not given is marked in a payment from this account.
    pub fn marks_bank(&self, debtor_iban: Option<&str>) -> bool {
        self.marks_absent_bank && !debtor_iban.is_some_and(crate::iban::is_swiss)
    }

    /// The rules of a bank, or of a set of rules.
    pub fn from_base(base: BaseProfile) -> Self {
        base.options().into()
    }
}
