//! The four kinds of value that a column or parameter may have.

/// A column value or parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Null.
    Null,
    /// Integer.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<'a, T: ?Sized> From<&'a T> for Value
where
    T: AsValue,
{
    fn from(value: &'a T) -> Self {
        value.as_value()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Owned types that are passed by reference.
pub trait AsValue {
    /// The value as a parameter.
    fn as_value(&self) -> Value;
}

impl AsValue for String {
    fn as_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl AsValue for Vec<u8> {
    fn as_value(&self) -> Value {
        Value::Blob(self.clone())
    }
}

impl<const N: usize> AsValue for [u8; N] {
    fn as_value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
}

impl AsValue for i64 {
    fn as_value(&self) -> Value {
        Value::Int(*self)
    }
}

impl AsValue for bool {
    fn as_value(&self) -> Value {
        Value::from(*self)
    }
}

impl<T: AsValue> AsValue for Option<T> {
    fn as_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, AsValue::as_value)
    }
}

/// A parameter list: `args![email, now]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::Value::from($value)),*] };
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

        impl From<$name> for $crate::engine::Value {
            fn from(value: $name) -> Self {
                Self::Text(value.as_str().to_owned())
            }
        }
    };
}
pub(crate) use text_enum;
