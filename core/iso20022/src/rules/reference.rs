//! Structured references: numbers on an invoice that the payer repeats, so that a program can match the payment.

use bankchannel_foundation::model::Boundary;

use crate::iban::mod_97;

/// The supported kinds of references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum ReferenceKind {
    /// The creditor reference of ISO 11649: `RF`, two check digits, up to 21 letters and digits.
    Rf,
    /// The Finnish reference number: 4 to 20 digits, the last a check digit.
    Finnish,
    /// The Norwegian KID: 2 to 25 digits, the last a check digit or `-`.
    Kid,
    /// The Swedish OCR reference: 2 to 25 digits, the last a check digit.
    Ocr,
    /// The Belgian structured communication (OGM): 12 digits, the last two check digits.
    Belgian,
    /// The Dutch payment reference: 7, 9 to 14, or 16 digits.
    Dutch,
    /// The Swiss QR reference: 27 digits, the last a check digit.
    Qr,
    /// The payment id of a Danish card 71: 15 digits, the last a check digit.
    Fik71,
    /// The payment id of a Danish card 75, 04 or 15: 16 digits, the last a check digit.
    Fik75,
    /// The Estonian reference number: 2 to 20 digits, the last a check digit.
    Estonian,
    /// The Slovenian reference: `SI`, two digits of its model, up to 22 digits and hyphens; check digits within depend
    /// on the model and are not checked.
    Slovenian,
    /// The Croatian reference: `HR`, two digits of its model, up to 22 digits and hyphens; check digits within depend
    /// on the model and are not checked.
    Croatian,
    /// A Swedish Bankgirot number: 7 or 8 digits, the last a check digit.
    Bankgiro,
    /// A Swedish Plusgirot number: 2 to 8 digits, the last a check digit.
    Plusgiro,
}

/// A reference that passed its check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedReference {
    /// Its kind.
    pub kind: ReferenceKind,
    /// The reference in electronic form: no blanks, capitals.
    pub text: String,
    /// A remark for the payer although the check is passed.
    pub note: Option<&'static str>,
}

/// Why a text is not a reference of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Wrong characters or a wrong length.
    #[error("must be {0}")]
    Form(&'static str),
    /// The check digits do not match the rest.
    #[error("has wrong check digits")]
    CheckDigits,
}

/// The place of a text for people in a payment with a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPlace {
    /// Beside the structured part (`Ustrd`).
    Beside,
    /// In the structured part (`AddtlRmtInf`).
    Inside,
}

/// The place of a reference in `CdtrRefInf`: `Tp/CdOrPrtry/Cd` or `Prtry`, and `Tp/Issr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferencePlacement {
    /// The code of ISO 20022, or the scheme's own.
    pub code: &'static str,
    /// Whether it is the scheme's own code.
    pub proprietary: bool,
    /// The issuer.
    pub issuer: Option<&'static str>,
}

impl ReferenceKind {
    /// Every kind that occurs in a remittance; numbers of Bankgirot and Plusgirot are accounts.
    pub const REFERENCES: [Self; 12] = [
        Self::Rf,
        Self::Finnish,
        Self::Kid,
        Self::Ocr,
        Self::Belgian,
        Self::Dutch,
        Self::Qr,
        Self::Fik71,
        Self::Fik75,
        Self::Estonian,
        Self::Slovenian,
        Self::Croatian,
    ];

    /// The place of a reference of that kind (docs/protocols/iso20022.md §4.3).
    pub fn placement(self) -> ReferencePlacement {
        let scor = ReferencePlacement { code: "SCOR", proprietary: false, issuer: None };
        match self {
            Self::Rf => ReferencePlacement { issuer: Some("ISO"), ..scor },
            Self::Belgian => ReferencePlacement { issuer: Some("BBA"), ..scor },
            Self::Dutch => ReferencePlacement { issuer: Some("CUR"), ..scor },
            Self::Qr => ReferencePlacement { code: "QRR", proprietary: true, issuer: None },
            _ => scor,
        }
    }

    /// The place of a text in a payment with a reference of that kind to an account of this country; `None` if a
    /// payment carries only one of them. A Swiss QR bill with an RF reference has a text too, but not in SEPA.
    pub fn text_place(self, country: Option<&str>, sepa: bool) -> Option<TextPlace> {
        match self {
            Self::Qr | Self::Slovenian | Self::Croatian => Some(TextPlace::Inside),
            Self::Rf if !sepa && matches!(country, Some("CH" | "LI")) => Some(TextPlace::Inside),
            Self::Estonian if country == Some("EE") => Some(TextPlace::Beside),
            _ => None,
        }
    }

