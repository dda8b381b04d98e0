//! Inputs against messages of SEPA Web Services, canonicalisation, profiles and packed content.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Hostile, LARGE, counted};

const ANSWER: &str = include_str!("../../../fuzz/corpus/sepa_message/answer.xml");
const DOCUMENT: &str = include_str!("../../../fuzz/corpus/sepa_message/document.xml");
const ENCRYPTED: &str = include_str!("../../../fuzz/corpus/encrypted_document/ev1.xml");

pub(super) fn messages() -> Vec<Hostile> {
    let inside =
        |text: String| ANSWER.replace("</cor:downloadFileListout>", &format!("{text}</cor:downloadFileListout>"));
    let info = |text: String| ANSWER.replace("<ds:SignedInfo>", &format!("<ds:SignedInfo>{text}"));
    let signature =
        &ANSWER[ANSWER.find("<ds:Signature ").expect("one")..ANSWER.find("</wsse:Security>").expect("its end")];
    let own = &DOCUMENT
        [DOCUMENT.find("<Signature ").expect("one")..DOCUMENT.find("</ApplicationResponse>").expect("the end")];
    let many = own.repeat(8);
    vec![
        ("signatures in the Body", inside(signature.repeat(LARGE / signature.len())).into_bytes()),
        (
            "signatures over all of a document",
            DOCUMENT.replace(own, &format!("{many}{}", "<a>\n</a>".repeat(LARGE / 8))).into_bytes(),
        ),
        ("ids", inside(counted(LARGE, |n| format!("<a Id=\"i{n}\"/>"))).into_bytes()),
        ("one id again and again", inside("<a Id=\"body-5e1\"/>".repeat(LARGE / 18)).into_bytes()),
        ("references", info(counted(LARGE, |n| format!("<ds:Reference URI=\"#{n}\"/>"))).into_bytes()),
        (
            "certificates",
            ANSWER
                .replace(
                    "<ds:KeyInfo>",
                    &format!(
                        "<ds:KeyInfo><ds:X509Data>{}</ds:X509Data>",
                        "<ds:X509Certificate>MIIB</ds:X509Certificate>".repeat(LARGE / 45)
                    ),
                )
                .into_bytes(),
        ),
        (
            "base64 with lines",
            ANSWER
                .replace(
                    "xmlns:mod=\"http://model.bxd.fi\">",
                    &format!("xmlns:mod=\"http://model.bxd.fi\">{}", "A\n&#13;".repeat(LARGE / 7)),
                )
                .into_bytes(),
        ),
        ("elements in elements", inside("<a>".repeat(LARGE / 3)).into_bytes()),
        ("a changed text of many lines", DOCUMENT.replace("OK.", &"\n".repeat(LARGE)).into_bytes()),
        (
            "base64 with tabs",
            ANSWER
                .replace(
                    "xmlns:mod=\"http://model.bxd.fi\">",
                    &format!("xmlns:mod=\"http://model.bxd.fi\">{}", "A\t".repeat(LARGE / 2)),
                )
                .into_bytes(),
        ),
        ("ids with a prefix", inside(in_many_attributes(&"<b p:id=\"\"/>".repeat(LARGE / 12))).into_bytes()),
        (
            "ids with the last of many prefixes",
            inside(in_many_namespaces("urn:x", &"<b p0n0:id=\"\"/>".repeat(LARGE / 15))).into_bytes(),
        ),
        (
            "two long namespaces by turns",
            inside(in_many_namespaces(&long_namespace(), &"<p1n0:b/><p1n1:b/>".repeat(LARGE / 18))).into_bytes(),
        ),
        (
            "one name in many long namespaces",
            inside(in_many_namespaces(&long_namespace(), &one_name_in_many().repeat(LARGE / 400))).into_bytes(),
        ),
        ("attributes of xml around a signature", {
            let element = |depth: usize| {
                let attributes: String = (0..60).map(|n| format!(" xml:a{depth}x{n}=\"\"")).collect();
                format!("<e{attributes}>")
            };
            let around: String = (0..50).map(element).collect();
            DOCUMENT.replace(own, &format!("{around}{own}{}", "</e>".repeat(50))).into_bytes()
        }),
        ("a PrefixList", with_prefix_list(&in_many_namespaces("urn:x", &"<b></b>".repeat(LARGE / 7))).into_bytes()),
    ]
}

