//! Names that are meant: one that is misspelt is named in the error.

/// The name that a text is meant to be, if it is near to one.
pub fn nearest_name<'n>(found: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let letters = |name: &str| name.chars().take(64).collect::<Vec<char>>();
    let of_found = letters(found);
    names.filter(|name| is_near(found, name)).min_by_key(|name| distance(&of_found, &letters(name)))
}

/// The maximum number of letters in which two names may differ to count as a misspelling.
const SLIP: usize = 2;

/// Whether a text is this name, in another letter case or misspelt.
pub(crate) fn is_near(found: &str, name: &str) -> bool {
    if found.eq_ignore_ascii_case(name) {
        return true;
    }
    let (found, name): (Vec<char>, Vec<char>) = (found.chars().take(64).collect(), name.chars().collect());
    // In a name no longer than the permitted differences, no letter would have to match.
    found.len().abs_diff(name.len()) <= SLIP && name.len() > SLIP && distance(&found, &name) <= SLIP
}

/// The number of letters to change, insert or delete to turn one text into the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let change = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest_name;

    #[test]
    fn the_nearest_of_several_is_meant() {
        let names = ["clock", "block", "reset"];
        assert_eq!(nearest_name("clok", names.into_iter()), Some("clock"));
        assert_eq!(nearest_name("RESET", names.into_iter()), Some("reset"));
        assert_eq!(nearest_name("nonsense", names.into_iter()), None);
    }
}