    /// Whether wrong check digits are only a warning: creditors agree with their bank how strictly they are checked.
    pub fn is_soft(self) -> bool {
        matches!(self, Self::Ocr | Self::Estonian)
    }

    /// The form of a reference of that kind, in words that follow "must be …".
    pub fn form(self) -> &'static str {
        match self {
            Self::Rf => "RF, two check digits and 1 to 21 letters and digits, 25 characters in all",
            Self::Finnish => "3 to 19 digits and a check digit",
            Self::Kid => "2 to 25 digits, of which the last may be a hyphen",
            Self::Ocr => "2 to 25 digits",
            Self::Belgian => "12 digits, such as +++090/9337/55493+++",
            Self::Dutch => "7, 9 to 14, or 16 digits",
            Self::Qr => "27 digits, not all of them zero",
            Self::Fik71 => "15 digits",
            Self::Fik75 => "16 digits",
            Self::Estonian => "1 to 19 digits and a check digit",
            Self::Slovenian => "SI, two digits of the model, and up to 22 digits and hyphens",
            Self::Croatian => "HR, two digits of the model, and up to 22 digits and hyphens",
            Self::Bankgiro => "7 or 8 digits",
            Self::Plusgiro => "2 to 8 digits",
        }
    }
}

/// Reads a reference of a kind: blanks are removed, lower case becomes upper case.
///
/// # Errors
/// The text does not have the form, or its check digits are wrong.
pub fn parse(kind: ReferenceKind, text: &str) -> Result<CheckedReference, ReferenceError> {
    const LONGEST: usize = 60;
    let form = ReferenceError::Form(kind.form());
    if text.len() > LONGEST {
        return Err(form);
    }
    let mut compact: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    match kind {
        // Leading zeros have no meaning; banks pad the number to 20 digits.
        ReferenceKind::Finnish => compact = compact.trim_start_matches('0').to_owned(),
        ReferenceKind::Belgian => compact.retain(|c| !matches!(c, '+' | '*' | '/')),
        ReferenceKind::Bankgiro | ReferenceKind::Plusgiro => compact.retain(|c| c != '-'),
        _ => {}
    }
    let bytes = compact.as_bytes();
    let digits = |lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit)
    };
    let (formed, fits) = match kind {
        ReferenceKind::Rf => (is_rf(bytes), is_rf(bytes) && rf_fits(bytes)),
        ReferenceKind::Finnish => (digits(3..=20), finnish_fits(bytes)),
        ReferenceKind::Kid => (is_kid(bytes), luhn_fits(bytes) || mod_11_fits(bytes)),
        ReferenceKind::Ocr => (digits(2..=25), luhn_fits(bytes)),
        ReferenceKind::Belgian => (digits(12..=12), belgian_fits(bytes)),
        ReferenceKind::Dutch => (digits(7..=7) || digits(9..=14) || digits(16..=16), dutch_fits(bytes)),
        ReferenceKind::Qr => (digits(27..=27) && bytes.iter().any(|byte| *byte != b'0'), qr_fits(bytes)),
        ReferenceKind::Fik71 => (digits(15..=15), luhn_fits(bytes)),
        ReferenceKind::Fik75 => (digits(16..=16), luhn_fits(bytes)),
        ReferenceKind::Estonian => (digits(2..=20), finnish_fits(bytes)),
        ReferenceKind::Slovenian => (is_model(bytes, b"SI"), true),
        ReferenceKind::Croatian => (is_model(bytes, b"HR"), true),
        ReferenceKind::Bankgiro => (digits(7..=8), luhn_fits(bytes)),
        ReferenceKind::Plusgiro => (digits(2..=8), luhn_fits(bytes)),
    };
    if !formed {
        return Err(form);
    }
    if !fits {
        return Err(ReferenceError::CheckDigits);
    }
    let short = kind == ReferenceKind::Finnish && bytes.len() == 3;
    let note = short.then_some("a Finnish reference has at least 4 digits at most banks");
    Ok(CheckedReference { kind, text: compact, note })
}

