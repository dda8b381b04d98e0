//! Changes of the signed text: the specification's table, and others.

use super::super::candidates::{self, GuessBasis};
use super::super::recovered::HashGoal;
use super::*;
use crate::signing::vectors::request_b;

/// A row of the specification's table: id, SHA-256 of the changed string, hypothesis, first difference as offset, line,
/// column, expected and actual byte.
type Mutation = (&'static str, &'static str, &'static str, Option<(u32, u32, u32, Option<u8>, Option<u8>)>);

const MUTATIONS: [Mutation; 14] = [
    ("M1", "843c67002d54343b640774f0e71e112cce6dcb09330677d95be5d7ce15357f2e", "", None),
    (
        "M2",
        "070252da8f2583a327328b58730253c192b40bfacaf407cc8d46951efb47f478",
        "H-01",
        Some((147, 3, 51, None, Some(0x0a))),
    ),
    (
        "M3",
        "0836790164409c35f82d9d2da6ac154ed5583ca4801a3fa0058f95b77351261a",
        "H-02",
        Some((35, 1, 36, Some(0x0a), Some(0x0d))),
    ),
    (
        "M4",
        "0fb9d9c6f6c4d038fe5e1970edf8b4b3b33bbd2ede0ee575d3fdb7ede5d388d2",
        "H-03",
        Some((0, 1, 1, Some(0x64), Some(0x44))),
    ),
    (
        "M5",
        "f317b4a0ef70ff4bcb6236a220dc9e6d92795d6dd347b6e77be91d361774f09b",
        "H-04",
        Some((5, 1, 6, Some(0x20), Some(0x54))),
    ),
    (
        "M6",
        "4fbc406e001f9c925a7a2be634a898d9b462ce163d655ff32a10833ca26389c3",
        "H-05",
        Some((1, 1, 2, Some(0x61), Some(0x69))),
    ),
    (
        "M7",
        "248dc198f7ad2a6fd50900f8d12c50a4ec5c5cb3e27bffb4f4b256ddd34b60f5",
        "H-06",
        Some((1, 1, 2, Some(0x61), Some(0x69))),
    ),
    (
        "M8",
        "c770407fb828a8d655fb32bced9ca71756c3a2ec9c928817ecd000ddb33a13a3",
        "H-07",
        Some((0, 1, 1, Some(0x64), Some(0x28))),
    ),
    (
        "M9",
        "1944390e5dfff11361253062cf6e461d4d0627e33a7cd0d959bb194cb9e6d148",
        "H-07",
        Some((0, 1, 1, Some(0x64), Some(0x28))),
    ),
    (
        "M10",
        "dafd2ef08129f1947827507105ebcaae485ed7443d33fb3b79a7cd99e1de4ad2",
        "H-08",
        Some((44, 2, 9, Some(0x53), Some(0x73))),
    ),
    (
        "M11",
        "89b9edec19edd08922f2c81ad1cc95553833f25a28d86965c145d73e99917dcf",
        "H-08",
        Some((52, 2, 17, Some(0x64), Some(0x34))),
    ),
    (
        "M12",
        "9bb3d2491cf293a2da32d81937d09c0d3047035a1b63d7bf452037db16052f3b",
        "H-08",
        Some((52, 2, 17, Some(0x64), Some(0x59))),
    ),
    ("M13", "69f080d9180635b890b02210f3527e9e7b2948a715f817e68c0b201729db375a", "H-11", None),
    ("M14", "f2be8b93fac5214aa30ee4f451b90200ee4f2ec365f19bb27ceb9e2d13f967ea", "H-11", None),
];

#[test]
fn every_mutation_of_the_sheet_is_recognised_with_its_first_difference() {
    for (id, sha256, hypothesis, difference) in MUTATIONS {
        let text = mutated(id);
        assert_eq!(HEXLOWER.encode(&Hash::Sha256.digest(&text)), sha256, "{id}");
        let explanation = explained(&signed(&text), API);
        if id == "M1" {
            assert_eq!((explanation.verdict_id(), explanation.hypotheses.len()), ("ok", 0));
            assert_eq!(explanation.diff, None);
            continue;
        }
        assert_eq!(explanation.verdict_id(), "V30", "{id}");
        assert_eq!(matched(&explanation).first(), Some(&hypothesis), "{id}");
        // The same lines in another order are also right for another list.
        assert_eq!(matched(&explanation).len(), if id == "M6" { 2 } else { 1 }, "{id}: {:?}", explanation.hypotheses);
        let byte = |shown: &Option<diff::ByteShown>| Some(u8::from_str_radix(&shown.as_ref()?.hex, 16).unwrap());
        let found = explanation.diff.as_ref();
        let found = found.map(|at| (at.offset, at.line, at.column, byte(&at.expected), byte(&at.actual)));
        assert_eq!(found, difference, "{id}");
        if difference.is_some() {
            assert_eq!(explanation.signed_text.as_deref(), Some(text.as_slice()), "{id}");
        }
        let recovered = SignatureContent::Pkcs1 { hash: "sha256", value: HEXLOWER.decode(sha256.as_bytes()).unwrap() };
        assert_eq!(explanation.recovered, Some(recovered));
        let told = ExplainInput { client_signing_string: Some(&text), ..API };
        let told = explained(&signed(&text), told);
        assert_eq!(told.client_text_was_signed, Some(true), "{id}");
    }
}

#[test]
fn two_mistakes_at_once_are_both_named() {
    let text = String::from_utf8(mutated("M8")).unwrap().replace('\n', "\r\n");
    assert_eq!(matched(&explained(&signed(text.as_bytes()), API)), ["H-02", "H-07"]);
    let hashed = Hash::Sha256.digest(&mutated("M2"));
    assert_eq!(matched(&explained(&signed(&hashed), API)), ["H-01", "H-11"]);
}

/// If the bank requires `(request-target)`, clients often get its path wrong.
#[test]
fn a_listed_request_target_signed_otherwise_is_recognised() {
    let text = std::str::from_utf8(SIGNING_STRING_A).unwrap();
    let explained = |target: &str, base_path: &'static str| {
        let mut request = signed(format!("(request-target): {target}\n{text}").as_bytes());
        let header = request.headers.text("signature").unwrap().replace("headers=\"", "headers=\"(request-target) ");
        request.headers.set("signature", header);
        super::explained(&request, ExplainInput { base_path, ..API })
    };
    for target in ["post /v1/user/verification", "POST /api/v1/user/verification", "POST /v1/user/verification"] {
        let explanation = explained(target, "/api");
        assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V30", vec!["H-07"]), "{target}");
        let found = &explanation.hypotheses[0].text;
        assert!(found.contains(&format!("was signed as `{target}`, the request line gives `post /api/v1")), "{found}");
        let text = explanation.text();
        assert!(text.contains("What to do: sign `(request-target)` as") && !text.contains("leave `(request"), "{text}");
    }
    assert_eq!(explained("post /api/v1/user/verification", "/api").verdict_id(), "ok");
    assert_eq!(matched(&explained("get /api/v1/user/verification", "/api")), ["H-07"]);
    assert!(matched(&explained("post /api/v2/user/verification", "/api")).is_empty());
}

