//! Reads `#[boundary(…)]` attributes and doc comments.

use proc_macro2::{Delimiter, TokenTree};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta};

/// Every key that `#[boundary(…)]` accepts, on any item.
#[derive(Default)]
pub(crate) struct BoundaryAttributes {
    pub(crate) profile: bool,
    pub(crate) off_wire: bool,
    /// The field names a file or folder that whoever reads the message opens.
    pub(crate) opens_file: bool,
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
                } else if meta.path.is_ident("opens_file") {
                    out.opens_file = true;
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
                    out.default = Some(json(&meta.value()?.parse()?)?);
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

/// A literal, a list or an object as JSON text. What JSON does not have is an error.
fn json(value: &TokenTree) -> syn::Result<String> {
    let wrong =
        || syn::Error::new_spanned(value, "a default is a JSON value, whose numbers may have `_` between digits");
    match value {
        TokenTree::Ident(name) if ["true", "false", "null"].iter().any(|known| name == known) => Ok(name.to_string()),
        TokenTree::Literal(literal) => match Lit::new(literal.clone()) {
            Lit::Str(text) => Ok(json_string(&text.value())),
            Lit::Int(number) if number.suffix().is_empty() => Ok(number.base10_digits().to_owned()),
            Lit::Float(number) if number.suffix().is_empty() && !number.base10_digits().ends_with('.') => {
                Ok(number.base10_digits().to_owned())
            }
            _ => Err(wrong()),
        },
        TokenTree::Group(group) => {
            let parts: Vec<TokenTree> = group.stream().into_iter().collect();
            let items: Vec<&[TokenTree]> = if parts.is_empty() { Vec::new() } else { parts.split(is(',')).collect() };
            let member = |item: &&[TokenTree]| match *item {
                [TokenTree::Literal(name), colon, value] if is(':')(colon) => match Lit::new(name.clone()) {
                    Lit::Str(name) => Ok(format!("{}:{}", json_string(&name.value()), json(value)?)),
                    _ => Err(wrong()),
                },
                _ => Err(wrong()),
            };
            let element = |item: &&[TokenTree]| match *item {
                [value] => json(value),
                _ => Err(wrong()),
            };
            match group.delimiter() {
                Delimiter::Brace => {
                    Ok(format!("{{{}}}", items.iter().map(member).collect::<syn::Result<Vec<_>>>()?.join(",")))
                }
                Delimiter::Bracket => {
                    Ok(format!("[{}]", items.iter().map(element).collect::<syn::Result<Vec<_>>>()?.join(",")))
                }
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

fn is(sign: char) -> impl Fn(&TokenTree) -> bool {
    move |token| matches!(token, TokenTree::Punct(found) if found.as_char() == sign)
}

fn json_string(text: &str) -> String {
    let escaped: String = text.chars().fold(String::new(), |mut out, letter| {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            _ => out.push(letter),
        }
        out
    });
    format!("\"{escaped}\"")
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::json;

    fn of(text: &str) -> Option<String> {
        json(&syn::parse_str(text).ok()?).ok()
    }

    #[test]
    fn a_default_is_json_or_does_not_compile() {
        for (given, read) in [
            ("30", "30"),
            ("1_000", "1000"),
            ("0x10", "16"),
            ("0.5", "0.5"),
            ("true", "true"),
            ("null", "null"),
            (r#""a\"\\ä\n""#, r#""a\"\\ä\u000a""#),
            ("[]", "[]"),
            (r#"{ "count": 10, "of": [1, { "x": null }] }"#, r#"{"count":10,"of":[1,{"x":null}]}"#),
        ] {
            assert_eq!(of(given).as_deref(), Some(read), "{given}");
        }
        for given in [
            "5u32",
            "1.",
            "'c'",
            "b\"x\"",
            "NAME",
            "None",
            "(1)",
            "[1,]",
            "[1 2]",
            "[,]",
            "{ count: 10 }",
            "{ \"count\" }",
            "{ \"count\": }",
            "{ \"a\": 1; \"b\": 2 }",
            "[-1, nope]",
            "-1",
        ] {
            assert_eq!(of(given), None, "{given}");
        }
    }
}
