//! `:NS:`, in which German banks write lines of two digits and a text.

use super::Particulars;

pub(super) fn read(text: &str, found: &mut Particulars) {
    let (mut purpose, mut name) = (String::new(), String::new());
    for line in text.split('\n').filter(|line| line.len() > 2) {
        let Some((key, value)) = line.split_at_checked(2) else { continue };
        // A slash stands for nothing.
        if matches!(value.trim(), "" | "/") {
            continue;
        }
        let is_kept = match key {
            "01" | "02" | "03" | "04" | "05" | "06" | "07" | "08" | "09" | "10" | "11" | "12" | "13" | "14" => {
                purpose.push_str(value);
                true
            }
            "15" | "16" => {
                name.push_str(value);
                true
            }
            "17" => found.set(value, |found| &mut found.posting),
            "18" => found.set(value, |found| &mut found.primanota),
            "20" => found.set(value, |found| &mut found.count),
            "33" => found.set_bank(value),
            "34" => found.set_account(value),
            _ => false,
        };
        if !is_kept {
            found.unread.push(format!("NS/{key}"));
        }
    }
    let is_kept = found.set(&name, |found| &mut found.name);
    found.note(is_kept, "NS/15");
    let purpose = purpose.trim();
    if found.purpose.is_empty() && !purpose.is_empty() {
        found.purpose.push(purpose.to_owned());
    } else {
        found.note(purpose.is_empty() || found.purpose.iter().any(|there| there == purpose), "NS/01");
    }
}

#[cfg(test)]
mod tests {
    use super::super::OwnBank;
    use super::*;

    #[test]
    fn keys_of_two_digits() {
        let text = "01Rechnung 42 \n02vom Dezember\n15MUSTER \n16GMBH\n17UEBERWEISUNG\n1800931\n19/\n191200\n3337040044\n34532013000";
        let found = Particulars::read("", text, OwnBank::default());
        assert_eq!(found.purpose, ["Rechnung 42 vom Dezember"]);
        assert_eq!((found.name.as_deref(), found.posting.as_deref()), (Some("MUSTER GMBH"), Some("UEBERWEISUNG")));
        assert_eq!((found.bank_number.as_deref(), found.account.as_deref()), (Some("37040044"), Some("532013000")));
        assert_eq!(found.unread, ["NS/19"]);
        let found = Particulars::read("166?20Miete?32JAN", "01Rechnung\n15B\n17X\n17Y", OwnBank::default());
        assert_eq!(found.unread, ["NS/17", "NS/15", "NS/01"]);
        read("é", &mut Particulars::default());
    }
}
