//! V14: the meaning of a bank's codes for a call. Success needs both to say so.

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::{ErrorRow, Peer},
};

use super::AnswerExpectation;
use crate::{
    codes::{meaning_at_certificate_service, meaning_of},
    errors,
    profile::BankFamily,
};

/// Received.
const OK: u32 = 0;
/// There is no such content.
const NOTHING: u32 = 24;

/// The consequence of a code.
struct CodeResult {
    row: &'static ErrorRow,
    /// Whether the bank has said no, so that nothing was done.
    is_refusal: bool,
}

/// Checks the codes of a believed answer: of its envelope, if it has one there, and of its document.
///
/// # Errors
/// With the bank's code and text; the outcome of an upload is `unknown` where the code says neither yes nor no.
pub(super) fn check(expected: &AnswerExpectation<'_>, soap: Option<&str>, own: &str, text: Option<&str>) -> Result<()> {
    let meaning_of = |code: &str| match expected.certificates {
        Some(certificates) => meaning_at_certificate_service(Some(certificates.family), code),
        None => meaning_of(code),
    };
    let is_fine = |code: &str| {
        let number = meaning_of(code).map(|known| known.number);
        number == Some(OK) || (number == Some(NOTHING) && expected.operation == "list_files")
    };
    let fine = [soap.is_none_or(is_fine), is_fine(own)];
    let code = match fine {
        [true, true] => return Ok(()),
        [_, false] => own,
        [false, true] => soap.unwrap_or_default(),
    };
    let known = meaning_of(code);
    let number = known.map(|known| known.number);
    let found = match expected.certificates {
        Some(certificates) if certificates.family == BankFamily::Danske => {
            of_pki_factory(number, certificates.request.is_some(), expected.is_once)
        }
        Some(certificates) if certificates.request.is_some() => of_certificate(number),
        _ => result_of(number, expected.is_once),
    };
    // An error outside and a yes inside contradict each other: what became of a file is not known.
    let contradicts = fine == [false, true] && expected.is_once;
    let is_refusal = found.is_refusal && !contradicts;
    let row = if is_refusal || !found.is_refusal { found.row } else { &errors::BANK_FAILED };
    let meaning = known.map_or("its meaning is not known", |known| known.meaning);
    let said =
        text.map(|text| format!(": “{}”", text.chars().filter(|one| !one.is_control()).take(200).collect::<String>()));
    let error = Error::because(row, format!("the bank answers {}, {meaning}{}", code.trim(), said.unwrap_or_default()));
    let peer = Peer { code: Some(code.trim().to_owned()), text: text.map(str::to_owned), request_id: None };
    let outcome = if is_refusal { CallOutcome::Refused } else { CallOutcome::Unknown };
    let advice = match expected.certificates {
        Some(certificates) => certificates.advice(number).or(known.map(|known| known.advice)).unwrap_or_default(),
        None => known.map_or("", |known| known.advice),
    };
    let error = if advice.is_empty() { error } else { error.with("advice", advice) };
    let error = if expected.is_once { error.with_retryable(false) } else { error };
    Err(error.with_peer(peer).with("authenticated", true).with_outcome(outcome))
}

/// The same for a request for a certificate: codes of the bank that are not right are its refusals.
fn of_certificate(number: Option<u32>) -> CodeResult {
    match number {
        Some(30 | 33 | 34 | 35) => CodeResult { row: &errors::CERTIFICATE_REFUSED, is_refusal: true },
        other => result_of(other, true),
    }
}

/// The same at Danske, whose codes are its own.
fn of_pki_factory(number: Option<u32>, asks: bool, is_once: bool) -> CodeResult {
    match number {
        Some(10 | 20) if asks => CodeResult { row: &errors::CERTIFICATE_REFUSED, is_refusal: true },
        Some(7 | 10 | 20) => CodeResult { row: &errors::REFUSED, is_refusal: true },
        _ if is_once => CodeResult { row: &errors::BANK_FAILED, is_refusal: false },
        _ => CodeResult { row: &errors::REFUSED, is_refusal: true },
    }
}

fn result_of(number: Option<u32>, is_once: bool) -> CodeResult {
    let refusal = |row| CodeResult { row, is_refusal: true };
    let open = |row| CodeResult { row, is_refusal: false };
    match number {
        // §6.5: pending, technical errors, and ids that were seen before do not say what became of a file.
        Some(1 | 26 | 31 | 32 | 36) => open(&errors::BANK_FAILED),
        None if is_once => open(&errors::BANK_FAILED),
        Some(2 | 3 | 4 | 18 | 19) => refusal(&errors::SIGNATURE_REFUSED),
        Some(6..=11 | 13..=17 | 30 | 34 | 35) => refusal(&errors::AGREEMENT_REFUSED),
        Some(NOTHING) if !is_once => refusal(&errors::FILE_NOT_FOUND),
        // A yes outside, a no inside: the no was taken above.
        Some(_) | None => refusal(&errors::REFUSED),
    }
}
