//! The four kinds of value that a column or parameter may have.

/// SHA-256 (or another hash of 32 bytes) of a code, a token or a secret, which is never stored itself.
pub type Digest = [u8; 32];

/// A column value or parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnValue {
    /// Null.
    Null,
    /// Integer.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<i64> for ColumnValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for ColumnValue {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<&str> for ColumnValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for ColumnValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for ColumnValue {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for ColumnValue {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<'a, T: ?Sized> From<&'a T> for ColumnValue
where
    T: AsValue,
{
    fn from(value: &'a T) -> Self {
        value.as_value()
    }
}

impl<T: Into<ColumnValue>> From<Option<T>> for ColumnValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Owned types that are passed by reference.
pub trait AsValue {
    /// The value as a parameter.
    fn as_value(&self) -> ColumnValue;
}

impl AsValue for String {
    fn as_value(&self) -> ColumnValue {
        ColumnValue::Text(self.clone())
    }
}

impl AsValue for Vec<u8> {
    fn as_value(&self) -> ColumnValue {
        ColumnValue::Blob(self.clone())
    }
}

impl<const N: usize> AsValue for [u8; N] {
    fn as_value(&self) -> ColumnValue {
        ColumnValue::Blob(self.to_vec())
    }
}

impl AsValue for i64 {
    fn as_value(&self) -> ColumnValue {
        ColumnValue::Int(*self)
    }
}

impl AsValue for bool {
    fn as_value(&self) -> ColumnValue {
        ColumnValue::from(*self)
    }
}

impl<T: AsValue> AsValue for Option<T> {
    fn as_value(&self) -> ColumnValue {
        self.as_ref().map_or(ColumnValue::Null, AsValue::as_value)
    }
}

/// A parameter list: `args![email, now]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::ColumnValue::from($value)),*] };
}
pub use args;

/// An enum as a closed list of words, with their stored texts.
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

            /// The variant with this word; case-sensitive.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::engine::StoredRow for $name {
            fn read(row: &mut $crate::engine::ResultRow) -> $crate::engine::Result<Self> {
                Self::parse(&row.read::<String>()?)
                    .ok_or_else(|| $crate::engine::StoreError::internal("a stored word is not known to this program"))
            }
        }

        impl From<$name> for $crate::engine::ColumnValue {
            fn from(value: $name) -> Self {
                Self::Text(value.as_str().to_owned())
            }
        }
    };
}
pub(crate) use text_enum;
