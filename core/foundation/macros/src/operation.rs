//! Operations: the implementations of `Operation` and `Exchange`, from the doc comment and the attributes of a type.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{
    DeriveInput, Expr, Ident, Token, Type, UseTree,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::{
    attributes::snake_case,
    cited::cited,
    declared::{DeclaredText, DeclaredTypes, only_once},
};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let DeclaredText { summary, text } = DeclaredText::read(input)?;
    let OperationAttributes { types, declaration, errors, route, exchange } = OperationAttributes::parse(input)?;
    let DeclaredTypes { request, answer } = types;
    let operation = quote! { ::bankchannel_foundation::operation };
    let errors = errors.map(|ErrorRows(lists)| quote! { errors: #lists, });
    let route = route.map(|route| quote! { route: ::core::option::Option::Some(#operation::Route { #route }), });
    let exchange = exchange.map(|ExchangeTerms { codec, terms }| {
        quote! {
            impl #operation::Exchange for #ident {
                type Codec = #codec;
                const TERMS: <#codec as #operation::Codec>::Terms = #terms;
            }
        }
    });
    let method_doc = cited(&format!("{summary}.\n\n{text}")).text.into_owned();
    // A macro, because the attribute `doc` accepts the result of a macro, but no constant. Exported macros of a crate
    // share one name space.
    let exported = format_ident!("__{}_method_doc", snake_case(&ident.to_string()));
    Ok(quote! {
        impl #operation::Operation for #ident {
            type Request = #request;
            type Response = #answer;
            const DECLARATION: #operation::Declaration =
                #operation::Declaration { summary: #summary, doc: #text, #errors #route #declaration };
        }
        #exchange
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #exported {
            () => { #method_doc };
        }
        #[doc(hidden)]
        pub use #exported as method_doc;
    })
}

/// The attributes of an operation.
struct OperationAttributes {
    types: DeclaredTypes,
    /// The members of the declaration that are not in the other attributes.
    declaration: TokenStream,
    errors: Option<ErrorRows>,
    /// The members of the route.
    route: Option<TokenStream>,
    exchange: Option<ExchangeTerms>,
}

impl OperationAttributes {
    fn parse(input: &DeriveInput) -> syn::Result<Self> {
        let (mut types, mut declaration, mut errors, mut route, mut exchange) = (None, None, None, None, None);
        for attribute in &input.attrs {
            let path = attribute.path();
            if path.is_ident("operation") {
                only_once(&mut types, attribute)?;
            } else if path.is_ident("declaration") {
                only_once(&mut declaration, attribute)?;
            } else if path.is_ident("errors") {
                only_once(&mut errors, attribute)?;
            } else if path.is_ident("route") {
                only_once(&mut route, attribute)?;
            } else if path.is_ident("exchange") {
                only_once(&mut exchange, attribute)?;
                if !input.attrs.iter().any(|attribute| attribute.path().is_ident("route")) {
                    return Err(syn::Error::new_spanned(attribute, "an exchange needs its route: #[route(…)]"));
                }
            }
        }
        let missing = |what: &str| syn::Error::new_spanned(&input.ident, format!("an operation needs {what}"));
        Ok(Self {
            types: types.ok_or_else(|| missing("its types: #[operation(Request => Response)]"))?,
            declaration: declaration.ok_or_else(|| missing("its declaration: #[declaration(member: …, ..base)]"))?,
            errors,
            route,
            exchange,
        })
    }
}

/// `WsChannelCodec, WsChannelTerms::SESSION`.
struct ExchangeTerms {
    codec: Type,
    terms: Expr,
}

impl Parse for ExchangeTerms {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let codec = input.parse()?;
        input.parse::<Token![,]>()?;
        let terms = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { codec, terms })
    }
}

/// `..LIST, errors::{ROW, ANOTHER}, errors::THIRD`: lists and rows in their order, as one list.
struct ErrorRows(TokenStream);

