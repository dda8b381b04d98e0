//! Inputs against the reader of SWIFT statements.

use super::{Hostile, LARGE, counted};

const HEAD: &str = ":20:A\n:25:37040044/0532013000\n:28C:1/1\n:60F:C261201EUR0,\n";
const ENTRY: &str = ":61:2612011201C1,NTRFNONREF\n";

pub(super) fn inputs() -> Vec<Hostile> {
    // What stands behind an entry, in lines of usual length.
    let behind_start = |start: &str, piece: &str| {
        let line = piece.repeat(60 / piece.len().min(60) + 1);
        format!("{HEAD}{ENTRY}:86:{start}{}", format!("{line}\n").repeat(LARGE / (line.len() + 1))).into_bytes()
    };
    let behind = |piece| behind_start("", piece);
    let german = |piece| behind_start("166?20", piece);
    vec![
        ("many entries", format!("{HEAD}{}", ENTRY.repeat(LARGE / ENTRY.len())).into_bytes()),
        ("short entries", format!("{HEAD}{}", ":61:261201C1,\n".repeat(LARGE / 14)).into_bytes()),
        ("many statements", HEAD.repeat(LARGE / HEAD.len()).into_bytes()),
        (
            "pages",
            counted(LARGE, |n| format!(":25:B\n:28C:1/{n}\n:60M:C261201EUR0,\n:62M:C261201EUR0,\n-\n")).into_bytes(),
        ),
        ("balances", format!("{HEAD}{}", ":65:C261201EUR1,\n".repeat(LARGE / 17)).into_bytes()),
        ("information", format!("{HEAD}:62F:C261201EUR0,\n{}", ":86:a\n".repeat(LARGE / 6)).into_bytes()),
        ("texts of one entry", format!("{HEAD}{ENTRY}{}", ":86:a\n".repeat(LARGE / 6)).into_bytes()),
        ("dashes", format!("{HEAD}{ENTRY}:86:a\n{}", "-\n".repeat(LARGE / 2)).into_bytes()),
        ("blank lines", format!("{HEAD}{ENTRY}:86:a\n{}", "\n".repeat(LARGE)).into_bytes()),
        ("a long line", format!("{HEAD}{ENTRY}:86:{}", "a".repeat(LARGE - 100)).into_bytes()),
        ("@@ for line ends", format!("{HEAD}@@:86:{}", "@".repeat(LARGE - 200)).into_bytes()),
        ("blocks", "{1:F01A}{2:O940}{4:\n".repeat(LARGE / 20).into_bytes()),
        ("not UTF-8", [format!("{HEAD}{ENTRY}:86:").as_bytes(), &vec![0xE4; LARGE - 200]].concat()),
        ("colons", behind(":")),
        ("subfields", german("?20a")),
        ("separators", german("?")),
        ("tags of a purpose", german("?20EREF+")),
        ("tags inside", german("EREF+ ")),
        ("pluses", german("+")),
        ("unknown subfields", german("?11a")),
        ("keys between slashes", behind("/NAME/")),
        ("empty keys", behind("/REMI//")),
        ("slashes", behind("/EREF/////")),
        ("labels", behind("SEPA IBAN: BIC: ")),
        ("labels of mBank", behind("a; tyt.: b; c; ")),
        ("symbols", german("?20VS1")),
        ("lines that SWIFT does not have", format!("{HEAD}{ENTRY}:NS:{}", "01a\n".repeat(LARGE / 4)).into_bytes()),
        (
            "unknown lines that SWIFT does not have",
            format!("{HEAD}{ENTRY}:NS:{}", "99a\n".repeat(LARGE / 4)).into_bytes(),
        ),
    ]
}
