//! serde's traits for the types of the model, with the feature `serde`: their boundary form, as JSON in every language
//! has it.

/// Implements serde's traits for a type of the model; nothing without the feature.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "serde"))]
macro_rules! serde_of {
    ($($ty:ty),+) => {};
}

/// Implements serde's traits for a type of the model; nothing without the feature.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "serde")]
macro_rules! serde_of {
    ($($ty:ty),+) => {$(
        impl $crate::model::serde_form::serde::Serialize for $ty {
            fn serialize<S: $crate::model::serde_form::serde::Serializer>(&self, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::model::serde_form::serialize(self.clone(), to)
            }
        }

        impl<'de> $crate::model::serde_form::serde::Deserialize<'de> for $ty {
            fn deserialize<D: $crate::model::serde_form::serde::Deserializer<'de>>(from: D) -> ::core::result::Result<Self, D::Error> {
                $crate::model::serde_form::deserialize(from)
            }
        }
    )+};
}

#[cfg(feature = "serde")]
mod implementation {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

    use crate::model::{Boundary, Reader, Representation, Value, Writer};

    /// Writes the boundary form: a secret as `[secret]`, content in memory as `{"base64": …}`, a file as
    /// `{"path": …}`.
    pub fn serialize<T: Boundary, S: Serializer>(value: T, to: S) -> Result<S::Ok, S::Error> {
        let form: serde_json::Value = value.write(&mut Writer::for_showing()).into();
        form.serialize(to)
    }

    /// Reads the boundary form; a former secret is refused by that name.
    pub fn deserialize<'de, T: Boundary, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let form = Value::from(serde_json::Value::deserialize(from)?);
        T::read(form, &mut Reader::new(Representation::Boundary)).map_err(D::Error::custom)
    }
}

#[cfg(feature = "serde")]
pub use implementation::{deserialize, serialize};
#[cfg(feature = "serde")]
pub use serde;
