//! Texts of a report or an entry are repeated at each of its transactions, so they must stay small.

use crate::data::Code;
use crate::payee_check::PayeeCheck;
use crate::status::StatusReason;
use crate::text::shorten;

/// Maximum number of characters of an id, of a code or of a line: more than twice the limit of the schemas.
const MAX_TEXT: usize = 210;
/// Maximum number of reasons, and lines of each.
const MAX_REASONS: usize = 5;

pub(super) fn text(text: Option<&str>) -> Option<String> {
    text.map(|text| shorten(text, MAX_TEXT))
}

pub(super) fn code(code: &Code) -> Code {
    Code { code: shorten(&code.code, MAX_TEXT), issuer: text(code.issuer.as_deref()), ..code.clone() }
}

pub(super) fn reasons(reasons: &[StatusReason]) -> Vec<StatusReason> {
    let short = |reason: &StatusReason| StatusReason {
        code: reason.code.as_ref().map(code),
        information: reason.information.iter().take(MAX_REASONS).map(|line| shorten(line, MAX_TEXT)).collect(),
        originator: text(reason.originator.as_deref()),
    };
    reasons.iter().take(MAX_REASONS).map(short).collect()
}

pub(super) fn payee_check(check: PayeeCheck) -> PayeeCheck {
    PayeeCheck { registered_name: text(check.registered_name.as_deref()), note: text(check.note.as_deref()), ..check }
}
