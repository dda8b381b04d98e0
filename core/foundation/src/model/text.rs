//! Text with a format: types whose values are always valid.

/// Normalizes a text; the error describes the required format.
pub type TextRule = fn(&str) -> Result<std::borrow::Cow<'_, str>, &'static str>;

/// Declares text types.
///
/// ```
/// use std::borrow::Cow;
/// bankchannel_foundation::text_type! {
///     /// A customer number: eight digits.
///     pub struct CustomerNumber {
///         format: "", pattern: "^[0-9]{8}$", max_bytes: 8, example: "12345678",
///         rule: |text| if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
///             Ok(Cow::Borrowed(text))
///         } else {
///             Err("must be eight digits")
///         },
///     }
/// }
/// assert!(CustomerNumber::new("12345678").is_ok());
/// assert!(CustomerNumber::new("1234").unwrap_err().to_string().contains("eight digits"));
/// ```
#[macro_export]
macro_rules! text_type {
    ($(
        #[doc = $doc:literal] $(#[doc = $more:literal])*
        $vis:vis struct $name:ident {
            format: $format:literal, pattern: $pattern:literal, max_bytes: $max:expr, example: $example:literal,
            rule: $rule:expr,
        }
    )+) => {$(
        $crate::text_type!(@one [$doc $($more)*] $vis $name $format $pattern ($max) $example ($rule));
    )+};
    (@one [$($doc:literal)+] $vis:vis $name:ident $format:literal $pattern:literal ($max:expr) $example:literal ($rule:expr)) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(String);

        $crate::checked_text!($name ($max) ($rule) Self);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = $crate::Error;
            fn from_str(text: &str) -> Result<Self, $crate::Error> {
                Self::new(text)
            }
        }

        $crate::text_field!($name);

        impl $crate::model::Boundary for $name {
            const SHAPE: &'static $crate::model::Shape = &$crate::model::Shape::Text($crate::model::TextShape {
                name: stringify!($name),
                doc: concat!($($doc, "\n"),+),
                format: $format,
                pattern: $pattern,
                max_bytes: $max,
                example: $example,
            });
            fn read(value: $crate::model::Value<'_>, reader: &mut $crate::model::Reader<'_>) -> Result<Self, $crate::Error> {
                let text = reader.text(value)?;
                Self::parse(&text).map_err(|why| reader.invalid(why))
            }
            fn write(self, _: &mut $crate::model::Writer) -> $crate::model::Value<'static> {
                self.0.into()
            }
        }
    };
}

/// Declares text types whose values are secret: never shown, wiped when dropped, and on the boundary also readable from
/// a file or an environment variable. The fields are those of [`text_type!`](crate::text_type).
#[macro_export]
macro_rules! secret_type {
    ($(
        #[doc = $doc:literal] $(#[doc = $more:literal])*
        $vis:vis struct $name:ident {
            format: $format:literal, pattern: $pattern:literal, max_bytes: $max:expr, example: $example:literal,
            rule: $rule:expr,
        }
    )+) => {$(
        #[doc = $doc] $(#[doc = $more])*
        #[derive(Debug, Clone)]
        $vis struct $name($crate::Secret);

        $crate::checked_text!($name ($max) ($rule) |text| Self($crate::Secret::new(text)));

        impl $name {
            /// The secret itself.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        $crate::text_field!($name);
        impl $crate::model::SecretField for $name {}

        impl $crate::model::Boundary for $name {
            const SHAPE: &'static $crate::model::Shape = &$crate::model::Shape::Secret($crate::model::TextShape {
                name: stringify!($name),
                doc: concat!($doc, "\n", $($more, "\n"),*),
                format: $format,
                pattern: $pattern,
                max_bytes: $max,
                example: $example,
            });
            fn read(value: $crate::model::Value<'_>, reader: &mut $crate::model::Reader<'_>) -> Result<Self, $crate::Error> {
                let secret = <$crate::Secret as $crate::model::Boundary>::read(value, reader)?;
                Self::parse(secret.expose()).map_err(|why| reader.invalid(why))
            }
            fn write(self, writer: &mut $crate::model::Writer) -> $crate::model::Value<'static> {
                $crate::model::shown_secret(&self.0, writer)
            }
        }
    )+};
}

/// The checked constructors of the types of [`text_type!`](crate::text_type) and [`secret_type!`](crate::secret_type).
#[doc(hidden)]
#[macro_export]
macro_rules! checked_text {
    ($name:ident ($max:expr) ($rule:expr) $make:expr) => {
        impl $name {
            /// Checks a text and makes a value of it.
            ///
            /// # Errors
            /// `input.invalid_field` if the text does not have this format. The text itself is not shown.
            pub fn new(text: &str) -> Result<Self, $crate::Error> {
                Self::parse(text).map_err(|why| $crate::Error::invalid_field(stringify!($name), why))
            }

            /// Checks a text and makes a value of it; the error describes the required format.
            ///
            /// # Errors
            /// A phrase that follows the field's name: "must be …".
            pub fn parse(text: &str) -> Result<Self, &'static str> {
                const RULE: $crate::model::TextRule = $rule;
                if text.len() > $max {
                    return Err("is too long");
                }
                RULE(text).map(|kept| kept.into_owned()).map($make)
            }
        }
    };
}
