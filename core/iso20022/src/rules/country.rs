//! Countries: assigned codes, names, post codes, and membership of SEPA and EEA.

use crate::text::shorten;

/// The codes of ISO 3166-1, and `XK`, which IBANs and BICs use for Kosovo.
const CODES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// The countries and territories of the SEPA schemes: EEA.
const EEA: &str =
    "AT AX BE BG CY CZ DE DK EE ES FI FR GF GP GR HR HU IE IS IT LI LT LU LV MF MQ MT NL NO PL PT RE RO SE SI SK YT";

/// The countries and territories of the SEPA schemes outside the EEA.
const SEPA_OUTSIDE_EEA: &str = "AD AL BL CH GB GG GI IM JE MC MD ME MK PM RS SM VA";

/// The countries of the EEA with a currency of their own.
const OWN_CURRENCIES: &[(&str, &str)] = &[
    ("CZ", "CZK"),
    ("DK", "DKK"),
    ("HU", "HUF"),
    ("IS", "ISK"),
    ("NO", "NOK"),
    ("PL", "PLN"),
    ("RO", "RON"),
    ("SE", "SEK"),
];

/// Names of countries as written in addresses, folded: in English and in the country's own languages.
const NAMES: &[(&str, &[&str])] = &[
    ("AT", &["austria", "osterreich"]),
    ("AX", &["aland", "ahvenanmaa"]),
    ("BE", &["belgium", "belgie", "belgique", "belgien"]),
    ("BG", &["bulgaria"]),
    ("CA", &["canada"]),
    ("CH", &["switzerland", "schweiz", "suisse", "svizzera"]),
    ("CN", &["china"]),
    ("CY", &["cyprus"]),
    ("CZ", &["czechia", "czech republic", "cesko", "ceska republika"]),
    ("DE", &["germany", "deutschland", "saksa"]),
    ("DK", &["denmark", "danmark", "tanska"]),
    ("EE", &["estonia", "eesti", "viro"]),
    ("ES", &["spain", "espana"]),
    ("FI", &["finland", "suomi"]),
    ("FR", &["france"]),
    ("GB", &["united kingdom", "great britain", "uk", "england", "scotland", "wales", "northern ireland"]),
    ("GR", &["greece", "hellas"]),
    ("HR", &["croatia", "hrvatska"]),
    ("HU", &["hungary", "magyarorszag"]),
    ("IE", &["ireland", "eire"]),
    ("IN", &["india"]),
    ("IS", &["iceland", "island"]),
    ("IT", &["italy", "italia"]),
    ("JP", &["japan"]),
    ("LI", &["liechtenstein"]),
    ("LT", &["lithuania", "lietuva"]),
    ("LU", &["luxembourg", "luxemburg"]),
    ("LV", &["latvia", "latvija"]),
    ("MC", &["monaco"]),
    ("MT", &["malta"]),
    ("NL", &["netherlands", "the netherlands", "nederland", "holland"]),
    ("NO", &["norway", "norge", "noreg", "norja"]),
    ("PL", &["poland", "polska"]),
    ("PT", &["portugal"]),
    ("RO", &["romania"]),
    ("RS", &["serbia", "srbija"]),
    ("SE", &["sweden", "sverige", "ruotsi"]),
    ("SI", &["slovenia", "slovenija"]),
    ("SK", &["slovakia", "slovensko"]),
    ("TR", &["turkey", "turkiye"]),
    ("UA", &["ukraine"]),
    ("US", &["united states", "united states of america", "usa"]),
];

/// The forms of post codes: `9` is a digit, `A` a letter, a blank may be left out.
const POST_CODES: &[(&str, &str)] = &[
    ("AT", "9999"),
    ("AX", "99999"),
    ("BE", "9999"),
    ("CH", "9999"),
    ("DE", "99999"),
    ("DK", "9999"),
    ("EE", "99999"),
    ("ES", "99999"),
    ("FI", "99999"),
    ("FR", "99999"),
    ("IT", "99999"),
    ("LT", "LT-99999"),
    ("LV", "LV-9999"),
    ("NL", "9999 AA"),
    ("NO", "9999"),
    ("PL", "99-999"),
    ("SE", "999 99"),
];

/// Whether it is a code of ISO 3166-1 in capitals, or `XK`.
pub fn is_assigned(code: &str) -> bool {
    code.len() == 2 && listed(CODES, code)
}

