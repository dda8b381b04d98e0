//! Keys between slashes, as Dutch banks write them: `/TRTP/SEPA OVERBOEKING/IBAN/…/NAME/…/REMI/…/EREF/…`.

use super::{OwnBank, Particulars, joined};

/// The keys. A name may have a slash: only these end a value.
const KEYS: &[&str] = &[
    "TRTP",
    "CSID",
    "NAME",
    "MARF",
    "REMI",
    "IBAN",
    "BIC",
    "EREF",
    "ORDP",
    "BENM",
    "CNTP",
    "RTRN",
    "PREF",
    "PURP",
    "ULTC",
    "ULTD",
    "TRCD",
    "ID",
    "ADDR",
    "ISDT",
    "CDTRREFTP",
    "CDTRREF",
    "SUM",
];

/// The keys with which such a text begins.
const FIRST: &[&str] = &[
    "TRTP",
    "CNTP",
    "EREF",
    "PREF",
    "MARF",
    "RTRN",
    "BENM",
    "ORDP",
    "TRCD",
    "REMI",
    "CSID",
    "PURP",
    "CDTRREFTP",
    "NAME",
];

pub(super) fn read(text: &str, _: OwnBank, found: &mut Particulars) -> bool {
    let is_first =
        text.strip_prefix('/').and_then(|rest| rest.split('/').next()).is_some_and(|key| FIRST.contains(&key));
    if !is_first {
        return false;
    }
    let text = joined(text);
    // Whose name stands behind a key of a party without a value.
    let mut party = "";
    for (key, value) in values(&text, KEYS) {
        let value = value.trim();
        if !matches!(key, "NAME" | "ID" | "ADDR") {
            party = if plain(value).is_empty() { key } else { "" };
        }
        let is_kept = match key {
            "NAME" if party == "ULTC" => found.set(plain(value), |found| &mut found.ultimate_creditor),
            "NAME" if party == "ULTD" => found.set(plain(value), |found| &mut found.ultimate_debtor),
            "ID" | "ADDR" if matches!(party, "ULTC" | "ULTD") => plain(value).is_empty(),
            "TRTP" => found.set(value, |found| &mut found.posting),
            "CSID" => found.set(plain(value), |found| &mut found.creditor_id),
            "NAME" => found.set(plain(value), |found| &mut found.name),
            "MARF" => found.set_reference("MARF", plain(value), |found| &mut found.mandate_id),
            "EREF" => found.set_reference("EREF", plain(value), |found| &mut found.end_to_end_id),
            "PREF" => found.set_reference("PREF", plain(value), |found| &mut found.batch_id),
            "IBAN" => found.set_account(plain(value)),
            "BIC" => found.set_bank(plain(value)),
            "ID" => found.set(plain(value), |found| &mut found.party_id),
            "ADDR" => found.set(plain(value), |found| &mut found.address),
            "RTRN" => found.set(plain(value), |found| &mut found.return_reason),
            "PURP" => found.set(plain(value.trim_start_matches("CD/")), |found| &mut found.purpose_code),
            "ULTC" => found.set(first_part(value), |found| &mut found.ultimate_creditor) && has_one_part(value),
            "ULTD" => found.set(first_part(value), |found| &mut found.ultimate_debtor) && has_one_part(value),
            "TRCD" => match (plain(value), &found.bank_code) {
                ("", _) => true,
                (code, Some((there, _))) => there == code,
                (code, None) => {
                    found.bank_code = Some((code.to_owned(), "Rabobank"));
                    true
                }
            },
            "CNTP" => counterparty(value, found),
            "REMI" => remittance(value, found),
            "CDTRREFTP" => {
                let mut is_kept = true;
                for (key, value) in values(value, &["CD", "ISSR"]) {
                    is_kept &= match key {
                        "CD" => found.set(plain(value), |found| &mut found.reference_kind),
                        _ => found.set(plain(value), |found| &mut found.reference_issuer),
                    };
                }
                is_kept
            }
            "CDTRREF" => found.set(plain(value), |found| &mut found.reference),
            "ORDP" | "BENM" => found.set(plain(value), |found| &mut found.name),
            _ => plain(value).is_empty(),
        };
        found.note(is_kept, key);
    }
    true
}

/// The keys of a list, and the values behind them.
pub(in super::super) fn values<'t>(
    text: &'t str,
    keys: &'static [&'static str],
) -> impl Iterator<Item = (&'static str, &'t str)> {
    let key_at = move |from: usize| {
        memchr::memchr_iter(b'/', &text.as_bytes()[from..]).map(|at| from + at).find_map(|at| {
            let rest = &text[at + 1..];
            let key = keys.iter().find(|key| rest.strip_prefix(**key).is_some_and(|rest| rest.starts_with('/')))?;
            Some((at, *key))
        })
    };
    let mut next = key_at(0);
    std::iter::from_fn(move || {
        let (at, key) = next?;
        let start = at + key.len() + 2;
        // The slash behind a key may be the one before the next key.
        let following = key_at(start);
        next = following;
        Some((key, &text[start..following.map_or(text.len(), |(at, _)| at)]))
    })
}

