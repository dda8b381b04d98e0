//! The methods that a group's fields have in the builder of each struct that the group is flattened into.
//!
//! Only the derive of the group's own type sees its fields. So it makes a macro of the type's name beside the type: where the
//! type is imported, the macro is too, and the derive of the outer struct calls it.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{DeriveInput, Fields, Type, Visibility};

use crate::{
    attributes::{BoundaryAttributes, doc, snake_case},
    builders::inner,
    cited::cited,
};

/// The macro of a group. Types of its fields are written with `crate::` or the name of another crate, unless every file has
/// them in scope: the macro is used elsewhere.
pub(crate) fn methods(input: &DeriveInput, fields: &Fields) -> syn::Result<TokenStream> {
    let (ident, visibility) = (&input.ident, &input.vis);
    let is_public = matches!(visibility, Visibility::Public(_));
    let (export, reach) =
        if is_public { (quote! { #[macro_export] }, quote! { pub }) } else { (quote! {}, quote! { pub(crate) }) };
    let model = quote! { ::bankchannel_foundation::model };
    let mut methods = Vec::new();
    for field in fields {
        let (name, ty) = (&field.ident, anywhere(&field.ty));
        if BoundaryAttributes::parse(&field.attrs)?.flatten {
            methods.push(quote! { #ty! { $outer } });
            continue;
        }
        let of = anywhere(inner(&field.ty));
        let text = name.as_ref().map(ToString::to_string).unwrap_or_default();
        let doc = cited(&doc(&field.attrs, name)?).text.into_owned();
        methods.push(quote! {
            #[doc = #doc]
            #[allow(clippy::wrong_self_convention)]
            #reach fn #name(mut self, value: impl #model::IntoField<#of>) -> Self {
                const FIELD: &#model::Field = #model::field_named(<$outer as #model::Fields>::FIELDS, #text);
                self.0.set::<#of>(FIELD, value);
                self
            }
        });
    }
    let exported = format_ident!("__{}_methods", snake_case(&ident.to_string()));
    Ok(quote! {
        #[doc(hidden)]
        #export
        macro_rules! #exported {
            ($outer:ty) => { #(#methods)* };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #visibility use #exported as #ident;
    })
}

/// A type with `$crate` for `crate`.
fn anywhere(ty: &Type) -> TokenStream {
    fn rewritten(tokens: TokenStream) -> TokenStream {
        tokens
            .into_iter()
            .flat_map(|token| match token {
                TokenTree::Ident(ident) if ident == "crate" => quote! { $crate },
                TokenTree::Group(group) => {
                    TokenTree::from(Group::new(group.delimiter(), rewritten(group.stream()))).into_token_stream()
                }
                other => other.into_token_stream(),
            })
            .collect()
    }
    rewritten(ty.to_token_stream())
}
