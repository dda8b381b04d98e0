//! Banks (§6.1).

use bankchannel_banks::{KnownBank, find, for_each_bank};
use bankchannel_foundation::{
    Error,
    model::{Boundary, EnumShape, EnumValue, Reader, Shape, Value, Writer},
};

macro_rules! banks {
    ($($(#[$about:meta])* $entry:ident $name:literal [$($variant:ident $id:literal $doc:literal)?];)+) => {
        /// A bank, by its id in the API. Letter case does not matter when reading.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bank {
            $($(#[doc = $doc] $variant,)?)+
        }

        impl Bank {
            /// Every bank.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)?)+];

            /// The bank's id in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$variant => $id,)?)+ }
            }
        }

        const VALUES: &[EnumValue] = &[$($(EnumValue { value: $id, doc: $doc },)?)+];
    };
}
for_each_bank!(banks);

impl Bank {
    /// Finds the bank with this id, in any letter case.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bank| bank.as_str().eq_ignore_ascii_case(text))
    }
}

impl Bank {
    /// Finds the bank by any of its names: the id, another name, its BIC.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::from_text(find(name)?.id_on("ws_channel")?)
    }

    /// The known facts of the bank.
    #[must_use]
    pub fn entry(self) -> Option<&'static KnownBank> {
        find(self.as_str())
    }

    /// Whether only test environments have it.
    #[must_use]
    pub fn is_test_only(self) -> bool {
        self.says("is_test_only").unwrap_or(false)
    }

    /// Whether it gives certificates over the channel.
    #[must_use]
    pub fn enrols(self) -> bool {
        self.says("enrols").unwrap_or(true)
    }

    /// Whether a customer has a pair for encryption beside the one for signatures.
    #[must_use]
    pub fn needs_encryption_pair(self) -> bool {
        self.says("needs_encryption_pair").unwrap_or(false)
    }

    fn says(self, member: &str) -> Option<bool> {
        self.entry()?.member(member)?.as_bool()
    }
}

impl std::fmt::Display for Bank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

bankchannel_foundation::text_field!(Bank);

impl Boundary for Bank {
    const SHAPE: &'static Shape =
        &Shape::Enum(EnumShape { name: "Bank", doc: "A bank, by its id in the API.", open: false, values: VALUES });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        Self::from_text(&text).ok_or_else(|| reader.not_one_of(&text, Self::SHAPE))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Bank;

    #[test]
    fn each_bank_has_its_entry_and_is_found_by_its_names() {
        for bank in Bank::ALL {
            let id = bank.entry().unwrap().id_on("ws_channel").unwrap();
            assert_eq!((id, Bank::from_name(id)), (bank.as_str(), Some(*bank)));
        }
        let banks = bankchannel_banks::all().iter().filter(|bank| bank.id_on("ws_channel").is_some());
        assert_eq!(banks.count(), Bank::ALL.len());
        for (name, bank) in [("op", Bank::Osuuspankki), ("saastopankki", Bank::Sp), ("NDEAFIHH", Bank::Nordea)] {
            assert_eq!(Bank::from_name(name), Some(bank));
        }
        assert!(Bank::from_name("omasp").is_none(), "it has no id there");
        let those = |is: fn(Bank) -> bool| Bank::ALL.iter().copied().filter(|bank| is(*bank)).collect::<Vec<_>>();
        assert_eq!(those(Bank::is_test_only), [Bank::Simulator]);
        assert_eq!(those(|bank| !bank.enrols()), [Bank::Seb]);
        assert_eq!(those(Bank::needs_encryption_pair), [Bank::Danskebank]);
    }
}
