//! Common parts of a bank's answers, in addition to its data: links, and refusals in all formats that banks use.

mod code;
mod href;
mod link;
mod refusal;
mod text;

pub use code::row_of;
pub use href::{encode_href, resolve_href, safe_redirect};
pub use link::{Link, Links, Verb};
pub use refusal::{BankRefusal, ErrorForm};
pub(crate) use text::as_text;
pub use text::readable;
