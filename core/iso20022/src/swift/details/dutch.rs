//! ASN, SNS and RegioBank: the first line has the IBAN and the name of the other side, the text stands behind it.

use super::{OwnBank, Particulars};
use crate::iban;

pub(super) fn read(text: &str, bank: OwnBank, found: &mut Particulars) -> bool {
    if !bank.is_dutch {
        return false;
    }
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (account, name) = line.split_once(' ').unwrap_or((line, ""));
    if iban::check(account).is_err() && !is_dutch_number(account) {
        return false;
    }
    // It is the first dialect that takes the text: its fields are empty.
    let _ = found.set_account(account) && found.set(name, |found| &mut found.name);
    let text = rest.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    if !text.is_empty() {
        found.purpose.push(text);
    }
    true
}

/// Whether it is written like an IBAN of the Netherlands: its check digits may be wrong.
fn is_dutch_number(account: &str) -> bool {
    let (start, end) = account.split_at_checked(8).unwrap_or_default();
    let bank = start.strip_prefix("NL").and_then(|rest| rest.get(2..)).unwrap_or_default();
    bank.bytes().all(|byte| byte.is_ascii_uppercase())
        && end.len() == 10
        && end.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_other_side() {
        let text = "NL20INGB0001234567 j jansen               \n\nFactuur 7   \nmet dank";
        let found = Particulars::read(text, "", OwnBank { is_dutch: true, ..OwnBank::default() });
        assert_eq!((found.iban.as_deref(), found.name.as_deref()), (Some("NL20INGB0001234567"), Some("j jansen")));
        assert_eq!(found.purpose, ["Factuur 7\nmet dank"]);
        assert_eq!(Particulars::read(text, "", OwnBank::default()).iban, None);
    }
}
