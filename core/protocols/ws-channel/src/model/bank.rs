//! Banks (§6.1).

use bankchannel_foundation::{
    Error,
    model::{Boundary, EnumShape, EnumValue, Reader, Shape, Value, Writer},
};

macro_rules! banks {
    ($($variant:ident = $id:literal, $doc:literal;)+) => {
        /// A bank, by its id in the API. Letter case does not matter when reading.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bank {
            $(#[doc = $doc] $variant,)+
        }

        impl Bank {
            /// Every bank.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The bank's id in the API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }
        }

        const VALUES: &[EnumValue] = &[$(EnumValue { value: $id, doc: $doc }),+];
    };
}

banks! {
    Nordea = "nordea", "Nordea.";
    Osuuspankki = "osuuspankki", "OP.";
    Danskebank = "danskebank", "Danske Bank; needs a signing and an encryption pair.";
    Aktia = "aktia", "Aktia.";
    Sp = "sp", "Savings banks.";
    Shb = "shb", "Handelsbanken.";
    Pop = "pop", "POP Bank.";
    Spankki = "spankki", "S-Bank.";
    Alandsbanken = "alandsbanken", "Bank of Åland.";
    Seb = "SEB", "SEB; no enrolment.";
    Simulator = "simulator", "The synthetic bank of test environments.";
}

impl Bank {
    /// Finds the bank with this id, in any letter case.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bank| bank.as_str().eq_ignore_ascii_case(text))
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
