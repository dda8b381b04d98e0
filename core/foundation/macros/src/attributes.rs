//! Reads `#[boundary(…)]` attributes and doc comments.

use proc_macro2::TokenTree;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta};

/// Every key that `#[boundary(…)]` accepts, on any item.
#[derive(Default)]
pub(crate) struct BoundaryAttributes {
    pub(crate) profile: bool,
    pub(crate) off_wire: bool,
    pub(crate) flatten: bool,
    pub(crate) flattened: bool,
    pub(crate) same_names: bool,
    /// The struct has a `new` of its own.
    pub(crate) own_new: bool,
    pub(crate) open: bool,
    pub(crate) wire: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) variables: Vec<String>,
    pub(crate) gives: Vec<String>,
    pub(crate) tag: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) text: bool,
    pub(crate) personal: bool,
    pub(crate) format: Option<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) example: Option<String>,
    /// The value of a field that is left out, as JSON.
    pub(crate) default: Option<String>,
    /// The field is none of the boundary: it has its type's default.
    pub(crate) absent: bool,
    pub(crate) max_bytes: Option<Expr>,
    /// The function that checks a text and may write it in another form.
    pub(crate) check: Option<Expr>,
}

impl BoundaryAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut out = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("boundary")) {
            if let Ok(value) = attribute.parse_args::<LitStr>() {
                out.value = Some(value.value());
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                let text = |meta: &syn::meta::ParseNestedMeta<'_>| -> syn::Result<String> {
                    Ok(meta.value()?.parse::<LitStr>()?.value())
                };
                if meta.path.is_ident("profile") {
                    out.profile = true;
                } else if meta.path.is_ident("off_wire") {
                    out.off_wire = true;
                } else if meta.path.is_ident("flatten") {
                    out.flatten = true;
                } else if meta.path.is_ident("flattened") {
                    out.flattened = true;
                } else if meta.path.is_ident("same_names") {
                    out.same_names = true;
                } else if meta.path.is_ident("own_new") {
                    out.own_new = true;
                } else if meta.path.is_ident("open") {
                    out.open = true;
                } else if meta.path.is_ident("wire") {
                    out.wire = Some(text(&meta)?);
                } else if meta.path.is_ident("alias") {
                    out.aliases.push(text(&meta)?);
                } else if meta.path.is_ident("env") {
                    out.variables.push(text(&meta)?);
                } else if meta.path.is_ident("gives") {
                    out.gives.push(text(&meta)?);
                } else if meta.path.is_ident("tag") {
                    out.tag = Some(text(&meta)?);
                } else if meta.path.is_ident("value") {
                    out.value = Some(text(&meta)?);
                } else if meta.path.is_ident("text") {
                    out.text = true;
                } else if meta.path.is_ident("personal") {
                    out.personal = true;
                } else if meta.path.is_ident("format") {
                    out.format = Some(text(&meta)?);
                } else if meta.path.is_ident("pattern") {
                    out.pattern = Some(text(&meta)?);
                } else if meta.path.is_ident("example") {
                    out.example = Some(text(&meta)?);
                } else if meta.path.is_ident("default") {
                    out.default = Some(json(&meta.value()?.parse()?));
                } else if meta.path.is_ident("absent") {
                    out.absent = true;
                } else if meta.path.is_ident("max_bytes") {
                    out.max_bytes = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("check") {
                    out.check = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta.error("unknown boundary attribute; see the crate page for the list"));
                }
                Ok(())
            })?;
        }
        Ok(out)
    }
}

/// A literal, a list or an object as JSON text: Rust writes only numbers in another way, with `_`.
fn json(value: &TokenTree) -> String {
    let text = value.to_string();
    if text.starts_with(|first: char| first.is_ascii_digit()) { text.replace('_', "") } else { text }
}

/// The doc comment, one paragraph per blank line. A missing one is an error: whatever users see is documented.
pub(crate) fn doc(attributes: &[Attribute], of: &dyn quote::ToTokens) -> syn::Result<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    let joined = lines.join("\n").trim().to_owned();
    if joined.is_empty() {
        return Err(syn::Error::new_spanned(of, "a boundary type, field or value needs a doc comment"));
    }
    Ok(joined)
}

/// `pgp_key_id` → `PgpKeyId`: the case on the wire.
pub(crate) fn pascal_case(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}

/// `file_type` → `fileType`.
pub(crate) fn camel_case(name: &str) -> String {
    let pascal = pascal_case(name);
    let mut letters = pascal.chars();
    letters.next().map(|first| first.to_lowercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// `NeedsMfa` → `needs_mfa`: the case on the boundary.
pub(crate) fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() {
            if index > 0 {
                out.push('_');
            }
            out.extend(letter.to_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
}
