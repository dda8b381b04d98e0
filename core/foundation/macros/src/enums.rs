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
