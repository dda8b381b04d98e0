//! Structs with named fields, and structs without any: `struct Nothing;` is the empty object.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Field, Fields, Type, ext::IdentExt};

use crate::{
    attributes::{BoundaryAttributes, camel_case, doc, pascal_case},
    builders::BuilderMethods,
    group, in_static,
};

pub(crate) fn expand(input: &DeriveInput, fields: &Fields) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let name = ident.to_string();
    let type_doc = doc(&input.attrs, ident)?;
    let model = quote! { ::bankchannel_foundation::model };
    let BoundaryAttributes { same_names, own_new, flattened, .. } = BoundaryAttributes::parse(&input.attrs)?;
    let mut builder = BuilderMethods::new(input);
    let (mut own, mut groups) = (Vec::new(), Vec::new());
    let (mut parts, mut takes, mut puts) = (Vec::new(), Vec::new(), Vec::new());
    for field in fields {
        let (field_ident, ty) = (&field.ident, &field.ty);
        let attributes = BoundaryAttributes::parse(&field.attrs)?;
        if attributes.absent {
            takes.push(quote! { #field_ident: ::core::default::Default::default() });
        } else if attributes.flatten {
            stands_alone(field, &attributes)?;
            builder.group(field);
            let group = quote! { <#ty as #model::Fields> };
            parts.push(quote! { #group::FIELDS });
            takes.push(quote! { #field_ident: #group::take(object, reader)? });
            puts.push(quote! { #group::put(self.#field_ident, object, writer); });
            groups.push(group);
        } else {
            let index = own.len();
            parts.push(quote! { ::core::slice::from_ref(&#ident::OWN_FIELDS[#index]) });
            takes.push(quote! { #field_ident: object.field::<#ty>(&Self::OWN_FIELDS[#index], reader)? });
            puts.push(quote! { object.put(&Self::OWN_FIELDS[#index], self.#field_ident, writer); });
            builder.field(field, index, &doc(&field.attrs, &field.ident)?);
            own.push(shape(field, &attributes, same_names)?);
        }
    }
    let count = own.len();
    let (all, check) = if groups.is_empty() {
        (quote! { Self::OWN_FIELDS }, None)
    } else {
        let all = quote! { { #count #(+ #groups::FIELDS.len())* } };
        // Forces evaluation: an associated constant is evaluated only on use, and a duplicate name must fail to compile
        // here.
        let check = quote! { const _: &[#model::Field] = <#ident as #model::Fields>::FIELDS; };
        let joined = quote! { #model::joined::<#all>(&[#(#parts),*]) };
        (in_static(&quote! { [#model::Field; #all] }, &joined), Some(check))
    };
    let own = in_static(&quote! { [#model::Field; #count] }, &quote! { [#(#own),*] });
    let shape = quote! {
        #model::Shape::Struct(#model::StructShape {
            name: #name,
            doc: #type_doc,
            fields: <#ident as #model::Fields>::FIELDS,
        })
    };
    let shape = in_static(&quote! { #model::Shape }, &shape);
    let builder = builder.finish();
    let constructor = (!own_new).then(|| constructor(input, fields)).flatten();
    let group = flattened.then(|| group::methods(input, fields)).transpose()?;
    Ok(quote! {
        #builder
        #constructor
        #group
        impl #ident {
            const OWN_FIELDS: &'static [#model::Field; #count] = #own;
        }
        #check
        impl #model::Fields for #ident {
            const FIELDS: &'static [#model::Field] = #all;
            #[inline]
            #[allow(unused_variables)]
            fn take(
                object: &mut #model::ObjectReader<'_>,
                reader: &mut #model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                Ok(Self { #(#takes),* })
            }
            #[inline]
            #[allow(unused_variables)]
            fn put(self, object: &mut #model::ObjectWriter, writer: &mut #model::Writer) {
                #(#puts)*
            }
        }
        impl #model::Boundary for #ident {
            const SHAPE: &'static #model::Shape = #shape;
            fn read(
                value: #model::Value<'_>,
                reader: &mut #model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                #model::ObjectReader::read(value, reader)
            }
            fn write(self, writer: &mut #model::Writer) -> #model::Value<'static> {
                #model::ObjectWriter::write(self, writer)
            }
        }
    })
}

/// For a `#[non_exhaustive]` struct, a constructor that takes what every value has: an optional field that is added
/// later is set by those who need it, and breaks no other caller.
fn constructor(input: &DeriveInput, fields: &Fields) -> Option<TokenStream> {
    input.attrs.iter().find(|attribute| attribute.path().is_ident("non_exhaustive"))?;
    let (ident, visibility) = (&input.ident, &input.vis);
    let (optional, required): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|field| is_optional(&field.ty));
    let names: Vec<_> = required.iter().map(|field| &field.ident).collect();
    let types = required.iter().map(|field| &field.ty);
    let left_out = optional.iter().map(|field| &field.ident);
    let doc =
        format!("A [`{ident}`] with its required fields, in their order; the optional ones can be set afterwards.");
    Some(quote! {
        #[allow(dead_code)]
        impl #ident {
            #[doc = #doc]
            #[must_use]
            #[allow(clippy::new_without_default, clippy::too_many_arguments)]
            #visibility fn new(#(#names: #types),*) -> Self {
                Self { #(#names,)* #(#left_out: None),* }
            }
        }
    })
}

fn is_optional(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

/// Checks that a flattened field has no boundary name and no documentation.
fn stands_alone(field: &Field, attributes: &BoundaryAttributes) -> syn::Result<()> {
    let BoundaryAttributes { wire, aliases, profile, off_wire, .. } = attributes;
    if wire.is_some() || !aliases.is_empty() || *profile || *off_wire {
        return Err(syn::Error::new_spanned(&field.ident, "`flatten` stands alone: the struct's fields say the rest"));
    }
    Ok(())
}

fn shape(field: &Field, attributes: &BoundaryAttributes, same_names: bool) -> syn::Result<TokenStream> {
    let ty = &field.ty;
    let doc = doc(&field.attrs, &field.ident)?;
    let name = field.ident.as_ref().expect("named fields have names").unraw().to_string();
    let wire = attributes.wire.clone().unwrap_or_else(|| if same_names { name.clone() } else { pascal_case(&name) });
    let camel = camel_case(&name);
    let BoundaryAttributes { aliases, profile, off_wire, opens_file, variables, gives, .. } = attributes;
    let has_default = attributes.default.is_some();
    let or_none = |text: &Option<String>| match text {
        Some(text) => quote! { ::core::option::Option::Some(#text) },
        None => quote! { ::core::option::Option::None },
    };
    let (default, example) = (or_none(&attributes.default), or_none(&attributes.example));
    let boundary = quote! { <#ty as ::bankchannel_foundation::model::Boundary> };
    Ok(quote! {
        ::bankchannel_foundation::model::Field {
            name: #name,
            camel: #camel,
            wire: #wire,
            aliases: &[#(#aliases),*],
            doc: #doc,
            shape: #boundary::SHAPE,
            wire_shape: #boundary::WIRE_SHAPE,
            optional: #boundary::OPTIONAL || #has_default,
            wire_optional: #boundary::WIRE_OPTIONAL || #has_default,
            default: #default,
            example: #example,
            profile: #profile,
            off_wire: #off_wire,
            opens_file: #opens_file,
            variables: &[#(#variables),*],
            gives: &[#(#gives),*],
        }
    })
}