/// A value without the slashes that end it.
fn plain(value: &str) -> &str {
    value.trim_matches('/').trim()
}

fn first_part(value: &str) -> &str {
    plain(value).split('/').next().unwrap_or_default()
}

fn has_one_part(value: &str) -> bool {
    !plain(value).contains('/')
}

/// `account/bic/name/town`; `false` if not all of it is kept.
fn counterparty(value: &str, found: &mut Particulars) -> bool {
    let mut parts = value.split('/');
    let mut next = || parts.next().unwrap_or_default();
    let of_account = found.set_account(next());
    let of_bank = found.set_bank(next());
    let of_name = found.set(next(), |found| &mut found.name);
    let of_town = found.set(next(), |found| &mut found.town);
    of_account && of_bank && of_name && of_town && parts.all(|part| part.trim().is_empty())
}

/// A text, `USTD//text/`, or `STRD/CUR/reference/`; `false` if not all of it is kept.
fn remittance(value: &str, found: &mut Particulars) -> bool {
    if let Some(structured) = value.strip_prefix("STRD/") {
        let (issuer, reference) = structured.split_once('/').unwrap_or(("", structured));
        let of_reference = found.set(plain(reference), |found| &mut found.reference);
        return found.set(issuer, |found| &mut found.reference_issuer) && of_reference;
    }
    let text = match value.strip_prefix("USTD/") {
        Some(text) => plain(text),
        None => value.strip_suffix('/').unwrap_or(value).trim(),
    };
    if !text.is_empty() {
        found.purpose.push(text.to_owned());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Particulars {
        let mut found = Particulars::default();
        assert!(read(text, OwnBank::default(), &mut found), "{text}");
        found
    }

    #[test]
    fn names_may_have_slashes_and_values_may_be_empty() {
        let found = said("/TRTP/SEPA OVERBOEKING/NAME/A/B C/O D/REMI//EREF/NOTPROVIDED");
        assert_eq!(found.name.as_deref(), Some("A/B C/O D"));
        assert!(found.purpose.is_empty() && found.end_to_end_id.is_none());
        assert_eq!(found.placeholders, [("EREF", "NOTPROVIDED".to_owned())]);
        assert_eq!(said("/ORDP//NAME/J/REMI/x/ISDT/2026-12-01").unread, ["ISDT"]);
        assert!(!read("/OCMT/USD1,/", OwnBank::default(), &mut Particulars::default()));
    }

    #[test]
    fn names_belong_to_the_party_before_them() {
        let found = said(
            "/TRTP/SEPA/ORDP//NAME/ORDERER/ULTD//NAME/ULTIMATE/ID/7/ULTC//NAME/OTHER/REMI/T/EREF/E1/EREF/E2/EREF/E1",
        );
        assert_eq!((found.name.as_deref(), found.party_id.as_deref()), (Some("ORDERER"), None));
        assert_eq!(
            (found.ultimate_debtor.as_deref(), found.ultimate_creditor.as_deref()),
            (Some("ULTIMATE"), Some("OTHER"))
        );
        assert_eq!(found.unread, ["ID", "EREF"]);
        // A party that has its name already does not take the next one.
        let found = said("/TRTP/SEPA/ULTD/ACME/NAME/JANSEN/");
        assert_eq!((found.ultimate_debtor.as_deref(), found.name.as_deref()), (Some("ACME"), Some("JANSEN")));
        assert_eq!(said("/TRTP/SEPA/NAME/FIRST/BENM//NAME/SECOND").unread, ["NAME"]);
        assert_eq!(said("/EREF/E//CNTP/1/INGBNL2A/A B/TOWN/MORE/").unread, ["CNTP"]);
        assert_eq!(said("/EREF/E//ULTD/A B/MORE/TRCD/1/TRCD/2").unread, ["ULTD", "TRCD"]);
    }

    #[test]
    fn references_of_creditors() {
        let found = said("/EREF/E//CNTP/NL32INGB0000012345/INGBNL2A/A B/TOWN//REMI/STRD/CUR/9001123412341234/");
        assert_eq!(
            (found.reference.as_deref(), found.reference_issuer.as_deref()),
            (Some("9001123412341234"), Some("CUR"))
        );
        assert_eq!((found.name.as_deref(), found.town.as_deref()), (Some("A B"), Some("TOWN")));
        let found = said("/BENM//NAME/X/REMI//CDTRREFTP//CD/SCOR/ISSR/CUR/CDTRREF/1234567");
        assert_eq!((found.reference_kind.as_deref(), found.reference.as_deref()), (Some("SCOR"), Some("1234567")));
    }
}
