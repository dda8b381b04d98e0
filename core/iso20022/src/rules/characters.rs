//! Characters: which ones banks forward, and how the others are converted.
//!
//! The table is EPC217-08, "SEPA requirements for an extended character set", letter for letter; its few errors (ħ to
//! i, Þ to b) are corrected.

use std::borrow::Cow;

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::shown::is_invisible;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// The treatment of characters outside the basic set: `a-z A-Z 0-9 / - ? : ( ) . , ' +` and blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum Characters {
    /// They are refused, each with a proposal.
    Strict,
    /// They are converted by the table of the European Payments Council: ä to a.
    Epc,
    /// The same, but German umlauts become two letters: ä to ae.
    German,
    /// Those of ISO-8859-1 are kept; the others are converted as in `epc`.
    Latin1,
}

/// One character that was converted, or would have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharacterChange {
    /// The original character.
    pub before: char,
    /// Its replacement.
    pub after: Cow<'static, str>,
    /// How often it was converted.
    pub count: u64,
    /// The position of its first occurrence, in characters from 1.
    pub first: u64,
}

/// A text that banks forward as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertedText<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// The conversions, in the order of first appearance; at most 100 characters.
    pub changes: Vec<CharacterChange>,
}

/// Why a text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CharactersError {
    /// It has characters that the mode refuses.
    #[error("has {}, which not every bank forwards", listed(.found))]
    Refused {
        /// The characters, with their replacements.
        found: Vec<CharacterChange>,
        /// The text after conversion.
        proposal: String,
    },
    /// Only points would be left of it.
    #[error("has no character that could be forwarded")]
    NothingLeft,
}

/// Maximum number of characters reported for one text.
const MAX_CHANGES: usize = 100;

/// Whether a character is in the basic set.
pub fn is_basic(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+' | ' ')
}

/// Converts a text, or refuses it: names, texts and addresses, never identifiers.
///
/// `keeps_markup` keeps `&`, `"`, `<` and `>` if the mode is `latin1`. Check lengths afterwards: some characters become
/// two or three.
///
/// # Errors
/// The mode refuses a character, or nothing would be left.
pub fn convert(text: &str, mode: Characters, keeps_markup: bool) -> Result<ConvertedText<'_>, CharactersError> {
    let stays = |c: char| match mode {
        Characters::Latin1 => is_latin1(c, keeps_markup),
        _ => is_basic(c),
    };
    if text.bytes().all(|byte| byte.is_ascii() && stays(char::from(byte))) && is_trimmed(text) {
        return Ok(ConvertedText { text: Cow::Borrowed(text), changes: Vec::new() });
    }
    // Composed first, so that a letter with a combining accent is one character.
    let composed: Cow<'_, str> = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    };
    let (mut out, mut changes) = (String::with_capacity(text.len()), Vec::<CharacterChange>::new());
    for (at, c) in composed.chars().enumerate() {
        if stays(c) {
            out.push(c);
            continue;
        }
        let after = replacement(c, mode);
        out.push_str(&after);
        if let Some(change) = changes.iter_mut().find(|change| change.before == c) {
            change.count += 1;
        } else if changes.len() < MAX_CHANGES {
            changes.push(CharacterChange { before: c, after, count: 1, first: at as u64 + 1 });
        }
    }
    if !is_trimmed(&out) {
        out = out.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    }
    let lost = !composed.trim().is_empty() && !changes.is_empty() && out.chars().all(|c| matches!(c, '.' | ' '));
    let had_none = composed.chars().all(|c| matches!(c, '.' | ' '));
    if lost && !had_none {
        return Err(CharactersError::NothingLeft);
    }
    if mode == Characters::Strict && !changes.is_empty() {
        return Err(CharactersError::Refused { found: changes, proposal: out });
    }
    Ok(ConvertedText { text: if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }, changes })
}

/// Whether there are no blanks at the ends and no two in a row.
fn is_trimmed(text: &str) -> bool {
    !(text.starts_with(' ') || text.ends_with(' ') || text.contains("  "))
}

/// Whether ISO-8859-1 has it as a printable character.
fn is_latin1(c: char, keeps_markup: bool) -> bool {
    const SOFT_HYPHEN: char = '\u{ad}';
    match c {
        '&' | '"' | '<' | '>' => keeps_markup,
        ' '..='~' => true,
        '\u{a1}'..='\u{ff}' => c != SOFT_HYPHEN,
        _ => false,
    }
}

