//! Enums of names: closed (values that a caller may send) and open (values that a peer may answer).

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields};

use crate::{
    attributes::{BoundaryAttributes, doc, snake_case},
    in_static,
};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum, open: bool) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let name = ident.to_string();
    let type_doc = doc(&input.attrs, ident)?;
    let (mut values, mut parses, mut texts, mut writes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut wire_values, mut wire_parses) = (Vec::new(), Vec::new());
    let (mut wire_texts, mut wire_writes) = (Vec::new(), Vec::new());
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
                wire_writes.push(quote! { Self::#variant_ident => #wire.into() });
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
            wire_writes.push(quote! { Self::#other(text) => text.into() });
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
    let model = quote! { ::bankchannel_foundation::model };
    let shape = |values: &[TokenStream]| {
        let values = quote! {
            #model::Shape::Enum(#model::EnumShape { name: #name, doc: #type_doc, open: #open, values: &[#(#values),*] })
        };
        in_static(&quote! { #model::Shape }, &values)
    };
    let (own_shape, wire_shape) = (shape(&values), shape(&wire_values));
    let wire_names = has_wire_names.then(|| {
        quote! {
            impl #ident {
                /// The name on the wire.
                #[must_use]
                pub fn as_wire(&self) -> &str {
                    match self { #(#wire_texts),* }
                }

                fn from_wire(text: &str) -> Option<Self> {
                    match text { #(#wire_parses,)* #fallback }
                }
            }
        }
    });
    let wire_shape = has_wire_names.then(|| quote! { const WIRE_SHAPE: &'static #model::Shape = #wire_shape; });
    let is_wire = quote! { representation() == #model::Representation::Wire };
    let from_wire = has_wire_names.then(|| {
        quote! {
            if reader.#is_wire {
                return Self::from_wire(&text).ok_or_else(|| reader.not_one_of(&text, Self::WIRE_SHAPE));
            }
        }
    });
    let to_wire = has_wire_names.then(|| {
        quote! {
            if writer.#is_wire {
                return match self { #(#wire_writes),* };
            }
        }
    });
    Ok(quote! {
        impl #ident {
            /// The value as written in JSON.
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
        #wire_names
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        ::bankchannel_foundation::field_of_itself!(#ident);
        impl #model::Boundary for #ident {
            const SHAPE: &'static #model::Shape = #own_shape;
            #wire_shape
            fn read(
                value: #model::Value<'_>,
                reader: &mut #model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                let text = reader.text(value)?;
                #from_wire
                Self::from_text(&text).ok_or_else(|| reader.not_one_of(&text, Self::SHAPE))
            }
            #[allow(unused_variables)]
            fn write(self, writer: &mut #model::Writer) -> #model::Value<'static> {
                #to_wire
                match self { #(#writes),* }
            }
        }
    })
}
