//! What operations and questions declare alike: their documentation and their types.

use syn::{
    Attribute, DeriveInput, Token, Type,
    parse::{Parse, ParseStream},
};

use crate::attributes::doc;

/// The documentation of an operation or a question: the doc comment of its type.
pub(crate) struct DeclaredText {
    /// The first paragraph, without its full stop.
    pub(crate) summary: String,
    /// The other paragraphs: effects, caveats, source.
    pub(crate) text: String,
}

impl DeclaredText {
    pub(crate) fn read(input: &DeriveInput) -> syn::Result<Self> {
        let doc = doc(&input.attrs, &input.ident)?;
        let mut paragraphs = doc.split("\n\n").map(in_one_line);
        let summary = paragraphs.next().unwrap_or_default();
        let text = paragraphs.collect::<Vec<_>>().join("\n\n");
        match summary.strip_suffix('.').filter(|_| !text.is_empty()) {
            Some(summary) => Ok(Self { summary: summary.to_owned(), text }),
            None => {
                let why = "it needs a summary that ends with a full stop, an empty line, and a description";
                Err(syn::Error::new_spanned(&input.ident, why))
            }
        }
    }
}

/// A paragraph without the line breaks of its comment; the items of a list stay lines.
fn in_one_line(paragraph: &str) -> String {
    paragraph.replace("\n- ", "\r- ").replace('\n', " ").replace('\r', "\n")
}

/// `ListKeysRequest => ListKeysResponse`.
pub(crate) struct DeclaredTypes {
    pub(crate) request: Type,
    pub(crate) answer: Type,
}

impl Parse for DeclaredTypes {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let request = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok(Self { request, answer: input.parse()? })
    }
}

/// Reads an attribute that may stand once.
pub(crate) fn only_once<T: Parse>(value: &mut Option<T>, attribute: &Attribute) -> syn::Result<()> {
    match value.replace(attribute.parse_args()?) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new_spanned(attribute, "this attribute stands once")),
    }
}