pub(super) fn encrypted_documents() -> Vec<Hostile> {
    let with = |from: &str, to: String| ENCRYPTED.replacen(from, &to, 1).into_bytes();
    let key = &ENCRYPTED[ENCRYPTED.find("<EncryptedKey>").expect("its key")
        ..ENCRYPTED.rfind("</k:KeyInfo>").expect("the end of KeyInfo")];
    vec![
        ("base64 of one line", with("oKGi", "AAAA".repeat(LARGE / 4) + "oKGi")),
        ("base64 with tabs", with("oKGi", "A\tA\tA\tA\t".repeat(LARGE / 8) + "oKGi")),
        ("blanks alone", with("oKGi", " ".repeat(LARGE) + "oKGi")),
        ("keys", with(key, key.repeat(LARGE / key.len()))),
        (
            "certificates",
            with(
                "<k:KeyName/><EncryptedKey>",
                format!(
                    "<k:KeyName/><EncryptedKey>{}",
                    "<k:X509Certificate>MIIB</k:X509Certificate>".repeat(LARGE / 45)
                ),
            ),
        ),
        ("a long key", with(">AAAA<", format!(">{}<", "AAAA".repeat(LARGE / 4)))),
        ("elements in elements", with("<k:KeyName/>", "<a>".repeat(LARGE / 3))),
    ]
}

/// The longest namespace that is read in a message, less the room for a number.
fn long_namespace() -> String {
    format!("urn:{}", "x".repeat(244))
}

/// Inside of elements with as many attributes as there may be.
fn in_many_attributes(inside: &str) -> String {
    let element = format!("<a{}>", (0..64).map(|n| format!(" a{n}=\"\"")).collect::<String>());
    format!("<h xmlns:p=\"urn:p\">{}{inside}{}</h>", element.repeat(50), "</a>".repeat(50))
}

/// Inside of elements that declare a hundred namespaces in all, of this beginning.
fn in_many_namespaces(begin: &str, inside: &str) -> String {
    let element = |depth: usize| {
        let declared: String = (0..10).map(|n| format!(" xmlns:p{depth}n{n}=\"{begin}{depth}{n}\"")).collect();
        format!("<a{declared}>")
    };
    format!("{}{inside}{}", (0..10).map(element).collect::<String>(), "</a>".repeat(10))
}

/// An element with one attribute's name in fifty namespaces.
fn one_name_in_many() -> String {
    let attributes = (0..50).map(|n| format!(" p{}n{}:a=\"\"", n / 10, n % 10));
    format!("<b{}/>", attributes.collect::<String>())
}

/// An answer whose references have the longest PrefixList, with this in its Body.
fn with_prefix_list(inside: &str) -> String {
    let method = "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"";
    let prefixes: Vec<String> = (0..32).map(|n| format!("p{}n{}", n / 10, n % 10)).collect();
    let list = format!(
        "<i:InclusiveNamespaces xmlns:i=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{}\"/>",
        prefixes.join(" ")
    );
    ANSWER
        .replace(
            &format!("<ds:Transform {method}></ds:Transform>"),
            &format!("<ds:Transform {method}>{list}</ds:Transform>"),
        )
        .replace("</cor:downloadFileListout>", &format!("{inside}</cor:downloadFileListout>"))
}

pub(super) fn canonical() -> Vec<Hostile> {
    let namespaces: String = (0..60).map(|n| format!(" xmlns:p{n}=\"urn:{n}\"")).collect();
    let attributes: String = (0..60).rev().map(|n| format!(" p{n}:a=\"\"")).collect();
    let used = format!("<p59:e{attributes}/>");
    let again = format!("<a{namespaces}/>");
    let around = |text: String| format!("<r{namespaces}><s{namespaces}>{text}</s></r>").into_bytes();
    vec![
        ("attributes of many namespaces", around(used.repeat(LARGE / used.len()))),
        ("namespaces declared again", around(again.repeat(LARGE / again.len()))),
        (
            "attributes in reverse",
            around(counted(LARGE, |_| {
                format!("<e{}/>", (10..60).rev().map(|n| format!(" a{n}=''")).collect::<String>())
            })),
        ),
        ("what is escaped", around("&amp;&lt;&gt;&#13;".repeat(LARGE / 18))),
        ("what is escaped in values", around(counted(LARGE, |_| "<e a=\"&amp;&#9;&#10;&quot;\"/>".into()))),
        ("angle brackets in text", around("> ".repeat(LARGE / 2))),
        ("comments", around("<!---->".repeat(LARGE / 7))),
        ("elements in elements", around("<e xmlns=''>".repeat(60) + &"</e>".repeat(60))),
    ]
}

