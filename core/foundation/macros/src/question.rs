//! Questions: the implementation of `TypedQuestion`, from the doc comment and the attribute of a type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    DeriveInput, LitStr, Token,
    parse::{Parse, ParseStream},
};

use crate::declared::{DeclaredText, DeclaredTypes, only_once};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let DeclaredText { summary, text } = DeclaredText::read(input)?;
    let mut declared = None;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("question")) {
        only_once(&mut declared, attribute)?;
    }
    let Some(NamedTypes { name, types: DeclaredTypes { request, answer } }) = declared else {
        let why = "a question needs its name and types: #[question(\"bank.ask\", Request => Answer)]";
        return Err(syn::Error::new_spanned(ident, why));
    };
    let question = quote! { ::bankchannel_foundation::question };
    Ok(quote! {
        impl #question::TypedQuestion for #ident {
            type Request = #request;
            type Answer = #answer;
            const DECLARATION: #question::QuestionDeclaration =
                #question::QuestionDeclaration { name: #name, summary: #summary, doc: #text };
        }
    })
}

/// `"bank.list_accounts", ListAccountsQuestion => ListAccountsAnswer`.
struct NamedTypes {
    name: LitStr,
    types: DeclaredTypes,
}

impl Parse for NamedTypes {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self { name, types: input.parse()? })
    }
}
