//! Structs that are read from rows of a database: the columns of the SELECT list and their reader, from the fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, ext::IdentExt, meta::ParseNestedMeta};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = &input.data else {
        return Err(syn::Error::new_spanned(&input.ident, "a stored row is a struct with named fields"));
    };
    let alias = RowAttributes::parse(&input.attrs)?.alias.map(|alias| alias + ".").unwrap_or_default();
    let (mut columns, mut widths, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields.named {
        let (ident, ty) = (&field.ident, &field.ty);
        let RowAttributes { sql, absent, .. } = RowAttributes::parse(&field.attrs)?;
        if absent {
            reads.push(quote! { #ident: ::core::default::Default::default() });
            continue;
        }
        let row = quote! { <#ty as crate::engine::StoredRow> };
        let comma = (!columns.is_empty()).then(|| quote! { ", ", });
        let name = ident.as_ref().map(|ident| format!("{alias}{}", ident.unraw()));
        columns.push(match sql {
            Some(sql) => quote! { #comma #sql },
            None => quote! { #comma crate::engine::own_or(#row::COLUMNS, #name) },
        });
        widths.push(quote! { #row::WIDTH });
        reads.push(quote! { #ident: #row::read(row)? });
    }
    let ident = &input.ident;
    Ok(quote! {
        impl crate::engine::StoredRow for #ident {
            const COLUMNS: &'static str = crate::engine::sql!(#(#columns),*);
            const WIDTH: usize = 0 #(+ #widths)*;
            #[inline]
            fn read(row: &mut crate::engine::ResultRow) -> crate::engine::Result<Self> {
                Ok(Self { #(#reads),* })
            }
        }
    })
}

/// Every key that `#[row(…)]` accepts, on the struct or a field.
#[derive(Default)]
struct RowAttributes {
    alias: Option<String>,
    sql: Option<String>,
    absent: bool,
}

impl RowAttributes {
    fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut out = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("row")) {
            attribute.parse_nested_meta(|meta| {
                let text = |meta: &ParseNestedMeta<'_>| Ok::<_, syn::Error>(meta.value()?.parse::<LitStr>()?.value());
                if meta.path.is_ident("alias") {
                    out.alias = Some(text(&meta)?);
                } else if meta.path.is_ident("sql") {
                    out.sql = Some(text(&meta)?);
                } else if meta.path.is_ident("absent") {
                    out.absent = true;
                } else {
                    return Err(meta.error("unknown row attribute: `alias`, `sql` or `absent`"));
                }
                Ok(())
            })?;
        }
        Ok(out)
    }
}
