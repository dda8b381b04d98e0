//! The hypotheses of §3.3, and two more: their texts, their advice and their order.

use bankchannel_foundation::model::Boundary;

/// A probable cause and its test.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Cause {
    /// The id of the hypothesis, such as `H-08`.
    pub id: String,
    /// Whether the cause is proven: the text that it supposes has the signed hash.
    pub matched: bool,
    /// The finding, or the attempt.
    pub text: String,
    /// What the sender can do, if the cause is proven.
    pub advice: Option<String>,
}

impl Cause {
    /// A proven cause, with its row's advice.
    pub(super) fn matched(id: &'static str, text: impl Into<String>) -> Self {
        let row = ROWS.iter().find(|(held, _, _)| *held == id);
        let advice = row.map(|(_, _, advice)| (*advice).to_owned());
        Self { id: id.to_owned(), matched: true, text: text.into(), advice }
    }

    /// The same with different advice.
    pub(super) fn advising(self, advice: &'static str) -> Self {
        Self { advice: Some(advice.to_owned()), ..self }
    }
}

/// Orders the hypotheses: the proven ones first, then those tested without success; both by id, without duplicate ids.
pub(super) fn ranked(mut matched: Vec<Cause>, tried: &[&'static str]) -> Vec<Cause> {
    matched.sort_by(|left, right| left.id.cmp(&right.id));
    matched.dedup_by(|left, right| left.id == right.id);
    for (id, what, _) in ROWS {
        if tried.contains(&id) && matched.iter().all(|hypothesis| hypothesis.id != id) {
            matched.push(Cause { id: id.to_owned(), matched: false, text: what.to_owned(), advice: None });
        }
    }
    matched
}

/// Guesses at the signed text; they need the hash from the signature.
pub(super) const OF_THE_TEXT: [&str; 15] = [
    "H-01", "H-02", "H-03", "H-04", "H-05", "H-06", "H-07", "H-08", "H-09", "H-10", "H-11", "H-12", "H-20", "H-21",
    "H-22",
];
/// Guesses at the key; they need the signature and the expected text.
pub(super) const OF_THE_KEY: [&str; 2] = ["H-13", "H-19"];
/// Guesses at the key id; they need the certificate.
pub(super) const OF_THE_KEY_ID: [&str; 2] = ["H-14", "H-15"];
/// Guesses at the format of the `Signature` header.
pub(super) const OF_THE_HEADER: [&str; 2] = ["H-17", "H-18"];
/// The only one of these that applies to a header that parses: the encoded words are inside its parameters.
pub(super) const PER_PARAMETER: &str = "H-18";
/// The guess at the encoding of the signature; it needs the key's length.
pub(super) const OF_THE_ENCODING: [&str; 1] = ["H-16"];

/// The first proven hypothesis that explains the failure of this check.
pub(super) fn cause<'a>(check: &str, hypotheses: &'a [Cause]) -> Option<&'a Cause> {
    let explains = |id: &str| match check {
        "V07" | "V11" | "V12" => OF_THE_HEADER.contains(&id),
        "V23" => OF_THE_KEY_ID.contains(&id) || id == PER_PARAMETER,
        "V24" => id == "H-12" || id == PER_PARAMETER,
        "V25" => id == "H-06" || id == PER_PARAMETER,
        // Another key may make signatures of another length.
        "V29" => OF_THE_ENCODING.contains(&id) || id == "H-19" || id == PER_PARAMETER,
        "V30" => OF_THE_TEXT.contains(&id) || OF_THE_KEY.contains(&id),
        _ => false,
    };
    hypotheses.iter().find(|hypothesis| hypothesis.matched && explains(&hypothesis.id))
}

/// The advice if a hash or a text was signed directly (H-11).
pub(super) const HASH_WITH_DIGEST_INFO: &str = "use a signing function that hashes the text and writes the DigestInfo \
                                                itself, such as \
     SHA256withRSA, CKM_SHA256_RSA_PKCS or `openssl dgst -sha256 -sign`";
/// The advice if a listed `(request-target)` was signed with another value (H-07).
pub(super) const AS_REQUESTED: &str =
    "sign `(request-target)` as method in lower case, a space, and path and query as they stand on the request line";

