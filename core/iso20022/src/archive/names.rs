//! Names of members as labels for people.

use std::collections::HashMap;

use bankchannel_xml::text::on_one_line;

/// Longest label, in characters.
const MAX_LABEL: usize = 100;

/// The characters of code page 437 from 128 on, which a name has that is not in UTF-8.
#[rustfmt::skip]
const CP437: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å',
    'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', '¢', '£', '¥', '₧', 'ƒ',
    'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '⌐', '¬', '½', '¼', '¡', '«', '»',
    '░', '▒', '▓', '│', '┤', '╡', '╢', '╖', '╕', '╣', '║', '╗', '╝', '╜', '╛', '┐',
    '└', '┴', '┬', '├', '─', '┼', '╞', '╟', '╚', '╔', '╩', '╦', '╠', '═', '╬', '╧',
    '╨', '╤', '╥', '╙', '╘', '╒', '╓', '╫', '╪', '┘', '┌', '█', '▄', '▌', '▐', '▀',
    'α', 'ß', 'Γ', 'π', 'Σ', 'σ', 'µ', 'τ', 'Φ', 'Θ', 'Ω', 'δ', '∞', 'φ', 'ε', '∩',
    '≡', '±', '≥', '≤', '⌠', '⌡', '÷', '≈', '°', '∙', '·', '√', 'ⁿ', '²', '■', '\u{a0}',
];

/// The name of a member of a ZIP archive. Programs write UTF-8 also where they do not say so.
pub(super) fn zip_label(name: &[u8]) -> String {
    let of_437 = |byte: &u8| CP437.get(usize::from(*byte).wrapping_sub(128)).copied().unwrap_or(char::from(*byte));
    label(name, of_437)
}

/// The name that gzip has of its content, in ISO-8859-1.
pub(super) fn gzip_label(name: &[u8]) -> String {
    label(name, |byte| char::from(*byte))
}

fn label(name: &[u8], character: impl Fn(&u8) -> char) -> String {
    match std::str::from_utf8(name) {
        Ok(text) => without_middle(&on_one_line(text)),
        Err(_) => without_middle(&on_one_line(&name.iter().map(character).collect::<String>())),
    }
}

/// A text with an ellipsis for the middle of a long one: names of a bank's files differ at their ends.
fn without_middle(text: &str) -> String {
    const END: usize = MAX_LABEL / 2;
    const START: usize = MAX_LABEL - END - 1;
    let count = text.chars().count();
    if count <= MAX_LABEL {
        return text.to_owned();
    }
    text.chars().take(START).chain(['…']).chain(text.chars().skip(count - END)).collect()
}

/// The names that were given, each with the last number behind it.
#[derive(Default)]
pub(super) struct GivenNames(HashMap<String, u32>);

impl GivenNames {
    /// The name, with a number behind it if it was given before.
    pub(super) fn distinct(&mut self, name: String) -> String {
        let mut given = name.clone();
        let mut number = self.0.get(&name).copied().unwrap_or(1);
        while self.0.contains_key(&given) {
            number += 1;
            given = format!("{name} ({number})");
        }
        self.0.insert(name, number);
        self.0.entry(given.clone()).or_insert(1);
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_and_stay_distinct() {
        assert_eq!(zip_label(b"\x9abersicht \x81\xe1.xml"), "Übersicht üß.xml");
        assert_eq!(zip_label("Übersicht.xml".as_bytes()), "Übersicht.xml");
        assert_eq!(gzip_label(b"\xdcbersicht"), "Übersicht");
        assert_eq!((CP437[0], CP437[127]), ('Ç', '\u{a0}'));
        let long = |end: &str| zip_label(format!("{}{end}", "x".repeat(120)).as_bytes());
        assert_eq!(long("1.xml").chars().count(), MAX_LABEL);
        assert!(long("1.xml").ends_with("1.xml") && long("1.xml") != long("2.xml"));
        let exact = "ü".repeat(MAX_LABEL);
        assert_eq!(zip_label(exact.as_bytes()), exact);
    }

    #[test]
    fn a_name_that_was_given_has_a_number() {
        let mut names = GivenNames::default();
        let given: Vec<String> =
            ["a", "a (2)", "a", "a", "a (2)", "b"].iter().map(|name| names.distinct((*name).to_owned())).collect();
        assert_eq!(given, ["a", "a (2)", "a (3)", "a (4)", "a (2) (2)", "b"]);
    }
}