/// The kind of a reference if exactly one check matches it: a statement does not give the kind.
///
/// One-digit checks match every tenth number, so kinds other than RF prove nothing alone; the creditor's country
/// determines which of them are tried.
pub fn recognise(text: &str, creditor_country: Option<&str>) -> Option<CheckedReference> {
    if let Ok(reference) = parse(ReferenceKind::Rf, text) {
        return Some(reference);
    }
    let kinds: &[ReferenceKind] = match creditor_country? {
        "FI" | "AX" => &[ReferenceKind::Finnish],
        "NO" => &[ReferenceKind::Kid],
        "SE" => &[ReferenceKind::Ocr],
        "BE" => &[ReferenceKind::Belgian],
        "NL" => &[ReferenceKind::Dutch],
        "CH" | "LI" => &[ReferenceKind::Qr],
        "EE" => &[ReferenceKind::Estonian],
        "SI" => &[ReferenceKind::Slovenian],
        "HR" => &[ReferenceKind::Croatian],
        "DK" => &[ReferenceKind::Fik71, ReferenceKind::Fik75],
        _ => &[],
    };
    let mut fitting = kinds.iter().filter_map(|kind| parse(*kind, text).ok());
    let first = fitting.next()?;
    if fitting.next().is_none() { Some(first) } else { None }
}

/// The kind of a given reference if it was not specified: RF by its prefix, otherwise by the country of the creditor's
/// IBAN where all references have one form. Nothing is guessed for other countries.
pub fn infer(text: &str, creditor_iban: Option<&str>) -> Option<ReferenceKind> {
    let start: String = text.chars().filter(|c| !c.is_whitespace()).take(2).collect();
    if start.eq_ignore_ascii_case("RF") {
        return Some(ReferenceKind::Rf);
    }
    let numeric = text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace());
    match crate::iban::compact(creditor_iban?).get(..2)? {
        "FI" if numeric => Some(ReferenceKind::Finnish),
        "EE" if numeric => Some(ReferenceKind::Estonian),
        "SI" if start.eq_ignore_ascii_case("SI") => Some(ReferenceKind::Slovenian),
        "HR" if start.eq_ignore_ascii_case("HR") => Some(ReferenceKind::Croatian),
        _ => None,
    }
}

/// The RF reference over a national number: ISO 11649's check digits in front.
///
/// # Errors
/// The number is empty, longer than 21 characters, or has characters other than letters and digits.
pub fn to_rf(national: &str) -> Result<CheckedReference, ReferenceError> {
    let form = ReferenceError::Form("1 to 21 letters and digits");
    let compact: String = national.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    if !(1..=21).contains(&compact.len()) || !compact.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(form);
    }
    let check = 98 - mod_97(compact.bytes().chain(*b"RF00"));
    Ok(CheckedReference { kind: ReferenceKind::Rf, text: format!("RF{check:02}{compact}"), note: None })
}

/// The Finnish reference number for a base of 3 to 19 digits: the check digit is appended.
///
/// # Errors
/// The base has another form.
pub fn to_finnish(base: &str) -> Result<CheckedReference, ReferenceError> {
    let base = base.trim_start_matches('0');
    if !(3..=19).contains(&base.len()) || !base.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ReferenceError::Form("3 to 19 digits"));
    }
    let check = finnish_check(base.as_bytes());
    Ok(CheckedReference { kind: ReferenceKind::Finnish, text: format!("{base}{check}"), note: None })
}