/// Id, tested guess, advice.
const ROWS: [(&str, &str, &str); 22] = [
    ("H-01", "the signed text has one line feed too many", "join the lines with LF and put none after the last one"),
    (
        "H-02",
        "the signed text has CRLF between its lines, or something else that is no line feed",
        "join the lines with a single LF on every platform",
    ),
    ("H-03", "the header names were signed in another case", "write the names in the signed text in lower case"),
    ("H-04", "the colon was signed with other spaces around it", "write name, colon, one space, value"),
    ("H-05", "the lines were signed in another order", "sign the lines in the order of the `headers` parameter"),
    (
        "H-06",
        "a line is missing from the signed text, or one too many is in it",
        "sign exactly the headers that the `headers` parameter lists",
    ),
    (
        "H-07",
        "the signed text has a `(request-target)` line, or another one than the request line gives",
        "leave `(request-target)` out; only what the `headers` parameter lists is signed",
    ),
    (
        "H-08",
        "the signed text has another digest than the Digest header",
        "compute the Digest header once and sign exactly the value that is sent",
    ),
    (
        "H-09",
        "a value was signed with blanks around it, or with other percent-encoding",
        "sign the value as it is sent, without blanks around it",
    ),
    ("H-10", "a header that occurs several times was joined otherwise", "join its values with a comma and a space"),
    (
        "H-11",
        "a hash was signed in place of the text",
        "give the text itself to the signing function; it hashes it once",
    ),
    ("H-12", "another hash was signed with than `algorithm` says", "make `algorithm` and the hash agree"),
    ("H-13", "the signature is RSA-PSS", "sign with RSASSA-PKCS1-v1_5"),
    (
        "H-14",
        "the key id has another serial number",
        "write the signing certificate's own serial number in hexadecimal",
    ),
    (
        "H-15",
        "the key id has another name, or the name in another form",
        "write the issuer's name of the signing certificate as RFC 4514 says",
    ),
    (
        "H-16",
        "the signature is encoded in another way",
        "write the signature in standard base64 with padding and without line breaks",
    ),
    (
        "H-17",
        "the parameters have a scheme word before them, or are in the Authorization header",
        "send the parameters in the header `Signature`, beginning with the first parameter",
    ),
    (
        "H-18",
        "the header was RFC 2047-encoded twice, or parameter by parameter",
        "encode the whole value once, and only where it has characters outside ASCII",
    ),
    (
        "H-19",
        "another known certificate's key made the signature",
        "send the certificate that belongs to the key, or sign with the key that belongs to the certificate",
    ),
    (
        "H-20",
        "`headers` lists the names in another order than they were signed",
        "list the names in `headers` in the order in which their lines are signed",
    ),
    (
        "H-21",
        "the date was stamped anew after signing, within 120 seconds",
        "set `Date` once, before signing, and keep what sends the request from setting it again",
    ),
    (
        "H-22",
        "a value was signed in another form of the same: date and zone, port, letters' case, slash",
        "sign each value byte for byte as it is sent, and let nothing rewrite it on its way",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hypothesis_is_in_one_group() {
        let mut grouped = [&OF_THE_TEXT[..], &OF_THE_KEY, &OF_THE_KEY_ID, &OF_THE_HEADER, &OF_THE_ENCODING].concat();
        grouped.sort_unstable();
        assert_eq!(grouped, ROWS.map(|(id, _, _)| id));
        assert_eq!(grouped, (1..=22).map(|number| format!("H-{number:02}")).collect::<Vec<_>>());
    }

    #[test]
    fn what_came_true_stands_first() {
        let matched = vec![Cause::matched("H-20", "b"), Cause::matched("H-05", "a")];
        let ranked = ranked(matched, &["H-01", "H-05"]);
        let ids: Vec<_> = ranked.iter().map(|hypothesis| (hypothesis.id.as_str(), hypothesis.matched)).collect();
        assert_eq!(ids, [("H-05", true), ("H-20", true), ("H-01", false)]);
        assert!(ranked.iter().all(|hypothesis| hypothesis.advice.is_some() == hypothesis.matched));
        assert!(ROWS.iter().all(|(_, _, advice)| !advice.is_empty()));
    }
}
