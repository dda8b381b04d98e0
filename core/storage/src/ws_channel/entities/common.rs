//! What several subjects share.

/// SHA-256 (or another 32-byte hash) of a code or token; the clear value is never stored.
pub type Digest = [u8; 32];

/// A closed list of words: an enum with its stored texts.
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// The stored word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The member with this word; case-sensitive.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl From<$name> for $crate::engine::Value {
            fn from(value: $name) -> Self {
                Self::Text(value.as_str().to_owned())
            }
        }
    };
}
pub(crate) use text_enum;

text_enum! {
    /// The two kinds of user of an account (WS Channel sheet §1.3).
    pub enum Mode {
        /// Manages certificates, keys and accounts.
        Admin = "admin",
        /// Moves files.
        Data = "data",
    }
}