fn replacement(c: char, mode: Characters) -> Cow<'static, str> {
    let german = match c {
        'Ä' => "AE",
        'Ö' => "OE",
        'Ü' => "UE",
        'ä' => "ae",
        'ö' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'ẞ' => "SS",
        _ => "",
    };
    if mode == Characters::German && !german.is_empty() {
        return Cow::Borrowed(german);
    }
    Cow::Borrowed(table(c))
}

/// The table, plus typographic signs, which it does not have.
fn table(c: char) -> &'static str {
    match c {
        '\t' | '\n' | '\r' | '\u{a0}' | '\u{2028}' | '\u{2029}' => " ",
        // What cannot be seen leaves no mark.
        c if is_invisible(c) => "",
        '&' => "+",
        '"' | '`' | '’' | '‘' | '“' | '”' | '„' => "'",
        '–' | '—' | '_' | '~' => "-",
        '…' => "...",
        '[' | '{' => "(",
        ']' | '}' => ")",
        ';' => ",",
        '\\' | '|' => "/",
        '¿' => "?",
        '€' => "E",
        // The table has i, b, p and points for these, which are errors.
        'ħ' => "h",
        'Þ' => "T",
        'þ' => "t",
        'Ð' => "D",
        'ð' => "d",
        'Ŋ' => "N",
        'ŋ' => "n",
        'ẞ' => "S",
        _ => LETTERS.iter().find(|(_, letters)| letters.contains(c)).map_or(".", |(after, _)| after),
    }
}

/// Letters by their replacement.
const LETTERS: &[(&str, &str)] = &[
    ("a", "àáâãäåæāăąάαаъ"),
    ("A", "ÀÁÂÃÄÅÆĀĂĄΆΑАЪ"),
    ("o", "òóôõöøőœοωόώо"),
    ("O", "ÒÓÔÕÖØŐŒΌΏΟΩО"),
    ("e", "èéêëēĕėęěέεе"),
    ("E", "ÈÉÊËĒĔĖĘĚΈΕЕ"),
    ("u", "ùúûüũūŭůűųу"),
    ("U", "ÙÚÛÜŨŪŬŮŰŲУ"),
    ("i", "ìíîïĩīĭįıĳΐήίηιϊи"),
    ("I", "ÌÍÎÏĨĪĬĮİĲΉΊΗΙΪИ"),
    ("s", "ßśŝşšșςσс"),
    ("S", "ŚŜŞŠȘΣС"),
    ("c", "çćĉċč"),
    ("C", "ÇĆĈĊČ"),
    ("n", "ñńņňνн"),
    ("N", "ÑŃŅŇΝН"),
    ("y", "ýÿŷΰυϋύйь"),
    ("Y", "ÝŶŸΎΥΫЙЬ"),
    ("z", "źżžζз"),
    ("Z", "ŹŻŽΖЗ"),
    ("l", "ĺļľŀłλл"),
    ("L", "ĹĻĽĿŁΛЛ"),
    ("d", "ďđδд"),
    ("D", "ĎĐΔД"),
    ("g", "ĝğġģγг"),
    ("G", "ĜĞĠĢΓГ"),
    ("k", "ķκк"),
    ("K", "ĶΚК"),
    ("r", "ŕŗřρр"),
    ("R", "ŔŖŘΡР"),
    ("t", "ţťŧțτт"),
    ("T", "ŢŤŦȚΤТ"),
    ("b", "б"),
    ("B", "Б"),
    ("f", "φф"),
    ("F", "ΦФ"),
    ("h", "ĥх"),
    ("H", "ĤĦХ"),
    ("j", "ĵ"),
    ("J", "Ĵ"),
    ("m", "μм"),
    ("M", "ΜМ"),
    ("p", "πп"),
    ("P", "ΠП"),
    ("v", "βв"),
    ("V", "ΒВ"),
    ("w", "ŵ"),
    ("W", "Ŵ"),
    ("x", "ξ"),
    ("X", "Ξ"),
    ("ch", "χч"),
    ("CH", "ΧЧ"),
    ("ps", "ψ"),
    ("PS", "Ψ"),
    ("sh", "ш"),
    ("SH", "Ш"),
    ("sht", "щ"),
    ("SHT", "Щ"),
    ("th", "θ"),
    ("TH", "Θ"),
    ("ts", "ц"),
    ("TS", "Ц"),
    ("ya", "я"),
    ("YA", "Я"),
    ("yu", "ю"),
    ("YU", "Ю"),
    ("zh", "ж"),
    ("ZH", "Ж"),
];

