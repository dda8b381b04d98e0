//! The banks' codes, in envelopes and documents alike (§4.3).

use crate::profile::BankFamily;

/// The meaning of a bank's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseCodeMeaning {
    /// The code as a number: banks write `00`, `0` or `000`.
    pub number: u32,
    /// The meaning, in words.
    pub meaning: &'static str,
    /// What to do about it; empty for success.
    pub advice: &'static str,
}

/// The code's meaning; `None` for one without a known meaning. Blanks and leading zeros do not count.
#[must_use]
pub fn meaning_of(code: &str) -> Option<&'static ResponseCodeMeaning> {
    find(&CODES, code)
}

/// The same of a code of the certificate service of a bank of a family: Danske's has codes of its own.
#[must_use]
pub fn meaning_at_certificate_service(family: Option<BankFamily>, code: &str) -> Option<&'static ResponseCodeMeaning> {
    find(if has_own(family) { &PKI_FACTORY_CODES } else { &CODES }, code)
}

/// Whether the certificate service of such a bank has codes of its own.
fn has_own(family: Option<BankFamily>) -> bool {
    family == Some(BankFamily::Danske)
}

fn find(codes: &'static [ResponseCodeMeaning], code: &str) -> Option<&'static ResponseCodeMeaning> {
    let digits = code.trim();
    let is_number = !digits.is_empty() && digits.len() <= 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| is_number)?;
    codes.iter().find(|known| u64::from(known.number) == number)
}

/// Codes after which it is pointless to ask again for a certificate: of the certificate, the customer, the agreement, the
/// authentication (§6.2).
const ENDS_RENEWALS: [u32; 16] = [3, 4, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19, 30, 33, 34, 35];

/// The same at Danske's: of the customer, and of requests that would be the same another time.
const ENDS_RENEWALS_OF_PKI_FACTORY: [u32; 2] = [10, 20];

/// Whether, after such a bank's certificate service refused a request with this code, a person has to act before another
/// one.
#[must_use]
pub fn ends_renewals(family: Option<BankFamily>, code: &str) -> bool {
    let ends: &[u32] = if has_own(family) { &ENDS_RENEWALS_OF_PKI_FACTORY } else { &ENDS_RENEWALS };
    meaning_at_certificate_service(family, code).is_some_and(|known| ends.contains(&known.number))
}

/// Whether a bank that has refused a signed request with this code refuses the certificate (§4.3).
#[must_use]
pub fn refuses_certificate(code: &str) -> bool {
    meaning_of(code).is_some_and(|known| matches!(known.number, 4 | 19))
}

/// Codes of a refusal that says something of the message, and nothing of the code for a first certificate in it: of its
/// signature, operation, form, type, packing, parameters, and of the name in the request (§5.3, §5.4).
const NOT_OF_ACTIVATION: [u32; 12] = [2, 5, 6, 12, 20, 21, 22, 23, 25, 29, 31, 33];

/// The same at Danske's (§5.6).
const NOT_OF_PIN: [u32; 2] = [7, 10];

/// Whether such a bank, having refused a first certificate with this code, may have counted a wrong attempt.
#[must_use]
pub fn may_count_attempt(family: Option<BankFamily>, code: &str) -> bool {
    let others: &[u32] = if has_own(family) { &NOT_OF_PIN } else { &NOT_OF_ACTIVATION };
    !meaning_at_certificate_service(family, code).is_some_and(|known| others.contains(&known.number))
}

const KEY: &str =
    "Verify the request: `explain` shows what was digested. Then the key, and the certificate that the bank has.";
const AGREEMENT: &str = "Ask the bank: it concerns the agreement, not the message.";
const OWN: &str = "Correct the request.";
const AGAIN: &str =
    "Lists and downloads may be repeated later. What became of an upload only a status report or the bank can say.";

const fn code(number: u32, meaning: &'static str, advice: &'static str) -> ResponseCodeMeaning {
    ResponseCodeMeaning { number, meaning, advice }
}

/// The codes of Danske's certificate service whose meaning is known.
static PKI_FACTORY_CODES: [ResponseCodeMeaning; 4] = [
    code(0, "the request was carried out", ""),
    code(7, "the message is not as the bank's schema has it", OWN),
    code(10, "the requests for certificates (PKCS#10) are not acceptable", "Make them with make_certificate_request."),
    code(
        20,
        "the customer or the PIN is not right",
        "Compare both with the bank's letter: four wrong tries lock the PIN.",
    ),
];

