//! Dutch banks that write labels: ABN AMRO in columns (`SEPA OVERBOEKING   IBAN: …   Naam: …`), and Knab
//! (`REK: IBAN/NAAM: name`).

use super::{FULL_LINE, OwnBank, Particulars, single_spaced};

/// The labels of ABN AMRO, in capitals or not.
const LABELS: [&str; 7] = ["IBAN:", "BIC:", "Naam:", "Omschrijving:", "Kenmerk:", "Machtiging:", "Incassant:"];

pub(super) fn read(text: &str, _: OwnBank, found: &mut Particulars) -> bool {
    columns(text, found) || knab(text, found)
}

fn columns(text: &str, found: &mut Particulars) -> bool {
    if !text.starts_with("SEPA ") || !text.contains("IBAN:") {
        return false;
    }
    let mut whole = String::with_capacity(text.len() + 8);
    for line in text.split('\n') {
        whole.push_str(line);
        // A full line may be cut inside a word.
        if line.chars().count() < FULL_LINE - 1 {
            whole.push(' ');
        }
    }
    let label_at = |from: usize| {
        memchr::memchr_iter(b':', &whole.as_bytes()[from..]).map(|at| from + at + 1).find_map(|end| {
            let is_before = |label: &&&str| {
                let start = end.checked_sub(label.len()).filter(|start| *start >= from);
                start.is_some_and(|start| whole.as_bytes()[start..end].eq_ignore_ascii_case(label.as_bytes()))
            };
            let label = LABELS.iter().find(is_before)?;
            Some((end - label.len(), *label))
        })
    };
    let mut next = label_at(0);
    let first = next.map_or(whole.len(), |(at, _)| at);
    found.posting = Some(single_spaced(&whole[..first])).filter(|posting| !posting.is_empty());
    while let Some((at, label)) = next {
        let start = at + label.len();
        next = label_at(start);
        let value = single_spaced(&whole[start..next.map_or(whole.len(), |(at, _)| at)]);
        let is_kept = match label {
            "IBAN:" => found.set_account(&value),
            "BIC:" => found.set_bank(&value),
            "Naam:" => found.set(&value, |found| &mut found.name),
            "Kenmerk:" => found.set_reference("Kenmerk", &value, |found| &mut found.end_to_end_id),
            "Machtiging:" => found.set_reference("Machtiging", &value, |found| &mut found.mandate_id),
            "Incassant:" => found.set(&value, |found| &mut found.creditor_id),
            _ if value.is_empty() => true,
            _ => {
                found.purpose.push(value);
                true
            }
        };
        found.note(is_kept, label.trim_end_matches(':'));
    }
    true
}

fn knab(text: &str, found: &mut Particulars) -> bool {
    let Some((before, rest)) = text.split_once("REK:") else { return false };
    let Some((account, rest)) = rest.split_once("/NAAM:") else { return false };
    let (name, after) = rest.split_once('\n').unwrap_or((rest, ""));
    // It is the first dialect that takes the text: its fields are empty.
    let _ = found.set_account(account) && found.set(name, |found| &mut found.name);
    let lines = before.split('\n').chain(after.split('\n')).map(str::trim).filter(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join("\n");
    found.free = Some(text).filter(|text| !text.is_empty());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUTCH: OwnBank = OwnBank { is_german: false, is_dutch: true, is_triodos: false };

    #[test]
    fn labels_in_columns() {
        let text = "SEPA INCASSO ALGEMEEN DOORLOPEND Incassant: NL69ZZZ123456780000\nNaam: CLUB TEST                  \
                    Machtiging: MND-9\nOmschrijving: Contributie\n2026    IBAN: NL20INGB0001234567\nKenmerk: NOTPROVIDED";
        let found = Particulars::read(text, "", DUTCH);
        assert_eq!(found.posting.as_deref(), Some("SEPA INCASSO ALGEMEEN DOORLOPEND"));
        assert_eq!((found.name.as_deref(), found.mandate_id.as_deref()), (Some("CLUB TEST"), Some("MND-9")));
        assert_eq!((found.iban.as_deref(), found.end_to_end_id), (Some("NL20INGB0001234567"), None));
        assert_eq!(found.purpose, ["Contributie 2026"]);
        let capitals = Particulars::read("SEPA OVERBOEKING   IBAN: X\nNAAM: A B\nKENMERK: K1", "", OwnBank::default());
        let twice = Particulars::read("SEPA X  IBAN: NL20INGB0001234567\nKenmerk: 1\nKenmerk: 2", "", DUTCH);
        assert_eq!((twice.end_to_end_id.as_deref(), twice.unread), (Some("1"), vec!["Kenmerk".to_owned()]));
        assert_eq!((capitals.name.as_deref(), capitals.end_to_end_id.as_deref()), (Some("A B"), Some("K1")));
    }

    #[test]
    fn account_and_name() {
        let found = Particulars::read("REK: NL20INGB0001234567/NAAM: J JANSEN\nFactuur 7", "", DUTCH);
        assert_eq!((found.iban.as_deref(), found.name.as_deref()), (Some("NL20INGB0001234567"), Some("J JANSEN")));
        assert_eq!(found.free.as_deref(), Some("Factuur 7"));
    }
}