/// A log behind a proxy has the path without the signed prefix.
#[test]
fn the_usual_prefix_is_guessed_where_nobody_says_it() {
    let mut request = signed(&mutated("M8"));
    request.target = request.target.replace("/api", "");
    for (base_path, ids) in [("", &["H-07"][..]), ("/api", &["H-07"]), ("/other", &[])] {
        assert_eq!(matched(&explained(&request, ExplainInput { base_path, ..API })), ids, "{base_path}");
    }
}

#[test]
fn lines_that_nothing_or_another_thing_parts() {
    let text = std::str::from_utf8(SIGNING_STRING_A).unwrap();
    for (between, words) in [("\\n", "a backslash and the letter n"), ("", "nothing between"), (" ", "a space between")]
    {
        let text = text.replace('\n', between);
        let explanation = explained(&signed(text.as_bytes()), API);
        assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V30", vec!["H-02"]), "{between:?}");
        assert!(explanation.hypotheses[0].text.contains(words), "{}", explanation.hypotheses[0].text);
        assert_eq!(explanation.signed_text.as_deref(), Some(text.as_bytes()));
    }
    let digest = Hash::Sha256.digest(SIGNING_STRING_A);
    for hash in [HEXLOWER.encode(&digest), HEXLOWER.encode(&digest).to_uppercase(), STANDARD.encode(&digest)] {
        let explanation = explained(&signed(format!("{hash}\n").as_bytes()), API);
        assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V30", vec!["H-11"]), "{hash}");
        let found = &explanation.hypotheses[0].text;
        assert!(found.contains("text, with a line feed after it (SHA-256)"), "{found}");
    }
}

