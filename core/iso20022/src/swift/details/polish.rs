//! mBank of Poland: `944 Przelew krajowy; z rach.: 1234; od: JAN; tyt.: FV 1; TNR: 145`.

use super::{OwnBank, Particulars, joined, single_spaced};

/// The labels, in capitals.
const LABELS: [&str; 7] = ["NA RACH.:", "Z RACH.:", "DLA:", "OD:", "TYT.:", "TNR:", "ID IPH:"];

pub(super) fn read(text: &str, _: OwnBank, found: &mut Particulars) -> bool {
    if !text.contains(';') {
        return false;
    }
    let text = joined(text);
    let is_known = |part: &str| label_of(part).is_some();
    if !text.split(';').skip(1).any(is_known) {
        return false;
    }
    let mut last = None;
    for (at, part) in text.split(';').enumerate() {
        let Some((label, value)) = label_of(part) else {
            match (at, last) {
                (0, _) => posting(part, found),
                // A title may have a semicolon.
                (_, Some("TYT.:")) => found.purpose.last_mut().into_iter().for_each(|title| {
                    title.push(';');
                    title.push_str(part);
                }),
                _ => found.purpose.push(single_spaced(part)),
            }
            continue;
        };
        last = Some(label);
        let value = single_spaced(value);
        let is_kept = match label {
            "NA RACH.:" | "Z RACH.:" => found.set_account(&value),
            "DLA:" | "OD:" => found.set(&value, |found| &mut found.name),
            "TNR:" => found.set(&value, |found| &mut found.transaction_id),
            "ID IPH:" => {
                found.others.push(("ID IPH", value));
                true
            }
            _ => {
                found.purpose.push(value);
                true
            }
        };
        found.note(is_kept, label.trim_end_matches(':'));
    }
    found.purpose.retain(|line| !line.is_empty());
    true
}

/// The label of a part in capitals, and what stands behind it.
fn label_of(part: &str) -> Option<(&'static str, &str)> {
    let part = part.trim();
    LABELS.into_iter().find_map(|label| {
        let start = part.get(..label.len())?;
        start.eq_ignore_ascii_case(label).then(|| (label, &part[label.len()..]))
    })
}

/// Three digits and the kind of booking.
fn posting(part: &str, found: &mut Particulars) {
    let digits = part.bytes().take_while(u8::is_ascii_digit).count();
    let (code, words) = if digits == 3 { part.split_at(3) } else { ("", part) };
    // It is the first part: these fields are empty.
    let _ = found.set(code, |found| &mut found.code) && found.set(&single_spaced(words), |found| &mut found.posting);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_titles() {
        let text = "944 Przelew krajowy; na rach.: 35109010560000000006093440; dla: FIRMA Test; tyt.: fv 1; rata 2; TNR: 145.04";
        let found = Particulars::read(text, "", OwnBank::default());
        assert_eq!((found.code.as_deref(), found.posting.as_deref()), (Some("944"), Some("Przelew krajowy")));
        assert_eq!(found.account.as_deref(), Some("35109010560000000006093440"));
        assert_eq!((found.name.as_deref(), found.transaction_id.as_deref()), (Some("FIRMA Test"), Some("145.04")));
        assert_eq!(found.purpose, ["fv 1; rata 2"]);
        let twice = Particulars::read("944 X; od: A; dla: B; TNR: 1", "", OwnBank::default());
        assert_eq!((twice.name.as_deref(), twice.unread), (Some("A"), vec!["DLA".to_owned()]));
        assert_eq!(Particulars::read("a; b: c", "", OwnBank::default()).free.as_deref(), Some("a; b: c"));
    }
}