impl Parse for ErrorRows {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut lists, mut rows) = (Vec::new(), Vec::new());
        for part in Punctuated::<ErrorPart, Token![,]>::parse_terminated(input)? {
            match part {
                ErrorPart::List(list) => {
                    if !rows.is_empty() {
                        lists.push(row_list(&rows));
                        rows.clear();
                    }
                    lists.push(list.into_token_stream());
                }
                ErrorPart::Rows(tree) => add_rows(&tree, &[], &mut rows)?,
            }
        }
        if !rows.is_empty() {
            lists.push(row_list(&rows));
        }
        let [list] = &*lists else {
            let error = quote! { ::bankchannel_foundation::error };
            return Ok(Self(quote! {
                {
                    const LISTS: &[&[&#error::ErrorRow]] = &[#(#lists),*];
                    const JOINED: [&#error::ErrorRow; #error::row_count(LISTS)] = #error::joined_rows(LISTS);
                    &JOINED
                }
            }));
        };
        Ok(Self(list.clone()))
    }
}

/// A part of a list of errors.
enum ErrorPart {
    /// All rows of a list.
    List(Expr),
    /// Rows by their paths, as a `use` declaration names them.
    Rows(UseTree),
}

impl Parse for ErrorPart {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.parse::<Option<Token![..]>>()?.is_some() {
            return Ok(Self::List(input.parse()?));
        }
        Ok(Self::Rows(input.parse()?))
    }
}

fn row_list(rows: &[TokenStream]) -> TokenStream {
    quote! { &[#(&#rows),*] }
}

/// Adds the rows of a tree, whose path has `prefix` before it.
fn add_rows(tree: &UseTree, prefix: &[&Ident], rows: &mut Vec<TokenStream>) -> syn::Result<()> {
    match tree {
        UseTree::Path(path) => add_rows(&path.tree, &[prefix, &[&path.ident]].concat(), rows),
        UseTree::Group(group) => group.items.iter().try_for_each(|tree| add_rows(tree, prefix, rows)),
        UseTree::Name(row) => {
            let name = &row.ident;
            rows.push(quote! { #(#prefix::)*#name });
            Ok(())
        }
        UseTree::Rename(_) | UseTree::Glob(_) => {
            Err(syn::Error::new_spanned(tree, "an error is a row by its own name"))
        }
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    fn expanded(attributes: TokenStream) -> Result<String, String> {
        let input = quote! {
            /// Ask.
            ///
            /// It is asked.
            #attributes
            struct Ask;
        };
        let input = syn::parse2(input).map_err(|why| why.to_string())?;
        super::expand(&input).map(|tokens| tokens.to_string()).map_err(|why| why.to_string())
    }

    #[track_caller]
    fn refused(attributes: TokenStream, why: &str) {
        let error = expanded(attributes).expect_err("it must not compile");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn what_an_operation_lacks_is_named() {
        refused(quote! { #[declaration(..base())] }, "#[operation(Request => Response)]");
        refused(quote! { #[operation(A => B)] }, "#[declaration(member: …, ..base)]");
        refused(quote! { #[operation(A)] #[declaration(..base())] }, "expected `=>`");
        refused(quote! { #[operation(A => B)] #[declaration(..base())] #[exchange(C, TERMS)] }, "needs its route");
        refused(quote! { #[operation(A => B)] #[operation(A => B)] #[declaration(..base())] }, "stands once");
        refused(quote! { #[operation(A => B)] #[declaration(..base())] #[errors(errors::*)] }, "by its own name");
    }

    #[test]
    fn errors_keep_their_order() {
        let of = |errors: TokenStream| {
            expanded(quote! { #[operation(A => B)] #[declaration(..base())] #errors }).expect("it compiles")
        };
        let in_one_list = |list: TokenStream| format!("errors : {list} ,");
        assert!(of(quote! { #[errors(..FIRST)] }).contains(&in_one_list(quote! { FIRST })));
        let rows = of(quote! { #[errors(errors::{ONE, TWO}, row::THREE)] });
        assert!(rows.contains(&in_one_list(quote! { &[&errors::ONE, &errors::TWO, &row::THREE] })), "{rows}");
        let mixed = of(quote! { #[errors(ONE, ..LIST, errors::TWO)] });
        assert!(mixed.contains(&quote! { &[&[&ONE], LIST, &[&errors::TWO]] }.to_string()), "{mixed}");
        assert!(!of(TokenStream::new()).contains("errors"));
    }
}
