//! What counts as XML: our strict reader and two independent parsers over the same documents.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::Write;
use std::process::{Command, Stdio};

use bankchannel_xml::{TokenFlow, XmlFault, XmlRules, XmlToken, XmlTokens};
use proptest::collection::vec;
use proptest::prelude::*;

/// The texts and attributes of a document, or why it is refused.
fn read(document: &[u8]) -> Result<String, XmlFault> {
    let mut seen = String::new();
    let mut tokens = XmlTokens::open(document, None, XmlRules::strict())?;
    tokens.pump(|token| {
        match token {
            XmlToken::Start(tag) => {
                seen.push_str(&format!("<{{{}}}{}", tag.namespace().unwrap_or("?"), tag.local()));
                for one in tag.attributes.iter().filter(|one| one.declared_prefix().is_none()) {
                    seen.push_str(&format!(" {}={:?}", one.name, one.value()));
                }
                seen.push('>');
            }
            XmlToken::End => seen.push_str("</>"),
            XmlToken::Text(text) => seen.push_str(text),
            XmlToken::Comment(_) | XmlToken::Instruction(_) | XmlToken::Declaration => {}
        }
        Ok(TokenFlow::Next)
    })?;
    Ok(seen)
}

/// The verdict of xmllint; `None` (with the reason printed) where it is not installed.
fn xmllint(document: &[u8]) -> Option<bool> {
    let child = Command::new("xmllint")
        .args(["--noout", "--nonet", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            let required = std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_some();
            assert!(!required, "xmllint cannot be started: {error}");
            eprintln!("skipped: xmllint cannot be started ({error}); install libxml2-utils");
            return None;
        }
    };
    let _ = child.stdin.take().unwrap().write_all(document);
    let output = child.wait_with_output().unwrap();
    // Namespace errors leave the exit code 0.
    let said = String::from_utf8_lossy(&output.stderr);
    Some(output.status.success() && !said.contains("namespace error"))
}

#[test]
fn attribute_values_are_normalised_as_xml_demands() {
    let document = "<a b=\"1\t2\n3\r\n4\r5&#9;6&#10;7&#13;8&amp;&lt;&quot;&apos;>'\" c='\"'/>";
    assert_eq!(read(document.as_bytes()).unwrap(), "<{}a b=\"1 2 3 4 5\\t6\\n7\\r8&<\\\"'>'\" c=\"\\\"\"></>");
}

#[test]
fn texts_have_one_kind_of_line_end() {
    assert_eq!(read(b"<a>1\r\n2\r3\n4&#13;5<![CDATA[\r\n<&]]></a>").unwrap(), "<{}a>1\n2\n3\n4\r5\n<&</>");
}

#[test]
fn namespaces_are_those_in_scope() {
    let document = "<a xmlns='u'><b xmlns=''/><p:c xmlns:p='v' xml:lang='fi'><p:d p:e='1'/></p:c><f/></a>";
    let seen = "<{u}a><{}b></><{v}c xml:lang=\"fi\"><{v}d p:e=\"1\"></></><{u}f></></>";
    assert_eq!(read(document.as_bytes()).unwrap(), seen);
}

/// Documents that are XML, and that are not, each with the words of the refusal; xmllint agrees.
#[test]
fn each_rule_of_xml_is_kept() {
    let good = [
        "<a/>",
        "<a />",
        "<a></a >",
        "<a\n/>",
        "<ä/>",
        "<a b='1' c=\"2\"/>",
        "<a b = '1'/>",
        "<a><!-- - --><?x ?><?x-y z?></a>",
        "<?xml version='1.0'?><a/>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>\n<a/>\n<!-- x -->\n",
        "<a>]]</a>",
        "<a>&#x20AC;&#00065;</a>",
        "<a xmlns:p='u'><p:b p:c='1' c='2'/></a>",
        "<a b='>'/>",
        "<_a.b-1/>",
        "\u{feff}<a/>",
        "<a>\u{feff}</a>",
        "<a xml:space='preserve'/>",
        "<a><![CDATA[]]></a>",
        "<a><![CDATA[]]]]></a>",
    ];
    for document in good {
        assert!(read(document.as_bytes()).is_ok(), "{document}: {:?}", read(document.as_bytes()));
        assert_ne!(xmllint(document.as_bytes()), Some(false), "{document}");
    }
    let bad = [
        ("", "no XML element"),
        ("x", "text outside"),
        ("<a>", "ends inside"),
        ("<a/><b/>", "second document"),
        ("<a/>x", "text outside"),
        ("<a/>&amp;", "text outside"),
        ("<a/><![CDATA[x]]>", "outside of all elements"),
        ("\n<?xml version='1.0'?><a/>", "very beginning"),
        ("<?xml version='1.0'?><?xml version='1.0'?><a/>", "very beginning"),
        ("<?xml encoding='UTF-8'?><a/>", "XML declaration"),
        ("<?xml version='1.0' standalone='maybe'?><a/>", "XML declaration"),
        ("<a></b>", "closed as"),
        ("</a>", "never opened"),
        ("<a><b></a></b>", "closed as"),
        ("<1/>", "no name"),
        ("<a:b:c xmlns:a='u'/>", "no name"),
        ("<:a/>", "no name"),
        ("<a:/>", "no name"),
        ("<p:a/>", "not declared"),
        ("<a p:b='1'/>", "not declared"),
        ("<a xmlns:p=''/>", "no namespace"),
        ("<a xmlns:xml='u'/>", "namespace of XML"),
        ("<a xmlns:xmlns='u'/>", "namespace of XML"),
        ("<a b='1' b='2'/>", "given twice"),
        ("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", "given twice"),
        ("<a b/>", "no value"),
        ("<a b=1/>", "quotation marks"),
        ("<a b='1'c='2'/>", "no blank"),
        ("<a b='<'/>", "not allowed"),
        ("<a b='&'/>", "not allowed"),
        ("<a b='&x;'/>", "not allowed"),
        ("<a b='&#0;'/>", "not allowed"),
        ("<a>]]></a>", "]]>"),
        ("<a>&</a>", "not well-formed"),
        ("<a>&x;</a>", "reference"),
        ("<a>&#xD800;</a>", "reference"),
        ("<a>&#xFFFE;</a>", "reference"),
        ("<a>&#8;</a>", "reference"),
        ("<a>&#+65;</a>", "reference"),
        ("<a>&#;</a>", "reference"),
        ("<a>\u{8}</a>", "control character"),
        ("<a>\u{ffff}</a>", "not allowed in XML"),
        ("<a><!-- -- --></a>", "not well-formed"),
        ("<a><!-- ---></a>", "not well-formed"),
        ("<a><?xml x?></a>", "beginning"),
        ("<a><?XML x?></a>", "processing instruction"),
        ("<a><? x?></a>", "processing instruction"),
        ("<a><x</a>", "not well-formed"),
        ("<a><![CDATA[</a>", "not well-formed"),
        ("<!DOCTYPE a><a/>", "document type"),
        ("<a></a b='1'>", "closed as"),
    ];
    for (document, words) in bad {
        let refused = read(document.as_bytes()).expect_err(document);
        assert!(refused.message.contains(words), "{document}: {refused}");
        // A document type is XML; it is refused for safety.
        if !document.contains("DOCTYPE") {
            assert_ne!(xmllint(document.as_bytes()), Some(true), "{document}");
        }
    }
}

