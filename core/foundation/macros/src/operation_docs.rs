//! The documentation of an operation, from the doc comment of its type.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::DeriveInput;

use crate::{
    attributes::{doc, snake_case},
    cited::cited,
};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let doc = doc(&input.attrs, ident)?;
    let mut paragraphs = doc.split("\n\n").map(in_one_line);
    let summary = paragraphs.next().unwrap_or_default();
    let text = paragraphs.collect::<Vec<_>>().join("\n\n");
    let Some(title) = summary.strip_suffix('.').filter(|_| !text.is_empty()) else {
        let why = "an operation needs a summary that ends with a full stop, an empty line, and a description";
        return Err(syn::Error::new_spanned(ident, why));
    };
    let shown = cited(&format!("{summary}\n\n{text}")).text.into_owned();
    // A macro, because the attribute `doc` accepts the result of a macro, but no constant. Exported macros of a crate
    // share one name space.
    let exported = format_ident!("__{}_method_doc", snake_case(&ident.to_string()));
    Ok(quote! {
        impl #ident {
            const DOCS: ::bankchannel_foundation::operation::OperationDocs =
                ::bankchannel_foundation::operation::OperationDocs { summary: #title, text: #text };
        }
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #exported {
            () => { #shown };
        }
        #[doc(hidden)]
        pub use #exported as method_doc;
    })
}

/// A paragraph without the line breaks of its comment; the items of a list stay lines.
fn in_one_line(paragraph: &str) -> String {
    paragraph.replace("\n- ", "\r- ").replace('\n', " ").replace('\r', "\n")
}
