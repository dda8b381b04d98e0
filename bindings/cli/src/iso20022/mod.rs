//! `iso20022 show`, `make-payment`, `check`, `match`: payment files and statements on this machine.

mod check;
mod files;
mod make_payment;
mod matching;
mod payee_check;
mod show;
mod tables;

use crate::operations::CommandCode;

/// Their group, which also has commands of the other operations.
const GROUP: &str = "iso20022";

/// What its commands do of their own.
pub(crate) const CODES: &[CommandCode] = &[
    CommandCode::whole(GROUP, "make-payment", make_payment::arguments, make_payment::run),
    CommandCode::whole(GROUP, "show", show::arguments, show::run),
    CommandCode::output(GROUP, "check", check::checked),
    CommandCode::whole(GROUP, "match", matching::arguments, matching::run),
];
