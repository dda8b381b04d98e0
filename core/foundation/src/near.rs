//! Names that are meant: one that is misspelt is named in the error.

/// The name that a text is meant to be, if it is near to one.
pub fn nearest_name<'n>(found: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names.filter(|name| is_near(found, name)).min_by_key(|name| letter_edits(found, name))
}

/// The maximum number of letters in which two names may differ to count as a misspelling.
const SLIP: usize = 2;

/// Whether a text is this name, in another letter case or misspelt.
pub(crate) fn is_near(found: &str, name: &str) -> bool {
    if found.eq_ignore_ascii_case(name) {
        return true;
    }
    // In a name no longer than the permitted differences, no letter would have to match.
    name.chars().count() > SLIP && letter_edits(found, name) <= SLIP
}

/// The letters of a name that are compared.
const COMPARED: usize = 64;

/// The number of letters to change, insert or delete to turn one name into the other. Of a name of more than 64 letters only
/// the beginning is compared; each letter of the rest counts as one.
#[must_use]
pub fn letter_edits(from: &str, to: &str) -> usize {
    let letters = |name: &str| name.chars().take(COMPARED).collect::<Vec<char>>();
    let rest = |name: &str| name.chars().skip(COMPARED).count();
    let (a, b) = (letters(from), letters(to));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let change = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()] + rest(from).abs_diff(rest(to))
}

#[cfg(test)]
mod tests {
    use super::{letter_edits, nearest_name};

    #[test]
    fn the_nearest_of_several_is_meant() {
        let names = ["clock", "block", "reset"];
        assert_eq!(nearest_name("clok", names.into_iter()), Some("clock"));
        assert_eq!(nearest_name("RESET", names.into_iter()), Some("reset"));
        assert_eq!(nearest_name("nonsense", names.into_iter()), None);
        let long = "n".repeat(70);
        for (from, to, edits) in [("abc", "abc", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("n", &*long, 69)] {
            assert_eq!((letter_edits(from, to), letter_edits(to, from)), (edits, edits));
        }
    }
}
