//! The vectors of docs/protocols/sepa-web-services.md (CV1 to CV8), and cases beyond them.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_xml::{TokenFlow, TreeElement, XmlRules, XmlTokens, XmlTree};
use bankchannel_xml_signature::{CanonicalForm, CanonicalMethod, Canonicalizer, canonical_bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD};

const INPUT: &str = "<b:R xmlns:b=\"urn:x:b\" xmlns:u=\"urn:x:unused\" xml:lang=\"fi\"><b:A z=\"1\" a=\"2\"/>\
    <S xmlns=\"urn:x:s\"><I Id=\"i1\" k=\"&#10;v\"><T>a&#13;b &amp; &gt;</T><!-- c --></I></S></b:R>";

/// The canonical form of a whole document, from the reader's tokens.
fn document(text: &str, method: CanonicalMethod) -> String {
    let (form, mut bytes) = (CanonicalForm::from(method), Vec::new());
    let mut canonical = Canonicalizer::new(&form, &mut bytes);
    let mut tokens = XmlTokens::whole(text, XmlRules::strict()).unwrap();
    let more = tokens.pump(|token| {
        canonical.token(&token);
        Ok(TokenFlow::Next)
    });
    assert!(!more.unwrap());
    canonical.finish();
    String::from_utf8(bytes).unwrap()
}

fn in_tree<'r>(tree: &'r XmlTree<'_>, name: &str) -> TreeElement<'r> {
    tree.root().and_inside().find(|one| one.local() == name).unwrap()
}

fn part(text: &str, name: &str, form: &CanonicalForm) -> String {
    let tree = XmlTree::read(text).unwrap();
    String::from_utf8(canonical_bytes(in_tree(&tree, name), None, form)).unwrap()
}

#[track_caller]
fn is(found: &str, expected: &str, digest: &str) {
    assert_eq!(found, expected);
    assert_eq!(STANDARD.encode(MessageDigestAlgorithm::Sha256.digest(found.as_bytes())), digest);
}

#[test]
fn t01_vectors_of_elements() {
    let bare = INPUT.replace("<!-- c -->", "");
    is(
        &part(&bare, "I", &CanonicalMethod::Inclusive.into()),
        "<I xmlns=\"urn:x:s\" xmlns:b=\"urn:x:b\" xmlns:u=\"urn:x:unused\" Id=\"i1\" k=\"&#xA;v\" xml:lang=\"fi\"><T>a&#xD;b &amp; &gt;</T></I>",
        "S/Vvu7pFN9YNThdAE/RDQTqt+3OlZ3pxky8WZ88ocHg=",
    );
    is(
        &part(&bare, "I", &CanonicalMethod::Exclusive.into()),
        "<I xmlns=\"urn:x:s\" Id=\"i1\" k=\"&#xA;v\"><T>a&#xD;b &amp; &gt;</T></I>",
        "35xHgU+d5SCE+9qvOTwADYTC3iuqg3nN8jGI29Vm+fs=",
    );
}

#[test]
fn t01_vectors_of_documents() {
    let cv3 = "<b:R xmlns:b=\"urn:x:b\" xmlns:u=\"urn:x:unused\" xml:lang=\"fi\"><b:A a=\"2\" z=\"1\"></b:A><S xmlns=\"urn:x:s\"><I Id=\"i1\" k=\"&#xA;v\"><T>a&#xD;b &amp; &gt;</T></I></S></b:R>";
    let cv4 = cv3.replace(" xmlns:u=\"urn:x:unused\"", "");
    let with_comment = |text: &str| text.replace("</T>", "</T><!-- c -->");
    for (method, expected, digest) in [
        (CanonicalMethod::Inclusive, cv3.to_owned(), "fBGFfDW4azerr9t0Wu+DManGg98sV2urBj1ANd0eCn0="),
        (CanonicalMethod::Exclusive, cv4.clone(), "PfSzBUQPzDyYG63bOp7TNwHFIBFYJQP6lQ2sutA4Po4="),
        (CanonicalMethod::InclusiveWithComments, with_comment(cv3), "6B4q0n8LZDZJDp5Tftozj8H1ukyawlfDhJLKt1p8zIY="),
        (CanonicalMethod::ExclusiveWithComments, with_comment(&cv4), "G9q/19OeL8ta343B2oZVhyTH+wT1V4zV02ArWytLrHQ="),
    ] {
        is(&document(INPUT, method), &expected, digest);
    }
    is(
        &document("<a:r xmlns:a=\"urn:a\" xmlns=\"urn:d\"><y xmlns=\"\"/></a:r>", CanonicalMethod::Exclusive),
        "<a:r xmlns:a=\"urn:a\"><y></y></a:r>",
        "PS2+7tkK5+yqwroal0Pss5AFeUIYwWHcfm+iY+zYI14=",
    );
    for method in CanonicalMethod::ALL {
        is(
            &document("<r a=\"x\ty\" b=\"p\nq\" c=\"m\r\nn\" d=\"u&#9;v\"/>", method),
            "<r a=\"x y\" b=\"p q\" c=\"m n\" d=\"u&#x9;v\"></r>",
            "6gwlpN8IPE9hNNgQYkfYrbFppGbNKTXAKYlD+vY6tH0=",
        );
    }
}

