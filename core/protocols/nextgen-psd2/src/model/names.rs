//! Enums with different names for users and on the wire.

/// Declares enums with two names for each value: `Private = "private" / "PRIVATE"` is `private` for users and `PRIVATE`
/// on the wire. An `open` enum has a last variant `Other(String)`, which keeps an unknown value of a bank unchanged.
macro_rules! wire_names {
    ($(
        $(#[doc = $doc:literal])+
        $kind:ident enum $name:ident { $($(#[doc = $value_doc:literal])+ $value:ident = $own:literal / $wire:literal,)+ }
    )+) => {$(
        $crate::model::names::wire_names!(@type $kind $name [$($doc)+] $([$($value_doc)+] $value)+);

        impl $name {
            /// The name for users.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.name_in(::bankchannel_foundation::model::Representation::Boundary)
            }

            /// The name on the wire.
            #[must_use]
            pub fn as_wire(&self) -> &str {
                self.name_in(::bankchannel_foundation::model::Representation::Wire)
            }

            fn name_in(&self, representation: ::bankchannel_foundation::model::Representation) -> &str {
                let is_wire = representation == ::bankchannel_foundation::model::Representation::Wire;
                $crate::model::names::wire_names!(@match $kind self; $($value => if is_wire { $wire } else { $own },)+)
            }

            fn named(text: &str, representation: ::bankchannel_foundation::model::Representation) -> Option<Self> {
                let is_wire = representation == ::bankchannel_foundation::model::Representation::Wire;
                $(if text == if is_wire { $wire } else { $own } {
                    return Some(Self::$value);
                })+
                $crate::model::names::wire_names!(@other $kind text)
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        ::bankchannel_foundation::field_of_itself!($name);

        impl ::bankchannel_foundation::Boundary for $name {
            const SHAPE: &'static ::bankchannel_foundation::model::Shape =
                &$crate::model::names::wire_names!(@shape $kind $name [$($doc)+] $([$($value_doc)+] $own)+);
            const WIRE_SHAPE: &'static ::bankchannel_foundation::model::Shape =
                &$crate::model::names::wire_names!(@shape $kind $name [$($doc)+] $([$($value_doc)+] $wire)+);

            fn read(
                value: ::bankchannel_foundation::model::Value<'_>,
                reader: &mut ::bankchannel_foundation::model::Reader<'_>,
            ) -> Result<Self, ::bankchannel_foundation::Error> {
                let text = reader.text(value)?;
                let representation = reader.representation();
                let shape = match representation {
                    ::bankchannel_foundation::model::Representation::Boundary => Self::SHAPE,
                    ::bankchannel_foundation::model::Representation::Wire => Self::WIRE_SHAPE,
                };
                Self::named(&text, representation).ok_or_else(|| reader.not_one_of(&text, shape))
            }

            fn write(
                self,
                writer: &mut ::bankchannel_foundation::model::Writer,
            ) -> ::bankchannel_foundation::model::Value<'static> {
                self.name_in(writer.representation()).to_owned().into()
            }
        }
    )+};
    (@type closed $name:ident [$($doc:literal)+] $([$($value_doc:literal)+] $value:ident)+) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $value_doc])+ $value),+ }
    };
    (@type open $name:ident [$($doc:literal)+] $([$($value_doc:literal)+] $value:ident)+) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $value_doc])+ $value,)+
            /// A value that this version does not know, as the bank writes it.
            Other(String),
        }
    };
    (@match closed $self:ident; $($value:ident => $name:expr,)+) => { match $self { $(Self::$value => $name),+ } };
    (@match open $self:ident; $($value:ident => $name:expr,)+) => {
        match $self { $(Self::$value => $name,)+ Self::Other(text) => text }
    };
    (@other closed $text:ident) => { None };
    (@other open $text:ident) => { Some(Self::Other($text.to_owned())) };
    (@is_open closed) => { false };
    (@is_open open) => { true };
    (@shape $kind:ident $name:ident [$($doc:literal)+] $([$($value_doc:literal)+] $text:literal)+) => {
        ::bankchannel_foundation::model::Shape::Enum(::bankchannel_foundation::model::EnumShape {
            name: stringify!($name),
            doc: $crate::model::names::joined!($($doc)+),
            open: $crate::model::names::wire_names!(@is_open $kind),
            values: &[$(::bankchannel_foundation::model::EnumValue {
                value: $text,
                doc: $crate::model::names::joined!($($value_doc)+),
            }),+],
        })
    };
}

/// Joins the lines of a doc comment into one text.
macro_rules! joined {
    ($one:literal) => { $one.trim_ascii() };
    ($($line:literal)+) => { concat!($($line, "\n"),+).trim_ascii() };
}

pub(crate) use {joined, wire_names};
