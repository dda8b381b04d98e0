//! Enums of names: closed (values that a caller may send) and open (values that a peer may answer).

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields};

use crate::attributes::{BoundaryAttributes, doc, snake_case};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum, open: bool) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let name = ident.to_string();
    let type_doc = doc(&input.attrs, ident)?;
    let (mut values, mut parses, mut texts, mut writes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut wire_values, mut wire_parses, mut wire_texts) = (Vec::new(), Vec::new(), Vec::new());
    let mut has_wire_names = false;
    let mut other = None;
    for variant in &data.variants {
        let variant_ident = &variant.ident;
        match &variant.fields {
            Fields::Unit => {
                let attributes = BoundaryAttributes::parse(&variant.attrs)?;
                let value = attributes.value.unwrap_or_else(|| snake_case(&variant_ident.to_string()));
                let value_doc = doc(&variant.attrs, variant_ident)?;
                values.push(quote! { ::bankchannel_foundation::model::EnumValue { value: #value, doc: #value_doc } });
                parses.push(quote! { #value => Some(Self::#variant_ident) });
                texts.push(quote! { Self::#variant_ident => #value });
                writes.push(quote! { Self::#variant_ident => #value.into() });
                has_wire_names |= attributes.wire.is_some();
                let wire = attributes.wire.unwrap_or(value);
                wire_values
                    .push(quote! { ::bankchannel_foundation::model::EnumValue { value: #wire, doc: #value_doc } });
                wire_parses.push(quote! { #wire => Some(Self::#variant_ident) });
                wire_texts.push(quote! { Self::#variant_ident => #wire });
            }
            Fields::Unnamed(fields) if open && fields.unnamed.len() == 1 => other = Some(variant_ident),
            _ => {
                return Err(syn::Error::new_spanned(
                    variant,
                    "a value of a boundary enum holds nothing; for data use #[boundary(tag = …)]",
                ));
            }
        }
    }
    let fallback = match (open, other) {
        (true, Some(other)) => {
            texts.push(quote! { Self::#other(text) => text });
            wire_texts.push(quote! { Self::#other(text) => text });
            writes.push(quote! { Self::#other(text) => text.into() });
            quote! { other => Some(Self::#other(other.to_owned())) }
        }
        (false, None) => quote! { _ => None },
        _ => {
            return Err(syn::Error::new_spanned(
                ident,
                "an open enum ends in `Other(String)`, a closed one has no such variant",
            ));
        }
    };
    if has_wire_names {
        return Ok(with_wire_names(&EnumParts {
            ident,
            name,
            doc: type_doc,
            open,
            own: [values, parses, texts],
            wire: [wire_values, wire_parses, wire_texts],
            fallback,
        }));
    }
    Ok(quote! {
        impl #ident {
            /// The value as written in JSON, on the boundary and on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { #(#texts),* }
            }
            /// The variant with this text; `None` if no variant has it.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text { #(#parses,)* #fallback }
            }
        }
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        ::bankchannel_foundation::field_of_itself!(#ident);
        impl ::bankchannel_foundation::model::Boundary for #ident {
            const SHAPE: &'static ::bankchannel_foundation::model::Shape =
                &::bankchannel_foundation::model::Shape::Enum(::bankchannel_foundation::model::EnumShape {
                    name: #name,
                    doc: #type_doc,
                    open: #open,
                    values: &[#(#values),*],
                });
            fn read(
                value: ::bankchannel_foundation::model::Value<'_>,
                reader: &mut ::bankchannel_foundation::model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                let text = reader.text(value)?;
                Self::from_text(&text).ok_or_else(|| reader.not_one_of(&text, Self::SHAPE))
            }
            fn write(self, _: &mut ::bankchannel_foundation::model::Writer) -> ::bankchannel_foundation::model::Value<'static> {
                match self { #(#writes),* }
            }
        }
    })
}

/// An enum whose values have other names on the wire.
struct EnumParts<'a> {
    ident: &'a syn::Ident,
    name: String,
    doc: String,
    open: bool,
    /// The names for users: values of the shape, arms that parse, arms that write.
    own: [Vec<TokenStream>; 3],
    /// The same on the wire.
    wire: [Vec<TokenStream>; 3],
    /// The arm for an unknown text.
    fallback: TokenStream,
}

fn with_wire_names(parts: &EnumParts<'_>) -> TokenStream {
    let EnumParts { ident, name, doc, open, own, wire, fallback } = parts;
    let ([values, parses, texts], [wire_values, wire_parses, wire_texts]) = (own, wire);
    let model = quote! { ::bankchannel_foundation::model };
    let shape = |values: &[TokenStream]| {
        quote! {
            &#model::Shape::Enum(#model::EnumShape { name: #name, doc: #doc, open: #open, values: &[#(#values),*] })
        }
    };
    let (own_shape, wire_shape) = (shape(values), shape(wire_values));
    quote! {
        impl #ident {
            /// The name for users.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { #(#texts),* }
            }

            /// The name on the wire.
            #[must_use]
            pub fn as_wire(&self) -> &str {
                match self { #(#wire_texts),* }
            }

            fn from_name(text: &str, is_wire: bool) -> Option<Self> {
                if is_wire {
                    match text { #(#wire_parses,)* #fallback }
                } else {
                    match text { #(#parses,)* #fallback }
                }
            }
        }
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        ::bankchannel_foundation::field_of_itself!(#ident);
        impl #model::Boundary for #ident {
            const SHAPE: &'static #model::Shape = #own_shape;
            const WIRE_SHAPE: &'static #model::Shape = #wire_shape;
            fn read(
                value: #model::Value<'_>,
                reader: &mut #model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                let text = reader.text(value)?;
                let is_wire = reader.representation() == #model::Representation::Wire;
                let shape = if is_wire { Self::WIRE_SHAPE } else { Self::SHAPE };
                Self::from_name(&text, is_wire).ok_or_else(|| reader.not_one_of(&text, shape))
            }
            fn write(self, writer: &mut #model::Writer) -> #model::Value<'static> {
                let is_wire = writer.representation() == #model::Representation::Wire;
                if is_wire { self.as_wire() } else { self.as_str() }.to_owned().into()
            }
        }
    }
}
