//! What a bank answers beside its data: links, and refusals in every form that banks use.

mod code;
mod href;
mod link;
mod refusal;

pub use code::row_of;
pub use href::{encode_href, resolve_href, safe_redirect};
pub use link::{Link, Links, Verb};
pub use refusal::{ErrorForm, Refusal};
