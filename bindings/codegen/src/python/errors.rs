//! Python: error classes by category, and error codes.

use bankchannel::Category;

use crate::{
    model::Model,
    names::{error_class, upper},
    text::{Out, PYTHON_HEADER},
};

pub(super) fn errors() -> String {
    let mut out = Out::default();
    out.line(PYTHON_HEADER);
    out.docstring("", "The error classes: one per category, all under `BankchannelError`.");
    out.blank();
    out.line("from __future__ import annotations");
    out.blank();
    out.line("from ._errors import BankchannelError, Peer, register");
    out.blank();
    let mut body = Out::default();
    body.export("BankchannelError");
    body.export("Peer");
    for category in Category::ALL {
        let name = error_class(category);
        body.blank();
        body.blank();
        body.line(format!("@register({:?})", category.as_str()));
        match builtin_error(category) {
            Some(builtin) => {
                body.line(format!("class {name}(BankchannelError, {builtin}):"));
                body.docstring("    ", &format!("{} Also a builtin `{builtin}`.", category.doc()));
            }
            None => {
                body.line(format!("class {name}(BankchannelError):"));
                body.docstring("    ", category.doc());
            }
        }
        body.export(name);
    }
    out.body(body);
    out.done()
}

/// Python's builtin class that is also a base of a category's errors.
fn builtin_error(category: Category) -> Option<&'static str> {
    match category {
        Category::Transport => Some("ConnectionError"),
        Category::TimedOut => Some("TimeoutError"),
        _ => None,
    }
}

pub(super) fn codes(model: &Model) -> String {
    let mut out = Out::default();
    out.line(PYTHON_HEADER);
    out.docstring("", "The stable error codes, as `BankchannelError.code` has them.");
    out.blank();
    out.line("from typing import Final");
    out.blank();
    let mut body = Out::default();
    body.blank();
    for row in &model.errors {
        body.export(upper(row.code));
        body.line(format!("{}: Final = {:?}", upper(row.code), row.code));
        body.docstring("", &format!("{} {}", row.text, row.doc));
    }
    out.body(body);
    out.done()
}