#[test]
fn t03_prefix_lists() {
    let text = "<r xmlns=\"urn:d\" xmlns:cor=\"urn:c\" xmlns:u=\"urn:u\"><cor:e><cor:i/></cor:e></r>";
    let form = |prefixes: &[&str]| CanonicalForm {
        method: CanonicalMethod::Exclusive,
        prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
    };
    assert_eq!(part(text, "e", &form(&[])), "<cor:e xmlns:cor=\"urn:c\"><cor:i></cor:i></cor:e>");
    let with_u = "<cor:e xmlns:cor=\"urn:c\" xmlns:u=\"urn:u\"><cor:i></cor:i></cor:e>";
    assert_eq!(part(text, "e", &form(&["u", "absent"])), with_u);
    let with_default = "<cor:e xmlns=\"urn:d\" xmlns:cor=\"urn:c\"><cor:i></cor:i></cor:e>";
    assert_eq!(part(text, "e", &form(&[""])), with_default);
}

#[test]
fn t04_attributes_of_xml_are_inherited_by_the_inclusive_form_alone() {
    let text = "<r xml:lang=\"fi\" xml:space=\"preserve\"><m xml:lang=\"sv\" other=\"1\"><e b=\"1\"/></m></r>";
    assert_eq!(
        part(text, "e", &CanonicalMethod::Inclusive.into()),
        "<e b=\"1\" xml:lang=\"sv\" xml:space=\"preserve\"></e>"
    );
    assert_eq!(part(text, "e", &CanonicalMethod::Exclusive.into()), "<e b=\"1\"></e>");
    let own = text.replace("<e b=\"1\"/>", "<e xml:lang=\"en\"/>");
    let expected = "<e xml:lang=\"en\" xml:space=\"preserve\"></e>";
    assert_eq!(part(&own, "e", &CanonicalMethod::Inclusive.into()), expected);
}

#[test]
fn t06_comments_and_instructions_around_the_root() {
    let text = "<?xml version=\"1.0\"?>\n<!--a-->\n<?p  q r?><r/>\n<!--b--><?z?>\n";
    assert_eq!(document(text, CanonicalMethod::Inclusive), "<?p q r?>\n<r></r>\n<?z?>");
    let with = "<!--a-->\n<?p q r?>\n<r></r>\n<!--b-->\n<?z?>";
    assert_eq!(document(text, CanonicalMethod::ExclusiveWithComments), with);
}

#[test]
fn redundant_and_undeclared_namespaces() {
    // C4, C13: an undeclaration only where a default is in force in the output, a declaration only where it changes.
    let text =
        "<a xmlns=\"urn:a\" xmlns:p=\"urn:p\"><p:b xmlns:p=\"urn:p\"><c xmlns=\"\"><d xmlns=\"\"/></c></p:b></a>";
    assert_eq!(
        document(text, CanonicalMethod::Inclusive),
        "<a xmlns=\"urn:a\" xmlns:p=\"urn:p\"><p:b><c xmlns=\"\"><d></d></c></p:b></a>"
    );
    assert_eq!(
        document(text, CanonicalMethod::Exclusive),
        "<a xmlns=\"urn:a\"><p:b xmlns:p=\"urn:p\"><c xmlns=\"\"><d></d></c></p:b></a>"
    );
    let bare = "<w:a xmlns:w=\"urn:w\"><b xmlns=\"\"/></w:a>";
    assert_eq!(document(bare, CanonicalMethod::Inclusive), "<w:a xmlns:w=\"urn:w\"><b></b></w:a>");
}

#[test]
fn cost_is_linear_for_what_is_escaped_most() {
    let text = format!("<r>{}&amp;{}</r>", ">".repeat(2_000_000).replace("]]>", "x"), "&#13;".repeat(20_000));
    let canonical = part(&text, "r", &CanonicalMethod::Exclusive.into());
    assert_eq!(canonical.matches("&gt;").count(), 2_000_000);
    assert_eq!(canonical.matches("&#xD;").count(), 20_000);
}