/// Whether the country takes part in the SEPA schemes.
pub fn in_sepa(code: &str) -> bool {
    in_eea(code) || listed(SEPA_OUTSIDE_EEA, code)
}

/// Whether the country is in the European Economic Area.
pub fn in_eea(code: &str) -> bool {
    listed(EEA, code)
}

/// The currency of a country of the European Economic Area that has its own; `None` for all others.
pub fn own_currency(code: &str) -> Option<&'static str> {
    OWN_CURRENCIES.iter().find(|(known, _)| *known == code).map(|(_, currency)| *currency)
}

/// Whether it is such a currency.
pub fn is_own_currency(currency: &str) -> bool {
    OWN_CURRENCIES.iter().any(|(_, own)| *own == currency)
}

/// The code of a country given by its name, in English or in its own languages, or by its code.
pub fn by_name(name: &str) -> Option<&'static str> {
    let name = super::address::folded(&shorten(name, 60));
    let named = NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(code, _)| *code);
    named.or_else(|| {
        let code = name.to_ascii_uppercase();
        CODES.split_ascii_whitespace().find(|known| *known == code)
    })
}

/// The names of a country, folded by [`super::address::folded`]; empty for countries without known names.
pub(super) fn names(code: &str) -> &'static [&'static str] {
    NAMES.iter().find(|(known, _)| *known == code).map_or(&[], |(_, names)| names)
}

/// The form of the country's post codes, such as `999 99`; `None` if unknown.
pub fn post_code_form(country: &str) -> Option<&'static str> {
    POST_CODES.iter().find(|(known, _)| *known == country).map(|(_, form)| *form)
}

/// Whether a post code has the form of its country; `true` for countries with an unknown form.
pub fn fits_post_code(country: &str, code: &str) -> bool {
    post_code_form(country).is_none_or(|form| post_code_length(form, code) == Some(code.len()))
}

/// The length in bytes of the post code of that form at the beginning of a text.
pub(super) fn post_code_length(form: &str, text: &str) -> Option<usize> {
    let (bytes, mut at) = (text.as_bytes(), 0);
    for wanted in form.bytes() {
        let found = bytes.get(at).copied();
        let fits = match wanted {
            b'9' => found.is_some_and(|byte| byte.is_ascii_digit()),
            b'A' => found.is_some_and(|byte| byte.is_ascii_alphabetic()),
            b' ' if found != Some(b' ') => continue,
            other => found.is_some_and(|byte| byte.eq_ignore_ascii_case(&other)),
        };
        if !fits {
            return None;
        }
        at += 1;
    }
    Some(at)
}

fn listed(table: &str, code: &str) -> bool {
    // Each code has a blank behind it.
    code.len() == 2 && table.as_bytes().chunks(3).any(|known| known.starts_with(code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(CODES.split_ascii_whitespace().count(), 250);
        assert!(
            is_assigned("FI") && is_assigned("XK") && !is_assigned("UK") && !is_assigned("fi") && !is_assigned("F ")
        );
        assert!(in_sepa("GI") && in_sepa("SE") && !in_eea("CH") && !in_sepa("US"));
        let known = |table: &str| table.split_ascii_whitespace().all(is_assigned);
        assert!(known(EEA) && known(SEPA_OUTSIDE_EEA));
        assert!(
            NAMES.iter().all(|(code, _)| is_assigned(code)) && POST_CODES.iter().all(|(code, _)| is_assigned(code))
        );
    }

    #[test]
    fn names_and_codes() {
        assert_eq!(by_name(" ÖSTERREICH "), Some("AT"));
        assert_eq!(by_name("fi"), Some("FI"));
        assert_eq!(by_name("Nowhere"), None);
    }

    #[test]
    fn post_codes() {
        for (country, good, bad) in [
            ("FI", "00100", "0010"),
            ("SE", "111 22", "111-22"),
            ("SE", "11122", "1112"),
            ("NL", "1012 AB", "10123"),
            ("NL", "1012AB", "1012 A"),
            ("LV", "LV-1010", "1010"),
            ("LT", "LT-01100", "LT01100"),
            ("PL", "00-950", "00950"),
            ("NO", "0150", "01500"),
        ] {
            assert!(fits_post_code(country, good), "{good}");
            assert!(!fits_post_code(country, bad), "{bad}");
        }
        assert!(fits_post_code("US", "anything"));
    }
}