pub(super) fn profiles() -> Vec<Hostile> {
    let list = |name: &str, one: &str| {
        format!("{{\"extends\":\"op\",\"{name}\":[{}]}}", vec![one; LARGE / one.len()].join(",")).into_bytes()
    };
    let block = "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n";
    vec![
        ("signers", list("signers", "{\"level\":\"any\",\"common_name_contains\":\"a\"}")),
        ("file types", list("file_types", "{\"kind\":\"payment\",\"codes\":[\"a\",\"b\"]}")),
        (
            "blocks that are no certificates",
            format!("{{\"anchors\":{{\"production\":\"{}\"}}}}", block.repeat(LARGE / block.len())).into_bytes(),
        ),
        ("lists in lists", "[".repeat(LARGE).into_bytes()),
    ]
}

pub(super) fn certificates() -> Vec<Hostile> {
    let encoded = |bytes: Vec<u8>| STANDARD.encode(bytes).into_bytes();
    let layers = (0..20).fold(vec![b'A'; 64], |inner, _| if inner.len() < LARGE { encoded(inner) } else { inner });
    let mut all = vec![("base64 in base64", layers), ("line ends", "M\n".repeat(LARGE / 2).into_bytes())];
    // Inputs against the reader of certificates, in the banks' packing.
    all.extend(super::der::inputs("certificate").into_iter().map(|(purpose, bytes)| (purpose, encoded(bytes))));
    all
}

/// What stands inside of a document of Danske's certificate service, behind the number of the operation.
pub(super) fn pki_answers() -> Vec<Hostile> {
    const BEGIN: &str = "<t:ReturnCode>00</t:ReturnCode><t:ReturnText>OK</t:ReturnText>";
    let inside = |operation: u8, element: &str| {
        let mut all = vec![operation];
        all.extend_from_slice(BEGIN.as_bytes());
        all.extend_from_slice(element.repeat(LARGE / element.len()).as_bytes());
        all
    };
    let state = "<t:CertificateStatus><t:CertificateSerialNo>1</t:CertificateSerialNo><t:CertificateType>signing</t:CertificateType>\
                 <t:MatchingCertificateSerialNo>2</t:MatchingCertificateSerialNo><t:Status><t:good/></t:Status></t:CertificateStatus>";
    vec![
        ("states of certificates", inside(2, state)),
        ("serial numbers", inside(3, "<t:CertificateSerialNo>1</t:CertificateSerialNo>")),
        ("certificates", inside(0, "<t:BankSigningCert>MIIB</t:BankSigningCert>")),
        ("elements that are not known", inside(1, "<t:Other/>")),
        ("times", inside(3, "<t:RevocationTime>2031-03-04T05:06:08Z</t:RevocationTime>")),
    ]
}

pub(super) fn contents() -> Vec<Hostile> {
    // A gzip member of nothing, and a stored block of DEFLATE of nothing.
    const MEMBER: [u8; 20] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const BLOCK: [u8; 5] = [0, 0, 0, 0xff, 0xff];
    let encoded = |bytes: Vec<u8>| STANDARD.encode(bytes).into_bytes();
    let named = [&[0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3][..], &[b'a'; LARGE / 2][..]].concat();
    vec![
        ("members", encoded(MEMBER.repeat(LARGE / 27))),
        ("blocks of nothing", encoded([&MEMBER[..10], &BLOCK.repeat(LARGE / 7)[..]].concat())),
        ("a name without an end", encoded(named)),
        ("line ends", "A\n".repeat(LARGE / 2).into_bytes()),
        ("padding", "=".repeat(LARGE).into_bytes()),
    ]
}
