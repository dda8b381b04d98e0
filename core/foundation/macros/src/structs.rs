//! Structs with named fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, FieldsNamed, ext::IdentExt};

use crate::attributes::{Attributes, doc, pascal_case};

pub(crate) fn expand(input: &DeriveInput, fields: &FieldsNamed) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let name = ident.to_string();
    let type_doc = doc(&input.attrs, ident)?;
    let (mut shapes, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for (index, field) in fields.named.iter().enumerate() {
        let field_ident = field.ident.as_ref().expect("named fields have names");
        let ty = &field.ty;
        let attributes = Attributes::parse(&field.attrs)?;
        let field_doc = doc(&field.attrs, field_ident)?;
        let field_name = field_ident.unraw().to_string();
        let wire = attributes.wire.unwrap_or_else(|| pascal_case(&field_name));
        let (aliases, profile, off_wire) = (&attributes.aliases, attributes.profile, attributes.off_wire);
        shapes.push(quote! {
            ::bankchannel_foundation::model::Field {
                name: #field_name,
                wire: #wire,
                aliases: &[#(#aliases),*],
                doc: #field_doc,
                shape: <#ty as ::bankchannel_foundation::model::Boundary>::SHAPE,
                wire_shape: <#ty as ::bankchannel_foundation::model::Boundary>::WIRE_SHAPE,
                optional: <#ty as ::bankchannel_foundation::model::Boundary>::OPTIONAL,
                wire_optional: <#ty as ::bankchannel_foundation::model::Boundary>::WIRE_OPTIONAL,
                profile: #profile,
                off_wire: #off_wire,
            }
        });
        reads.push(quote! { #field_ident: object.field::<#ty>(&Self::FIELDS[#index], reader)? });
        writes.push(quote! { object.put(&Self::FIELDS[#index], self.#field_ident, writer); });
    }
    let count = shapes.len();
    Ok(quote! {
        impl #ident {
            const FIELDS: [::bankchannel_foundation::model::Field; #count] = [#(#shapes),*];
        }
        impl ::bankchannel_foundation::model::Boundary for #ident {
            const SHAPE: &'static ::bankchannel_foundation::model::Shape =
                &::bankchannel_foundation::model::Shape::Struct(::bankchannel_foundation::model::StructShape {
                    name: #name,
                    doc: #type_doc,
                    fields: &Self::FIELDS,
                });
            fn read(
                value: ::bankchannel_foundation::model::Value<'_>,
                reader: &mut ::bankchannel_foundation::model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                let mut object = ::bankchannel_foundation::model::ObjectReader::open(value, &Self::FIELDS, reader)?;
                let read = Self { #(#reads),* };
                object.close(&Self::FIELDS, reader)?;
                Ok(read)
            }
            fn write(self, writer: &mut ::bankchannel_foundation::model::Writer) -> ::bankchannel_foundation::model::Value<'static> {
                #[allow(unused_mut)]
                let mut object = ::bankchannel_foundation::model::ObjectWriter::of(&Self::FIELDS);
                #(#writes)*
                object.into_value()
            }
        }
    })
}

/// `struct Nothing;` is the empty object.
pub(crate) fn expand_empty(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let name = ident.to_string();
    let type_doc = doc(&input.attrs, ident)?;
    Ok(quote! {
        impl ::bankchannel_foundation::model::Boundary for #ident {
            const SHAPE: &'static ::bankchannel_foundation::model::Shape =
                &::bankchannel_foundation::model::Shape::Struct(::bankchannel_foundation::model::StructShape {
                    name: #name,
                    doc: #type_doc,
                    fields: &[],
                });
            fn read(
                value: ::bankchannel_foundation::model::Value<'_>,
                reader: &mut ::bankchannel_foundation::model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                let object = ::bankchannel_foundation::model::ObjectReader::open(value, &[], reader)?;
                object.close(&[], reader)?;
                Ok(Self)
            }
            fn write(self, _: &mut ::bankchannel_foundation::model::Writer) -> ::bankchannel_foundation::model::Value<'static> {
                ::bankchannel_foundation::model::ObjectWriter::default().into_value()
            }
        }
    })
}
