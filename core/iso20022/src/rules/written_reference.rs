//! The rule of a reference as it stands in a file, the same for data and for files.
//!
//! A file says little of a reference's kind, so the creditor's account says it too.

use super::reference::{self, ReferenceError, ReferenceKind};
use super::{Finding, Level, Rule, identifier};

/// A reference as it stands in a file.
#[derive(Debug, Clone, Copy)]
pub struct WrittenReference<'r> {
    /// The reference.
    pub text: &'r str,
    /// The code of its kind, such as `SCOR` or `QRR`.
    pub code: Option<&'r str>,
    /// Whether that is a code of its own.
    pub proprietary: bool,
    /// The issuer of its kind, such as `ISO`.
    pub issuer: Option<&'r str>,
    /// The country of the account that is paid.
    pub creditor_country: Option<&'r str>,
}

impl WrittenReference<'_> {
    /// Its kind, if the file says it or the account's country has one.
    pub fn kind(&self) -> Option<ReferenceKind> {
        let mut compact = self.text.chars().filter(|c| !c.is_whitespace());
        // A creditor's own number may begin the same way, unless the file marks it as a reference of ISO 11649.
        let is_scor = self.code == Some("SCOR") && !self.proprietary;
        let numeric = compact.clone().all(|one| one.is_ascii_digit());
        let mut letter = || compact.next().map_or(' ', |one| one.to_ascii_uppercase());
        let start = if is_scor { (letter(), letter()) } else { (' ', ' ') };
        match self.issuer {
            Some("ISO") => Some(ReferenceKind::Rf),
            Some("BBA") => Some(ReferenceKind::Belgian),
            Some("CUR") => Some(ReferenceKind::Dutch),
            _ if self.code == Some("QRR") => Some(ReferenceKind::Qr),
            _ if start == ('R', 'F') => Some(ReferenceKind::Rf),
            _ => match self.creditor_country {
                Some("FI") if numeric => Some(ReferenceKind::Finnish),
                Some("NO") if numeric => Some(ReferenceKind::Kid),
                Some("SE") if numeric => Some(ReferenceKind::Ocr),
                Some("EE") if numeric => Some(ReferenceKind::Estonian),
                Some("SI") if start == ('S', 'I') => Some(ReferenceKind::Slovenian),
                Some("HR") if start == ('H', 'R') => Some(ReferenceKind::Croatian),
                _ => None,
            },
        }
    }
}

/// The finding on a reference that is wrong, or unusual.
pub fn check(one: WrittenReference<'_>) -> Option<Finding> {
    let (level, message) = match one.kind() {
        None => (Level::Error, format!("the reference {}", identifier::check(one.text).err()?)),
        Some(kind) => match reference::parse(kind, one.text) {
            Ok(reference) => (Level::Warning, format!("the reference is unusual: {}", reference.note?)),
            // Its payee decides how strictly it is checked, and whether the number is one at all.
            Err(error @ ReferenceError::CheckDigits) if kind.is_soft() || kind == ReferenceKind::Kid => {
                (Level::Warning, format!("the reference {error}"))
            }
            // The creditor may have meant another number of his own.
            Err(error)
                if matches!(kind, ReferenceKind::Estonian | ReferenceKind::Slovenian | ReferenceKind::Croatian)
                    || (kind == ReferenceKind::Rf && one.issuer != Some("ISO")) =>
            {
                (Level::Warning, format!("the reference {error}"))
            }
            Err(error) => (Level::Error, format!("the reference {error}")),
        },
    };
    Some(Finding::new(level, Rule::Reference, message, "copy it from the invoice").reason("RR09").value(one.text))
}