/// The first few characters for a message.
fn listed(found: &[CharacterChange]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> =
        found.iter().take(SHOWN).map(|change| format!("{:?} at character {}", change.before, change.first)).collect();
    let more = if found.len() > SHOWN { format!(" and {} more", found.len() - SHOWN) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn converted(text: &str, mode: Characters) -> String {
        convert(text, mode, false).unwrap().text.into_owned()
    }

    /// Cases ISO-026 and ISO-027.
    #[test]
    fn four_modes() {
        let text = "Ääkköset Öy & Co";
        let Err(CharactersError::Refused { found, proposal }) = convert(text, Characters::Strict, false) else {
            panic!("not refused")
        };
        assert_eq!(proposal, "Aakkoset Oy + Co");
        let places: Vec<_> = found.iter().map(|change| (change.before, change.after.as_ref(), change.first)).collect();
        assert_eq!(places, [('Ä', "A", 1), ('ä', "a", 2), ('ö', "o", 5), ('Ö', "O", 10), ('&', "+", 13)]);
        assert_eq!(converted(text, Characters::Epc), "Aakkoset Oy + Co");
        assert_eq!(converted(text, Characters::German), "AEaekkoeset OEy + Co");
        assert_eq!(converted(text, Characters::Latin1), "Ääkköset Öy + Co");
        assert_eq!(convert(text, Characters::Latin1, true).unwrap().text, text);
    }

    /// Cases ISO-028 and ISO-029.
    #[test]
    fn other_scripts() {
        assert_eq!(converted("ЮРИЙ", Characters::Epc), "YURIY");
        assert_eq!(convert("漢字", Characters::Epc, false), Err(CharactersError::NothingLeft));
        assert_eq!(converted("Χαράλαμπος", Characters::Epc), "CHaralampos");
        assert_eq!(converted("A漢", Characters::Epc), "A.");
    }

    /// docs/protocols/iso20022.md §3.
    #[test]
    fn letter_for_letter() {
        for (from, to) in [
            ("ÅÄÁÀÂÃĀĄÆ", "AAAAAAAAA"),
            ("ÖØÓÒÔÕŐŒ", "OOOOOOOO"),
            ("ÜÚÙÛŪŮŰŲ", "UUUUUUUU"),
            ("ÉÈÊËĒĖĘĚÍÎÏĪİÇĆČĊ", "EEEEEEEEIIIIICCCC"),
            ("ÑŃŇŅŠŚŞȘŽŹŻŁĽĻĐĎÝÿ", "NNNNSSSSZZZLLLDDYy"),
            ("ĞĢĠĶŔŘȚŢŤß", "GGGKRRTTTs"),
            ("ΘΧΨЖЦЧШЩЮЯЪЬ", "THCHPSZHTSCHSHSHTYUYAAY"),
            ("x€_~;[{]}\\|`\u{a0}x", "xE--,(())//' x"),
            ("x@!#$%*=^<>§£°´«»±×©", "x..................."),
            ("ħÞþÐðŊŋĦ", "hTtDdNnH"),
            ("x’‘“”„–—…™", "x'''''--...."),
        ] {
            assert_eq!(converted(from, Characters::Epc), to, "{from}");
        }
    }

    #[test]
    fn blanks_and_composition() {
        assert_eq!(converted("  A\t\r\n B  ", Characters::Epc), "A B");
        assert_eq!(converted("a\u{308}", Characters::Latin1), "ä");
        assert_eq!(converted("a\u{308}", Characters::German), "ae");
        assert_eq!(converted("...", Characters::Epc), "...");
        assert_eq!(converted("", Characters::Epc), "");
        assert_eq!(converted("soft\u{ad}hyphen\u{80}", Characters::Latin1), "softhyphen.");
        assert_eq!(converted("\u{feff}Al\u{200b}pha \u{202e} Ltd\u{fe0f}", Characters::Epc), "Alpha Ltd");
        assert_eq!(converted("a\u{2028}b", Characters::Latin1), "a b");
        assert_eq!(convert("\u{200b}\u{feff}", Characters::Epc, false), Err(CharactersError::NothingLeft));
        let Err(CharactersError::Refused { proposal, .. }) = convert("Al\u{200b}pha", Characters::Strict, false) else {
            panic!("it is refused");
        };
        assert_eq!(proposal, "Alpha");
    }

    proptest! {
        #[test]
        fn what_is_converted_is_allowed_and_stays(text in ".*", german in any::<bool>()) {
            let mode = if german { Characters::German } else { Characters::Epc };
            if let Ok(done) = convert(&text, mode, false) {
                prop_assert!(done.text.chars().all(is_basic));
                prop_assert_eq!(&convert(&done.text, Characters::Strict, false).unwrap().text, &done.text);
            }
        }
    }
}
