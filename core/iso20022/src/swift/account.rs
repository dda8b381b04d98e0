//! `:25:`, the account of a statement.

use crate::cash::StatementAccount;
use crate::iban;
use crate::rules::{bic, money};

use super::details::OwnBank;
use super::values::is_currency;

/// The name that Triodos writes before its account numbers; it is formed like a BIC.
const TRIODOS: &str = "TRIODOSBANK";

/// The account: an IBAN, or a number as it is written, with a currency behind it or without, after a BIC or a bank's
/// number or name.
pub(super) fn read(text: &str, has_bic_line: bool) -> StatementAccount {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut account = StatementAccount::default();
    let (mut line, rest) = (line.trim().to_owned(), rest.trim());
    if bic::check(rest).is_ok() {
        account.bic = Some(rest.to_owned());
    } else if !has_bic_line {
        line.push_str(rest);
    }
    let number = without_currency(&line, &mut account);
    let is_iban = |text: &str| iban::check(text).is_ok();
    let mut parts = number.split('/').map(str::trim);
    if is_iban(number) {
        account.iban = Some(iban::compact(number));
    } else if let Some(found) = parts.clone().find(|part| is_iban(part)) {
        account.iban = Some(iban::compact(found));
    } else if !number.is_empty() {
        account.account = Some(number.to_owned());
    }
    if account.bic.is_none() && number.contains('/') {
        account.bic = parts.find(|part| bic::check(part).is_ok() && *part != TRIODOS).map(str::to_owned);
    }
    account
}

/// The number without the currency behind it: `…EUR`, `… EUR`, `…/EUR`.
fn without_currency<'t>(line: &'t str, account: &mut StatementAccount) -> &'t str {
    // A Maltese IBAN, and that of other countries, may end with letters.
    let at = line.len().saturating_sub(3);
    if iban::check(line).is_ok() || !line.is_char_boundary(at) {
        return line;
    }
    let (number, currency) = line.split_at(at);
    let ends = |number: &str| number.ends_with(|end: char| end.is_ascii_digit() || matches!(end, ' ' | '/' | '-'));
    let is_number = ends(number) || iban::check(number).is_ok();
    if !is_currency(currency) || money::check_currency(currency).is_some() || !is_number {
        return line;
    }
    account.currency = Some(currency.to_owned());
    number.trim_end_matches([' ', '/', '-'])
}

/// The bank of an account, as far as it can be told from its number.
pub(super) fn bank(account: &StatementAccount) -> OwnBank {
    let country = |code: &str| {
        account.iban.as_deref().is_some_and(|iban| iban.starts_with(code))
            || account.bic.as_deref().is_some_and(|bic| bic.get(4..6) == Some(code))
    };
    OwnBank {
        is_german: country("DE") || account.account.as_deref().is_some_and(is_german_number),
        is_dutch: country("NL"),
        is_triodos: account.account.as_deref().is_some_and(|number| number.starts_with(TRIODOS)),
    }
}

/// Whether it is a German bank's number of eight digits and an account at it.
fn is_german_number(number: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    number.split_once('/').is_some_and(|(bank, account)| {
        bank.len() == 8 && digits(bank) && account.len() <= 10 && digits(account.trim_start_matches('0'))
    })
}

/// An IBAN that a bank names in a text, such as `IBAN no.: SE45…`.
pub(super) fn named_iban(text: &str) -> Option<String> {
    let at = text.find("IBAN")?;
    let mut words = text[at..].split_ascii_whitespace().take(8);
    words.find_map(iban::read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_accounts() {
        for (text, number, currency, bic) in [
            ("37040044/0532013000", "37040044/0532013000", None, None),
            ("DE89370400440532013000", "DE89370400440532013000", None, None),
            ("NL20INGB0001234567EUR", "NL20INGB0001234567", Some("EUR"), None),
            ("NL91ABNA0417164300 EUR", "NL91ABNA0417164300", Some("EUR"), None),
            ("1291.99.348EUR", "1291.99.348", Some("EUR"), None),
            ("DABAFIHH/111111-11111111", "DABAFIHH/111111-11111111", None, Some("DABAFIHH")),
            ("COBADEFFXXX/123456/USD", "COBADEFFXXX/123456", Some("USD"), Some("COBADEFFXXX")),
            ("TRIODOSBANK/0666666666", "TRIODOSBANK/0666666666", None, None),
            ("NDEAFIHH/FI2112345600000785", "FI2112345600000785", None, Some("NDEAFIHH")),
            ("DE89370400440532013000\nCOBADEFFXXX", "DE89370400440532013000", None, Some("COBADEFFXXX")),
            ("12345\n678", "12345678", None, None),
            ("MYACCOUNT", "MYACCOUNT", None, None),
            ("é€", "é€", None, None),
        ] {
            let account = read(text, false);
            assert_eq!(account.iban.as_deref().or(account.account.as_deref()), Some(number), "{text}");
            assert_eq!((account.currency.as_deref(), account.bic.as_deref()), (currency, bic), "{text}");
        }
        assert_eq!(read("", false), StatementAccount::default());
    }

    #[test]
    fn banks() {
        let of = |text: &str| bank(&read(text, false));
        assert!(of("37040044/0532013000").is_german && of("DE89370400440532013000").is_german);
        assert!(!of("0800/0000192000145399").is_german && !of("12345").is_german);
        assert!(of("NL20INGB0001234567EUR").is_dutch && !of("417164300").is_dutch);
        assert_eq!(named_iban("our IBAN no.: SE4550000000058398257466").as_deref(), Some("SE4550000000058398257466"));
        assert_eq!(named_iban("no IBAN here"), None);
    }
}