fn is_rf(bytes: &[u8]) -> bool {
    (5..=25).contains(&bytes.len())
        && bytes.starts_with(b"RF")
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// Check digits 00, 01 and 99 can pass the division but are never issued.
fn rf_fits(bytes: &[u8]) -> bool {
    let issued = !matches!(&bytes[2..4], b"00" | b"01" | b"99");
    issued && mod_97(bytes[4..].iter().chain(&bytes[..4]).copied()) == 1
}

/// A country's letters, two digits of a model, then digits and hyphens.
fn is_model(bytes: &[u8], country: &[u8; 2]) -> bool {
    const LONGEST: usize = 22;
    let Some((model, rest)) = bytes.strip_prefix(country).and_then(|rest| rest.split_at_checked(2)) else {
        return false;
    };
    model.iter().all(u8::is_ascii_digit)
        && rest.len() <= LONGEST
        && rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
        // Model 99 means that there is no reference.
        && (rest.iter().any(u8::is_ascii_digit) || (model == b"99" && rest.is_empty()))
}

fn is_kid(bytes: &[u8]) -> bool {
    (2..=25).contains(&bytes.len())
        && bytes[..bytes.len() - 1].iter().all(u8::is_ascii_digit)
        && bytes.last().is_some_and(|last| last.is_ascii_digit() || *last == b'-')
}

/// Digits with their values from the right.
fn from_right(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.iter().rev().map(|byte| u32::from(byte.wrapping_sub(b'0')))
}

/// Weights 7, 3, 1 from the right, up to the next ten.
fn finnish_check(base: &[u8]) -> u32 {
    let sum: u32 = from_right(base).zip([7, 3, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    (10 - sum % 10) % 10
}

fn finnish_fits(bytes: &[u8]) -> bool {
    bytes.split_last().is_some_and(|(last, base)| finnish_check(base) == u32::from(last.wrapping_sub(b'0')))
}

/// Mod 10 of Luhn: every second digit from the right doubled, its digits added.
fn luhn_fits(bytes: &[u8]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        from_right(bytes).enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(digit) } else { digit }).sum();
    bytes.iter().all(u8::is_ascii_digit) && sum.is_multiple_of(10)
}

/// Mod 11: weights 2 to 7 from the right; 11 is written as 0 and 10 as a hyphen.
pub(super) fn mod_11_fits(bytes: &[u8]) -> bool {
    let Some((last, base)) = bytes.split_last() else { return false };
    let sum: u32 = from_right(base).zip((2..=7).cycle()).map(|(digit, weight)| digit * weight).sum();
    let check = match 11 - sum % 11 {
        11 => b'0',
        10 => b'-',
        digit => b'0' + u8::try_from(digit).unwrap_or_default(),
    };
    *last == check
}

/// The first ten digits mod 97, with 97 instead of 0.
fn belgian_fits(bytes: &[u8]) -> bool {
    if bytes.len() != 12 {
        return false;
    }
    let rest = mod_97(bytes[..10].iter().copied());
    let check = if rest == 0 { 97 } else { rest };
    mod_97(bytes[10..].iter().copied()) == check % 97 && (check == 97) == (&bytes[10..] == b"97")
}

/// The first digit checks the others; of 9 to 14 digits the second says how many follow it. Seven digits have no check.
fn dutch_fits(bytes: &[u8]) -> bool {
    const WEIGHTS: [u32; 10] = [2, 4, 8, 5, 10, 9, 7, 3, 6, 1];
    let length_fits = match bytes.len() {
        7 => return true,
        9..=14 => usize::from(bytes[1].wrapping_sub(b'0')) == (bytes.len() - 2) % 10,
        _ => true,
    };
    let Some((first, rest)) = bytes.split_first() else { return false };
    let sum: u32 = from_right(rest).zip(WEIGHTS.into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    let check = match 11 - sum % 11 {
        11 => 0,
        10 => 1,
        digit => digit,
    };
    length_fits && u32::from(first.wrapping_sub(b'0')) == check
}

/// Mod 10, recursive, over the table of the Swiss standard.
fn qr_fits(bytes: &[u8]) -> bool {
    const TABLE: [u8; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
    let Some((last, base)) = bytes.split_last() else { return false };
    let carry = base.iter().fold(0_u8, |carry, byte| {
        let digit = byte.wrapping_sub(b'0') % 10;
        TABLE[usize::from((carry + digit) % 10)]
    });
    (10 - carry) % 10 == last.wrapping_sub(b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReferenceKind::{
        Bankgiro, Belgian, Croatian, Dutch, Estonian, Fik71, Fik75, Finnish, Kid, Ocr, Qr, Rf, Slovenian,
    };
    use proptest::prelude::*;

    fn fits(kind: ReferenceKind, good: &str, bad: &str) {
        for text in good.split_ascii_whitespace() {
            assert!(parse(kind, text).is_ok(), "{kind:?} {text}: {:?}", parse(kind, text));
        }
        for text in bad.split_ascii_whitespace() {
            assert!(parse(kind, text).is_err(), "{kind:?} {text}");
        }
    }

    /// docs/protocols/iso20022.md §10.2.
    #[test]
    fn vectors() {
        fits(
            Rf,
            "RF18539007547034 RF341234561 RF340001234561 RF78123 RF4113 RF25A RF47ABC123 RF032026INV0042 \
             RF40123456789012345678901 RF471234567890 RF45G72UUR rf18539007547034",
            "RF18539007547035 RF00539007547034 RF18 RF431234561 RF12-34 RF8312345612345612345612345",
        );
        fits(
            Finnish,
            "1232 12344 123453 1234561 9991 1009 10000003 20260008 12345678907 559582243294671039 12345678901234567894 \
             99999999999999999993 00000000000000001234561",
            "1234562 13 0 1234561a 123456789012345678944",
        );
        fits(Estonian, "2233451 13 00 12345678901234567894", "2233450 3 123456789012345678944 22334a0");
        fits(
            Slovenian,
            "SI1201234567891230 SI99 si00123-456 SI00-1",
            "SI12 12 SI1A12 SI00123456789012345678901234 HR0012 SI00A SI9",
        );
        fits(Croatian, "HR01123-456 HR99 HR6912345678901", "HR01 HR0112345678901234567890123 SI0112");
        fits(Kid, "12345674 602243 67 1234567897 12345674 123456785 602248 1236 12343 6-", "12345675 60224- 6 -- 1-2");
        fits(Ocr, "12345674 1000009 18 12351 123456790 1234567806", "12345675 123456791");
        fits(Bankgiro, "50501055 9912346 9100009 5050-1055", "50501056 5050105");
        fits(Fik71, "123456789012347", "123456789012346 12345678901234");
        fits(Fik75, "1234567890123452 0000000000123455", "1234567890123453");
        fits(
            Belgian,
            "090933755493 000000000101 000000009797 000000000097 123456789002 999999999948 010123456732 \
             +++090/9337/55493+++",
            "000000000196 090933755494 000000009700 120000000003",
        );
        fits(
            Dutch,
            "5000056789012345 1000000001234567 0123456789012345 3999999999999999 9000000000000001 1234567",
            "6000056789012345 12345678",
        );
        fits(
            Qr,
            "210000000003139471430009017 000000000000000000000123457 123456789012345678901234567",
            "210000000003139471430009018 000000000000000000000000000",
        );
    }

    /// docs/protocols/iso20022.md §10.2, cases ISO-018 to ISO-021.
    #[test]
    fn made_and_normalised() {
        for (base, number) in [
            ("123", "1232"),
            ("1234", "12344"),
            ("123456", "1234561"),
            ("999", "9991"),
            ("55958224329467103", "559582243294671039"),
            ("1234567890123456789", "12345678901234567894"),
            ("9999999999999999999", "99999999999999999993"),
        ] {
            assert_eq!(to_finnish(base).map(|made| made.text), Ok(number.to_owned()));
        }
        let text = |kind, text| parse(kind, text).map(|reference| reference.text);
        assert_eq!(text(Rf, "rf18 5390 0754 7034"), Ok("RF18539007547034".to_owned()));
        assert_eq!(text(Rf, "RF18539007547035"), Err(ReferenceError::CheckDigits));
        assert_eq!(text(Finnish, "12 34561"), Ok("1234561".to_owned()));
        assert_eq!(text(Finnish, "00000000000000001234561"), Ok("1234561".to_owned()));
        assert_eq!(to_rf("1234561").map(|made| made.text), Ok("RF341234561".to_owned()));
        assert!(to_rf("").is_err() && to_rf(&"1".repeat(22)).is_err());
        assert!(parse(Finnish, "123").is_ok_and(|short| short.note.is_some()));
        assert!(parse(Finnish, "1232").is_ok_and(|usual| usual.note.is_none()));
    }

    #[test]
    fn kinds_are_never_guessed() {
        assert_eq!(infer("RF18 5390", None), Some(Rf));
        assert_eq!(infer("12 34561", Some("FI2112345600000785")), Some(Finnish));
        assert_eq!(infer("1234561", Some("NO9386011117947")), None);
        assert_eq!(infer("2233450", Some("EE382200221020145685")), Some(Estonian));
        assert_eq!(infer("SI00 12", Some("SI56263300012039086")), Some(Slovenian));
        assert_eq!(infer("SI00 12", Some("EE382200221020145685")), None);
        assert_eq!(infer("INVOICE 1", Some("FI2112345600000785")), None);
        assert_eq!(recognise("RF18539007547034", None).map(|found| found.kind), Some(Rf));
        assert_eq!(recognise("1234561", Some("FI")).map(|found| found.kind), Some(Finnish));
        assert_eq!(recognise("1234561", None), None);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*") {
            for kind in ReferenceKind::REFERENCES {
                let _ = parse(kind, &text);
            }
            let _ = recognise(&text, Some("DK"));
        }

        #[test]
        fn what_is_made_is_read(base in "[1-9][0-9]{2,18}") {
            let made = to_finnish(&base).map(|made| made.text);
            let over = |made: &str| to_rf(made).is_ok_and(|rf| parse(Rf, &rf.text).is_ok());
            prop_assert!(made.is_ok_and(|made| parse(Finnish, &made).is_ok() && over(&made)));
        }
    }
}
