//! The list of banks: a line here and a file in `data/` each.

/// Passes every entry to a macro: the variant of an enum and its documentation, the name, which is that of its file, and
/// in brackets the variant, id and documentation of the bank on the WS Channel, if it has an id there.
#[macro_export]
macro_rules! for_each_bank {
    ($callback:path) => {
        $callback! {
            /// Nordea: names and texts may have all characters of ISO-8859-1.
            Nordea "nordea" [Nordea "nordea" "Nordea."];
            /// OP.
            Op "op" [Osuuspankki "osuuspankki" "OP."];
            /// Danske Bank: names and texts may have all characters of ISO-8859-1.
            Danske "danske" [Danskebank "danskebank" "Danske Bank; needs a signing and an encryption pair."];
            /// Aktia.
            Aktia "aktia" [Aktia "aktia" "Aktia."];
            /// Savings banks.
            Saastopankki "saastopankki" [Sp "sp" "Savings banks."];
            /// Handelsbanken.
            Shb "shb" [Shb "shb" "Handelsbanken."];
            /// POP Bank.
            Pop "pop" [Pop "pop" "POP Bank."];
            /// S-Bank.
            Spankki "spankki" [Spankki "spankki" "S-Bank."];
            /// Bank of Åland.
            Alandsbanken "alandsbanken" [Alandsbanken "alandsbanken" "Bank of Åland."];
            /// SEB.
            Seb "seb" [Seb "SEB" "SEB; no enrolment."];
            /// The synthetic bank of test environments.
            Simulator "simulator" [Simulator "simulator" "The synthetic bank of test environments."];
            /// Oma Säästöpankki.
            Omasp "omasp" [];
            /// Danske Bank in Sweden: a hybrid address needs a line.
            DanskeSe "danske_se" [];
            /// The Finnish extension AOS2, which is no bank: several invoices and credit notes in addition to one text.
            Aos2 "aos2" [];
        }
    };
}

macro_rules! files {
    ($($(#[$doc:meta])* $variant:ident $name:literal [$($($channel:tt)+)?];)+) => {
        /// Each bank's name and file.
        pub(crate) const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../data/", $name, ".json")))),+];
    };
}
for_each_bank!(files);