/// Large bodies do not use up the hashing budget of the other guesses.
#[test]
fn variants_of_a_large_body_leave_the_other_guesses_their_share() {
    // Each nesting level makes the lines longer, so the variants are much larger than the body.
    let (depth, lines) = (100, 10_000);
    let body = format!("{}{}0{}", "[".repeat(depth), "0,".repeat(lines), "]".repeat(depth));
    let listed = ["x-request-id", "digest", "tpp-redirect-uri"].map(str::to_owned);
    let mut request = request_b();
    request.body = body.into_bytes().into();
    let expected = signing_string(&listed, &request).unwrap();
    let fields = candidates::fields(&expected);
    let basis = GuessBasis { request: &request, fields: &fields, base_path: "/api" };
    let text = String::from_utf8(expected.bytes).unwrap();
    let uri = "https://tpp.example/cb?state=9d1f&lang=nb";
    let encoded = text.replace(uri, "https%3A%2F%2Ftpp.example%2Fcb%3Fstate%3D9d1f%26lang%3Dnb");
    assert_ne!(encoded, text);
    for (signed, ids) in [(encoded.clone(), &["H-09"][..]), (encoded.replace('\n', "\r\n"), &["H-02", "H-09"])] {
        let value = Hash::Sha256.digest(signed.as_bytes());
        let solution = candidates::solve(&basis, HashGoal { hash: "sha256", value: &value }).unwrap();
        let mut found: Vec<_> = solution.hypotheses.iter().map(|found| found.id.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, ids);
    }
}

#[test]
fn a_text_that_nobody_guesses_is_compared_with_the_clients() {
    let mut text = SIGNING_STRING_A.to_vec();
    text[120] ^= 1;
    let blind = explained(&signed(&text), API);
    assert!(matched(&blind).is_empty() && blind.diff.is_none());
    assert!(blind.text().contains("another text was signed"));
    let told = explained(&signed(&text), ExplainInput { client_signing_string: Some(&text), ..API });
    let at = told.diff.unwrap();
    assert_eq!((at.offset, at.line, at.column, at.header.as_str()), (120, 3, 24, "x-request-id"));
}

#[test]
fn a_client_that_says_the_expected_text_is_shown_what_it_signed() {
    let said = ExplainInput { client_signing_string: Some(SIGNING_STRING_A), ..API };
    let told = explained(&signed(&mutated("M2")), said);
    let alone = explained(&signed(&mutated("M2")), API);
    assert!(told.diff.is_some() && told.diff.as_ref().map(|diff| diff.offset) == alone.diff.map(|diff| diff.offset));
    let text = told.text();
    assert!(text.contains("expected (-) and what was signed (+)"), "{text}");
    assert!(text.contains("over another text than the client's signing string"), "{text}");
}

#[test]
fn values_of_vector_b_signed_otherwise() {
    let listed =
        ["date", "digest", "x-request-id", "psu-id", "psu-corporate-id", "tpp-redirect-uri"].map(str::to_owned);
    let request = request_b();
    let expected = signing_string(&listed, &request).unwrap();
    let fields = candidates::fields(&expected);
    let basis = GuessBasis { request: &request, fields: &fields, base_path: "/api" };
    let text = String::from_utf8(expected.bytes).unwrap();
    let reversed: Vec<&str> = text.lines().rev().collect();
    let shuffled: Vec<&str> = [3, 0, 5, 1, 4, 2].iter().map(|&at| text.lines().nth(at).unwrap()).collect();
    for (signed, ids) in [
        (
            text.replace(
                "https://tpp.example/cb?state=9d1f&lang=nb",
                "https%3A%2F%2Ftpp.example%2Fcb%3Fstate%3D9d1f%26lang%3Dnb",
            ),
            &["H-09"][..],
        ),
        (reversed.join("\n"), &["H-05", "H-20"]),
        (shuffled.join("\n"), &["H-05", "H-20"]),
        (format!("host: sandbox.example\n{text}"), &["H-06"]),
        (text.replace("psu-corporate-id: corp-42\n", ""), &["H-06"]),
        (format!("{text}\n(request-target): post https://sandbox.example/api/v1/consents"), &["H-07"]),
        (text.replace("SHA-256=", ""), &["H-08"]),
    ] {
        let value = Hash::Sha512.digest(signed.as_bytes());
        let goal = HashGoal { hash: "sha512", value: &value };
        let solution = candidates::solve(&basis, goal).unwrap();
        assert_eq!(solution.hypotheses.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ids);
        assert_eq!(solution.text.unwrap(), signed.as_bytes());
    }
}

#[test]
fn blanks_and_repeated_headers() {
    let text = b"GET / HTTP/1.1\nA: x \nB: 1\nB: 2\n\n";
    let request = Request::parse(text).unwrap();
    let expected = signing_string(&["a".to_owned(), "b".to_owned()], &request).unwrap();
    assert_eq!(expected.bytes, b"a: x\nb: 1, 2");
    let fields = candidates::fields(&expected);
    let basis = GuessBasis { request: &request, fields: &fields, base_path: "" };
    for (signed, id) in [("a: x \nb: 1, 2", "H-09"), ("a: x\nb: 1,2", "H-10"), ("a: x\nb: 2", "H-10")] {
        let value = Hash::Sha256.digest(signed.as_bytes());
        let solution = candidates::solve(&basis, HashGoal { hash: "sha256", value: &value }).unwrap();
        assert_eq!(solution.hypotheses.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), [id], "{signed}");
    }
}