/// Pieces of documents, good and bad.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<a>"),
        Just("</a>"),
        Just("<b/>"),
        Just("<p:a xmlns:p='u'>"),
        Just("</p:a>"),
        Just("<p:b/>"),
        Just(" "),
        Just("\r\n"),
        Just("x"),
        Just("<a b='"),
        Just("'>"),
        Just("\""),
        Just("="),
        Just("<![CDATA["),
        Just("]]>"),
        Just("<!--"),
        Just("-->"),
        Just("-"),
        Just("&amp;"),
        Just("&#65;"),
        Just("&#x"),
        Just(";"),
        Just("<?x"),
        Just("?>"),
        Just("<"),
        Just(">"),
        Just("/>"),
        Just("é"),
        Just("<a xmlns='v' b=\"1\n2\">"),
        Just("<a c='1' c='2'>"),
        Just(":"),
        Just("]"),
    ];
    vec(piece, 0..12).prop_map(|pieces| format!("<a>{}</a>", pieces.concat()))
}

/// The parser that judged files here before: its tokens, written as ours.
fn uppsala(document: &str) -> Result<String, String> {
    use uppsala::{Document, NodeId, NodeKind};
    fn write(document: &Document<'_>, id: NodeId, out: &mut String) {
        match document.node_kind(id) {
            Some(NodeKind::Element(element)) => {
                let namespace = element.name.namespace_uri.as_deref().unwrap_or_default();
                out.push_str(&format!("<{{{namespace}}}{}", element.name.local_name));
                for one in &element.attributes {
                    let prefix = one.name.prefix.as_deref().map(|prefix| format!("{prefix}:")).unwrap_or_default();
                    out.push_str(&format!(" {prefix}{}={:?}", one.name.local_name, &*one.value));
                }
                out.push('>');
                document.children_iter(id).for_each(|child| write(document, child, out));
                out.push_str("</>");
            }
            Some(NodeKind::Text(text) | NodeKind::CData(text)) => out.push_str(text),
            _ => {}
        }
    }
    let parsed = uppsala::parse(document).map_err(|error| error.to_string())?;
    let mut out = String::new();
    write(&parsed, parsed.document_element().ok_or("no root")?, &mut out);
    Ok(out)
}

/// Random documents; with `BANKCHANNEL_LONG` ten times as many.
fn cases() -> u32 {
    if std::env::var_os("BANKCHANNEL_LONG").is_some() { 200_000 } else { 20_000 }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    /// Both read the same out of a document. Where only one of the two takes it, xmllint decides.
    #[test]
    fn random_documents_are_read_as_another_parser_reads_them(document in pieces()) {
        match (read(document.as_bytes()), uppsala(&document)) {
            (Ok(ours), Ok(theirs)) => {
                // Its known faults: line ends stay as they are in attribute values and in CDATA.
                if !document.contains("1\n2") && !document.contains('\r') {
                    prop_assert_eq!(ours, theirs);
                }
            }
            (Err(_), Err(_)) => {}
            (ours, theirs) => {
                if let Some(verdict) = xmllint(document.as_bytes()) {
                    prop_assert_eq!(ours.is_ok(), verdict, "{:?}: ours {:?}, theirs {:?}", document, ours, theirs);
                }
            }
        }
    }
}
