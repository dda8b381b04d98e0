//! `iso20022 show`, `make-payment`, `check`, `match`: payment files and statements on this machine.

mod check;
mod files;
mod make_payment;
mod matching;
mod show;
mod tables;

use crate::operations::Handwritten;

/// Their group, which also has commands of the other operations.
const GROUP: &str = "iso20022";

/// The commands.
pub(crate) const COMMANDS: &[Handwritten] = &[
    Handwritten { group: GROUP, name: "make-payment", command: make_payment::command, run: make_payment::run },
    Handwritten { group: GROUP, name: "show", command: show::command, run: show::run },
    Handwritten { group: GROUP, name: "check", command: check::command, run: check::run },
    Handwritten { group: GROUP, name: "match", command: matching::command, run: matching::run },
];
