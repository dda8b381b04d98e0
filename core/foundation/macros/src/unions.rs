//! Tagged unions: an object whose tag selects the struct of its other fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields};

use crate::{
    attributes::{BoundaryAttributes, doc, snake_case},
    in_static,
};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum, tag: &str) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let name = ident.to_string();
    let type_doc = doc(&input.attrs, ident)?;
    if tag.contains('_') {
        return Err(syn::Error::new_spanned(ident, "a tag is one word, which is the same in every language"));
    }
    let (mut shapes, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for variant in &data.variants {
        let variant_ident = &variant.ident;
        let value =
            BoundaryAttributes::parse(&variant.attrs)?.value.unwrap_or_else(|| snake_case(&variant_ident.to_string()));
        let value_doc = doc(&variant.attrs, variant_ident)?;
        let holds = match &variant.fields {
            Fields::Unit => None,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(&fields.unnamed[0].ty),
            _ => {
                return Err(syn::Error::new_spanned(
                    variant,
                    "a variant of a boundary union holds one struct or nothing",
                ));
            }
        };
        match holds {
            None => {
                shapes.push(quote! { ::bankchannel_foundation::model::UnionVariant { tag: #value, doc: #value_doc, shape: None } });
                reads.push(quote! {
                    #value => ::bankchannel_foundation::model::ObjectReader::open(rest, &[], reader)?
                        .close(&[], reader)
                        .map(|()| Self::#variant_ident)
                });
                writes.push(
                    quote! { Self::#variant_ident => ::bankchannel_foundation::model::tagged(#tag, #value, None) },
                );
            }
            Some(ty) => {
                shapes.push(quote! {
                    ::bankchannel_foundation::model::UnionVariant {
                        tag: #value,
                        doc: #value_doc,
                        shape: Some(<#ty as ::bankchannel_foundation::model::Boundary>::SHAPE),
                    }
                });
                reads.push(quote! {
                    #value => <#ty as ::bankchannel_foundation::model::Boundary>::read(rest, reader).map(Self::#variant_ident)
                });
                writes.push(quote! {
                    Self::#variant_ident(held) => ::bankchannel_foundation::model::tagged(
                        #tag, #value, Some(::bankchannel_foundation::model::Boundary::write(held, writer)))
                });
            }
        }
    }
    let shape = quote! {
        ::bankchannel_foundation::model::Shape::Union(::bankchannel_foundation::model::UnionShape {
            name: #name,
            doc: #type_doc,
            tag: #tag,
            variants: &[#(#shapes),*],
        })
    };
    let shape = in_static(&quote! { ::bankchannel_foundation::model::Shape }, &shape);
    Ok(quote! {
        ::bankchannel_foundation::field_of_itself!(#ident);
        impl ::bankchannel_foundation::model::Boundary for #ident {
            const SHAPE: &'static ::bankchannel_foundation::model::Shape = #shape;
            #[allow(unused_variables)]
            fn read(
                value: ::bankchannel_foundation::model::Value<'_>,
                reader: &mut ::bankchannel_foundation::model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                let (found, rest) = reader.take_tag(value, #tag)?;
                match &*found {
                    #(#reads,)*
                    other => Err(reader.not_one_of(other, Self::SHAPE)),
                }
            }
            #[allow(unused_variables)]
            fn write(self, writer: &mut ::bankchannel_foundation::model::Writer) -> ::bankchannel_foundation::model::Value<'static> {
                match self { #(#writes),* }
            }
        }
    })
}
