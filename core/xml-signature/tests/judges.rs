//! Random documents in four methods, judged by `bergshamra-c14n` and by libxml2 (T89): no difference but the judges' own
//! known faults, which the documents avoid: white space in attribute values, `&` in namespaces.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fmt::Write as _;
use std::process::Command;

use bankchannel_xml::{TokenFlow, XmlRules, XmlTokens};
use bankchannel_xml_signature::{CanonicalForm, CanonicalMethod, Canonicalizer};
use bergshamra_c14n::C14nMode;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const PREFIXES: [&str; 5] = ["", "a", "b", "cor", "wsu"];
const URIS: [&str; 6] = ["urn:one", "urn:two", "urn:three", "http://x.example/y#z", "urn:q%22q", "urn:four"];
const TEXTS: [&str; 12] = [
    "plain",
    " ",
    "\n  ",
    "\r\n",
    "a &amp; b",
    "&lt;&gt;",
    "&#13;",
    "ä€😀",
    "]] >",
    "&#x9;&#xA;",
    "\t",
    "<![CDATA[<&]]>",
];
const VALUES: [&str; 7] = ["", "1", "a&lt;b", "&quot;&apos;", "&#9;&#10;&#13;", "ä", ">"];

fn element(dice: &mut Dice, scope: &[(&str, &str)], depth: usize, out: &mut String) {
    let mut scope = scope.to_vec();
    let mut declared: Vec<&str> = Vec::new();
    let mut declarations = String::new();
    for _ in 0..dice.roll(3) {
        let prefix = dice.pick(&PREFIXES);
        if declared.contains(&prefix) {
            continue;
        }
        declared.push(prefix);
        let uri = if prefix.is_empty() && dice.roll(3) == 0 { "" } else { dice.pick(&URIS) };
        scope.push((prefix, uri));
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        write!(declarations, " {name}=\"{uri}\"").unwrap();
    }
    let known = |prefix: &str| prefix.is_empty() || scope.iter().any(|(one, _)| *one == prefix);
    let qualified = |dice: &mut Dice, local: &str| match dice.pick(&PREFIXES) {
        prefix if !prefix.is_empty() && known(prefix) => format!("{prefix}:{local}"),
        _ => local.to_owned(),
    };
    let local = dice.pick(&["e", "f", "Body"]);
    let name = qualified(dice, local);
    let mut attributes = String::new();
    for number in 0..dice.roll(4) {
        let local = format!("{}{number}", dice.pick(&["z", "k", "Id"]));
        let attribute = qualified(dice, &local);
        write!(attributes, " {attribute}=\"{}\"", dice.pick(&VALUES)).unwrap();
    }
    if dice.roll(6) == 0 {
        write!(attributes, " xml:lang=\"{}\"", dice.pick(&["fi", "sv"])).unwrap();
    }
    let tag =
        if dice.roll(2) == 0 { format!("{declarations}{attributes}") } else { format!("{attributes}{declarations}") };
    write!(out, "<{name}{tag}>").unwrap();
    for _ in 0..dice.roll(5) {
        match dice.roll(7) {
            0 => out.push_str("<!-- a comment - -->"),
            1 => out.push_str("<?pi some  data?>"),
            2 | 3 if depth < 6 => element(dice, &scope, depth + 1, out),
            _ => out.push_str(dice.pick(&TEXTS)),
        }
    }
    write!(out, "</{name}>").unwrap();
}

fn document(seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut out = String::new();
    if dice.roll(2) == 0 {
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }
    if dice.roll(3) == 0 {
        out.push_str("<!-- before -->\n<?before it?>\n");
    }
    element(&mut dice, &[], 0, &mut out);
    if dice.roll(3) == 0 {
        out.push_str("\n<?after?><!-- after -->\n");
    }
    out
}

fn ours(text: &str, method: CanonicalMethod) -> String {
    let (form, mut bytes) = (CanonicalForm::from(method), Vec::new());
    let mut canonical = Canonicalizer::new(&form, &mut bytes);
    let mut tokens = XmlTokens::whole(text, XmlRules::strict()).unwrap();
    tokens
        .pump(|token| {
            canonical.token(&token);
            Ok(TokenFlow::Next)
        })
        .unwrap();
    canonical.finish();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn t89_another_library_agrees() {
    for seed in 0..2_000 {
        let text = document(seed);
        for (method, judge) in [
            (CanonicalMethod::Inclusive, C14nMode::Inclusive),
            (CanonicalMethod::InclusiveWithComments, C14nMode::InclusiveWithComments),
            (CanonicalMethod::Exclusive, C14nMode::Exclusive),
            (CanonicalMethod::ExclusiveWithComments, C14nMode::ExclusiveWithComments),
        ] {
            let judged = bergshamra_c14n::canonicalize::<&str>(&text, judge, None, &[]).unwrap();
            assert_eq!(ours(&text, method), String::from_utf8(judged).unwrap(), "{seed} {method:?}\n{text}");
        }
    }
}

/// Every twentieth here, all of them with `BANKCHANNEL_TESTS_LONG` (tests/long).
#[test]
fn t89_libxml2_agrees() {
    let every = if std::env::var_os("BANKCHANNEL_TESTS_LONG").is_some() { 1 } else { 20 };
    let folder = tempfile::tempdir().unwrap();
    for seed in (0..2_000).step_by(every) {
        let text = document(seed);
        let file = folder.path().join("document.xml");
        std::fs::write(&file, &text).unwrap();
        // It keeps comments in every method.
        for (method, option) in
            [(CanonicalMethod::InclusiveWithComments, "--c14n"), (CanonicalMethod::ExclusiveWithComments, "--exc-c14n")]
        {
            let judged = Command::new("xmllint").args(["--nonet", option]).arg(&file).output();
            let judged = match judged {
                Ok(judged) => judged,
                Err(error) => {
                    assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "xmllint: {error}");
                    eprintln!("not run: xmllint is not installed");
                    return;
                }
            };
            assert!(judged.status.success(), "{seed}: {}", String::from_utf8_lossy(&judged.stderr));
            assert_eq!(ours(&text, method), String::from_utf8(judged.stdout).unwrap(), "{seed} {method:?}\n{text}");
        }
    }
}
