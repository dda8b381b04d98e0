//! Inputs against readers of payment files, status reports and statements.

use super::{Hostile, LARGE, counted};

pub(super) fn inputs(target: &str) -> Vec<Hostile> {
    let (example, repeats) = match target {
        "payment" => (include_str!("../../../fuzz/corpus/payment/example"), "CdtTrfTxInf"),
        "status_report" => (include_str!("../../../fuzz/corpus/status_report/accepted"), "OrgnlPmtInfAndSts"),
        _ => (include_str!("../../../fuzz/corpus/statement/camt.053"), "Ntry"),
    };
    let open = &example[..example.find("<Document").expect("a document") + "<Document".len()];
    let rest = &example[open.len()..];
    let inside = |text: String| {
        let start = rest.find("<GrpHdr>").expect("a header") + "<GrpHdr>".len();
        format!("{open}{}{text}{}", &rest[..start], &rest[start..]).into_bytes()
    };
    let header = |text: String| format!("{open}{text}{rest}").into_bytes();
    let mut found = vec![
        ("elements in elements", inside(counted(LARGE, |_| "<a>".into()))),
        ("elements in elements, closed", inside("<a>".repeat(LARGE / 7) + &"</a>".repeat(LARGE / 7))),
        ("many unknown elements", inside(counted(LARGE, |n| format!("<e{n}/>")))),
        ("many attributes", header(counted(LARGE, |n| format!(" a{n}=\"\"")))),
        ("many namespaces", header(counted(LARGE, |n| format!(" xmlns:p{n}=\"u:{n}\"")))),
        ("namespaces in each other", inside(counted(LARGE, |n| format!("<p{n}:a xmlns:p{n}=\"u:{n}\">")))),
        ("attributes with prefixes", header(counted(LARGE, |n| format!(" xmlns:p{n}=\"u\" p{n}:a=\"\"")))),
        ("a long name", inside(format!("<{0}></{0}>", "n".repeat(LARGE / 2)))),
        ("a long attribute", header(format!(" a=\"{}\"", "&amp;".repeat(LARGE / 5)))),
        ("entities", inside("&amp;&#x41;".repeat(LARGE / 11))),
        ("sections of characters", inside("<![CDATA[]]]]>".repeat(LARGE / 14))),
        ("comments", inside("<!---->".repeat(LARGE / 7))),
        ("instructions", inside("<?a ?>".repeat(LARGE / 6))),
        ("white space", inside(" \r\n\t".repeat(LARGE / 4))),
        ("a long text", inside("]]".repeat(LARGE / 2))),
        ("angle brackets", inside("<".repeat(LARGE))),
        ("a document type", format!("<!DOCTYPE a [{}]>{example}", "<!ENTITY a \"a\">".repeat(LARGE / 15)).into_bytes()),
    ];
    if let Some((before, entry, after)) = element(example, repeats) {
        found.push(("many entries", format!("{before}{}{after}", entry.repeat(LARGE / entry.len() + 1)).into_bytes()));
    }
    for tag in ["CtrlSum", "InstdAmt", "Amt", "NbOfTxs", "CreDtTm", "MsgId", "IBAN"] {
        let Some((before, found_element, after)) = element(example, tag) else { continue };
        let (Some(start), Some(end)) = (found_element.find('>'), found_element.rfind("</")) else { continue };
        let (start, end) = (&found_element[..=start], &found_element[end..]);
        let long = format!("{before}{start}{}{end}{after}", "9".repeat(LARGE));
        found.push(("a long number", long.into_bytes()));
    }
    found
}

/// The first element with this name, and the text around it.
fn element<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let start = text
        .match_indices(&format!("<{name}"))
        .map(|(at, _)| at)
        .find(|at| matches!(text.as_bytes().get(at + name.len() + 1), Some(b'>' | b' ')))?;
    let close = format!("</{name}>");
    let end = start + text[start..].find(&close)? + close.len();
    Some((&text[..start], &text[start..end], &text[end..]))
}