/// All codes with a known meaning: the banks' common list.
static CODES: [ResponseCodeMeaning; 36] = [
    code(0, "received", ""),
    code(1, "pending", AGAIN),
    code(2, "the signature of the envelope does not verify", KEY),
    code(3, "the certificate of the envelope does not belong to this sender", KEY),
    code(4, "the certificate of the envelope is not valid", "Renew it, or ask the bank whether it was revoked."),
    code(5, "the operation is unknown", OWN),
    code(6, "the operation is not allowed to this sender", AGREEMENT),
    code(7, "the sender is not known", OWN),
    code(8, "the sender is locked", AGREEMENT),
    code(9, "the contract is locked", AGREEMENT),
    code(10, "the sender has ended", AGREEMENT),
    code(11, "the contract has ended", AGREEMENT),
    code(12, "the message does not obey the schema", OWN),
    code(13, "the customer is not known", OWN),
    code(14, "the customer is locked", AGREEMENT),
    code(15, "the customer has ended", AGREEMENT),
    code(16, "the contract of the product has ended", AGREEMENT),
    code(17, "the contract of the product is locked", AGREEMENT),
    code(18, "the signature of the document does not verify", KEY),
    code(19, "the certificate of the document is not valid", "Renew it, or ask the bank whether it was revoked."),
    code(20, "the type of the file is not valid", "Compare it with the types of your agreement; case matters."),
    code(21, "the content cannot be decompressed", OWN),
    code(22, "the content cannot be decrypted", OWN),
    code(23, "the content could not be processed", "Fetch the bank's feedback files: one may explain it."),
    code(24, "there is no such content", "In a list: no file fits. For one file: it is not there any more."),
    code(25, "the content is not allowed", "Its size or kind exceeds your agreement."),
    code(26, "a technical error", AGAIN),
    code(27, "the file cannot be deleted", "It is processed already, or it was not sent by you."),
    code(29, "parameters are not valid", OWN),
    code(30, "the authentication failed", AGREEMENT),
    code(
        31,
        "a message with this id was received before",
        "The id was used before: it does not say what became of a file.",
    ),
    code(
        32,
        "a document with this time was received before",
        "The time was used before: it does not say what became of a file.",
    ),
    code(33, "the information about the customer is not right", "The bank's text may have the right name."),
    code(34, "the contract was not found", "Check the activation code."),
    code(35, "the authorisation failed", AGREEMENT),
    code(36, "a technical error; the bank's helpdesk knows more", AGAIN),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewals_end_by_the_number_of_a_code() {
        assert!(["04", "4", " 35", "30"].into_iter().all(|code| ends_renewals(None, code)));
        assert!(!["26", "00", "", "37", "XX", "20"].into_iter().any(|code| ends_renewals(Some(BankFamily::Op), code)));
        assert!(["20", "10"].into_iter().all(|code| ends_renewals(Some(BankFamily::Danske), code)));
        assert!(!["30", "07", "00"].into_iter().any(|code| ends_renewals(Some(BankFamily::Danske), code)));
    }

    #[test]
    fn a_refusal_counts_unless_it_is_known_to_be_of_something_else() {
        assert!(["34", "30", "14", "13", "26", "99", ""].into_iter().all(|code| may_count_attempt(None, code)));
        assert!(!["33", "12", " 5", "020"].into_iter().any(|code| may_count_attempt(None, code)));
        assert!(["20", "33", "99"].into_iter().all(|code| may_count_attempt(Some(BankFamily::Danske), code)));
        assert!(!["07", "10"].into_iter().any(|code| may_count_attempt(Some(BankFamily::Danske), code)));
    }

    #[test]
    fn t39_codes_are_numbers() {
        for ok in ["00", "0", "000", " 00", "00 "] {
            assert_eq!(meaning_of(ok).map(|known| known.number), Some(0), "{ok:?}");
        }
        for number in (0..=36).filter(|number| *number != 28) {
            let known = meaning_of(&format!("{number:02}")).unwrap_or_else(|| panic!("{number}"));
            assert_eq!((known.number, known.advice.is_empty()), (number, number == 0));
        }
        // 28 is not in use; what 37 means is not known.
        for unknown in ["28", "37", "99", "AB", "", " ", "-1", "+1", "1.0", "99999999999999999999"] {
            assert_eq!(meaning_of(unknown), None, "{unknown:?}");
        }
    }
}
