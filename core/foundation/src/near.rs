//! Names that are meant: one that is misspelt is named in the error.

/// The name that a text is meant to be, if it is near to one: misspelt, or with most words the same.
pub fn nearest_name<'n>(found: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    meant_names(found, names).into_iter().next()
}

/// The names that a text may be meant to be, the nearest first: the one that is misspelt, else up to three with most words the
/// same.
pub fn meant_names<'n>(found: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut near: Vec<(NameLikeness, &str)> =
        names.filter_map(|name| Some((NameLikeness::between(found, name)?, name))).collect();
    near.sort_by_key(|(likeness, _)| *likeness);
    let count = match near.first() {
        Some((NameLikeness::Misspelt(_), _)) => 1,
        _ => MENTIONED,
    };
    near.into_iter().take(count).map(|(_, name)| name).collect()
}

/// Names as a message lists them: all if they are few, else those that are nearest to a text, how many more there are, and the
/// page that has them.
#[must_use]
pub fn listed_names(found: &str, names: &[&str], page: &str) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    if names.len() <= LISTED {
        return names.join(", ");
    }
    let mut nearest = names.to_vec();
    nearest.sort_by_key(|name| letter_edits(found, name));
    format!("{} and {} more, which {page} has", nearest[..MENTIONED].join(", "), names.len() - MENTIONED)
}

/// The maximum number of names that a message lists as a whole.
const LISTED: usize = 12;
/// The number of names that a message mentions of many.
const MENTIONED: usize = 3;
/// The maximum number of letters in which two names may differ to count as a misspelling.
const SLIP: usize = 2;
/// In a longer name, one letter of so many may differ.
const SLIP_OF: usize = 3;
/// The letters of the words by which names are compared, at least.
const WORDS_MIN: usize = 3;

/// How a text is like a name, by the number of letters in which they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NameLikeness {
    Misspelt(usize),
    SharesWords(usize),
}

impl NameLikeness {
    fn between(found: &str, name: &str) -> Option<Self> {
        let edits = letter_edits(&found.to_ascii_lowercase(), &name.to_ascii_lowercase());
        if is_near(found, name) {
            return Some(Self::Misspelt(edits));
        }
        if shares_words(found, name) {
            return Some(Self::SharesWords(edits));
        }
        let is_slip = edits * SLIP_OF <= found.chars().count().max(name.chars().count());
        is_slip.then_some(Self::Misspelt(edits))
    }
}

/// Whether most words of two names are the same, or one name has all words of the other.
fn shares_words(found: &str, name: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect()
    };
    let (found, name) = (words(found), words(name));
    let same: Vec<&String> = found.iter().filter(|word| name.contains(word)).collect();
    let is_most = same.len() * 2 > found.len().max(name.len()) || same.len() == found.len().min(name.len());
    is_most && same.iter().map(|word| word.len()).sum::<usize>() >= WORDS_MIN
}

/// Whether a text is this name, in another letter case or misspelt in two letters at most.
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
    use super::{letter_edits, listed_names, meant_names, nearest_name};

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

    #[test]
    fn a_name_with_most_words_is_meant_too() {
        let names = ["token_ttl_s", "mfa_session_ttl_s", "body_timeout_s", "postgres_url", "files_folder", "drain_s"];
        for (found, meant) in [
            ("session_ttl_s", &["mfa_session_ttl_s", "token_ttl_s"][..]),
            ("timeout_s", &["body_timeout_s"]),
            ("url", &["postgres_url"]),
            ("TOKEN-TTL-SECONDS", &["token_ttl_s"]),
            // Misspelt in more than two letters of a long name.
            ("postgress_uri_", &["postgres_url"]),
            ("folder_of_files", &["files_folder"]),
            ("s", &[]),
            ("workers", &[]),
            ("", &[]),
        ] {
            assert_eq!(meant_names(found, names.into_iter()), meant, "{found}");
        }
    }

    #[test]
    fn few_names_are_listed_and_the_nearest_of_many() {
        assert_eq!(listed_names("x", &[], "the page"), "none");
        assert_eq!(listed_names("x", &["b", "a"], "the page"), "b, a");
        let many: Vec<String> = (10..50).map(|number| format!("name{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let said = listed_names("name4", &many, "the page");
        assert_eq!(said, "name14, name24, name34 and 37 more, which the page has");
    }
}
