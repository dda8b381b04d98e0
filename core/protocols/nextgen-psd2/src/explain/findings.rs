//! Examines a signature that does not verify: its content, and the text and the key that it fits.

use bankchannel_crypto::legacy_rsa;
use bankchannel_crypto::signature::Hash;

use super::candidates::{self, CandidateLine, GuessBasis};
use super::hypotheses::{self, Cause};
use super::recovered::{BARE, HashGoal, SignatureContent};
use super::{ExplainInput, MAX_KNOWN, header, visible};
use crate::certificates::Certificate;
use crate::http::Request;
use crate::signing::{SerialStyle, SignatureHeader, SigningText, serial_text};

/// The input of the examination.
pub(super) struct ExaminedFacts<'a> {
    pub(super) request: &'a Request,
    pub(super) certificate: Option<&'a Certificate>,
    pub(super) header: Option<&'a SignatureHeader>,
    pub(super) input: ExplainInput<'a>,
}

/// The findings so far.
#[derive(Default)]
pub(super) struct ExplanationFindings {
    pub(super) matched: Vec<Cause>,
    /// The ids of the tested hypotheses.
    pub(super) tried: Vec<&'static str>,
    pub(super) recovered: Option<SignatureContent>,
    /// The signed text, if it differs from the expected one.
    pub(super) signed_text: Option<Vec<u8>>,
}

impl ExplanationFindings {
    pub(super) fn tried(&mut self, ids: &[&'static str]) {
        self.tried.extend_from_slice(ids);
    }

    /// Examines a signature that does not verify.
    pub(super) fn signature(
        &mut self,
        facts: &ExaminedFacts<'_>,
        signature: Option<&[u8]>,
        expected: Option<&SigningText>,
        fields: &[CandidateLine],
    ) {
        let (Some(certificate), Some(header)) = (facts.certificate, facts.header) else { return };
        let Ok(key) = certificate.key() else { return };
        let mut decoded = signature.map(<[u8]>::to_vec).filter(|signature| signature.len() == key.modulus_len());
        if decoded.is_none() {
            self.tried(&hypotheses::OF_THE_ENCODING);
            decoded = header.signature_bytes().filter(|signature| signature.len() == key.modulus_len());
        }
        if decoded.is_none() {
            let reading = header::decode_signature(&header.signature, key.modulus_len());
            decoded = reading.map(|(hypothesis, read)| {
                self.matched.push(hypothesis);
                read
            });
        }
        let Some(signature) = decoded else {
            self.recovered = Some(SignatureContent::LengthMismatch);
            if let Some(signature) = header.signature_bytes() {
                self.tried(&["H-19"]);
                self.known_key(facts, certificate, &signature, expected, fields);
            }
            return;
        };
        let recovered = SignatureContent::from_signature(certificate.spki_der(), &signature);
        self.recovered = Some(recovered.clone());
        let Some(expected) = expected else { return };
        match recovered.goal() {
            Some(goal) => {
                self.algorithm(header, goal.hash);
                self.text(facts, goal, fields);
            }
            None => self.other_key(facts, certificate, &signature, expected, fields),
        }
    }

    /// H-12. A name without a hash, such as `hs2019`, contradicts nothing.
    fn algorithm(&mut self, header: &SignatureHeader, hash: &str) {
        let name = header.algorithm.as_deref();
        let stated = name.map_or(Some("sha256"), stated_hash);
        if hash == BARE || stated.is_none_or(|stated| stated == hash) {
            return;
        }
        let said = match name {
            Some(name) => format!("`algorithm` says {}", visible::clip(name, 32)),
            None => "without `algorithm`, rsa-sha256 is assumed".to_owned(),
        };
        self.matched.push(Cause::matched("H-12", format!("{said}, signed was with {hash}")));
    }

    /// H-01 to H-11 and H-20 to H-22.
    fn text(&mut self, facts: &ExaminedFacts<'_>, goal: HashGoal<'_>, fields: &[CandidateLine]) {
        self.tried(&hypotheses::OF_THE_TEXT);
        let basis = GuessBasis { request: facts.request, fields, base_path: facts.input.base_path };
        let listed = facts.header.and_then(|header| header.headers.as_deref()).unwrap_or_default();
        let absent = absent(facts.request, listed);
        let solution = candidates::solve(&basis, goal);
        let own = candidates::join(fields);
        if let Some(how) = goal.bare(solution.as_ref().and_then(|solution| solution.text.as_deref()).unwrap_or(&own)) {
            // A signature by another certificate's key says nothing about this certificate.
            let fits = self.recovered.as_ref().is_some_and(|recovered| recovered.goal().is_some());
            let text = if fits { format!("{how}; the key fits the certificate") } else { how.to_owned() };
            self.matched.push(Cause::matched("H-11", text).advising(hypotheses::HASH_WITH_DIGEST_INFO));
        }
        let said = match solution {
            Some(solution) => {
                self.matched.extend(solution.hypotheses);
                self.signed_text = solution.text;
                "is not in the signed text"
            }
            None if goal.is_of(&own) => "is not in the signed text",
            None => {
                let with_empty = candidates::join(&with_empty(fields, listed, &absent));
                if !goal.is_of(&with_empty) {
                    return;
                }
                self.signed_text = Some(with_empty);
                "was signed as an empty line"
            }
        };
        if let Some(name) = absent.first() {
            let text = format!("the request has no header `{name}`, which `headers` lists; it {said}");
            self.matched.push(Cause::matched("H-06", text));
        }
    }

    /// H-13 and H-19.
    fn other_key(
        &mut self,
        facts: &ExaminedFacts<'_>,
        certificate: &Certificate,
        signature: &[u8],
        expected: &SigningText,
        fields: &[CandidateLine],
    ) {
        self.tried(&hypotheses::OF_THE_KEY);
        let with_feed = [expected.bytes.as_slice(), b"\n"].concat();
        let texts = [Some(expected.bytes.as_slice()), Some(with_feed.as_slice()), facts.input.client_signing_string];
        for text in texts.into_iter().flatten() {
            for hash in [Hash::Sha256, Hash::Sha512] {
                if legacy_rsa::verify_pss(certificate.spki_der(), hash, text, signature) {
                    let found = format!("the signature verifies as RSA-PSS with {}", hash.name());
                    self.matched.push(Cause::matched("H-13", found));
                    if text == with_feed {
                        self.matched.push(Cause::matched("H-01", "the signed text has a line feed at its end"));
                    }
                    self.signed_text = (text != expected.bytes).then(|| text.to_vec());
                    return;
                }
            }
        }
        self.known_key(facts, certificate, signature, Some(expected), fields);
    }

    /// H-19.
    fn known_key(
        &mut self,
        facts: &ExaminedFacts<'_>,
        certificate: &Certificate,
        signature: &[u8],
        expected: Option<&SigningText>,
        fields: &[CandidateLine],
    ) {
        let others = facts.input.known.iter().take(MAX_KNOWN).chain(facts.input.tls_client);
        for other in others.filter(|other| other.spki_der() != certificate.spki_der()) {
            let recovered = SignatureContent::from_signature(other.spki_der(), signature);
            if let Some(goal) = recovered.goal() {
                let serial = serial_text(other.serial(), SerialStyle::HexUpper);
                let is_other = expected.is_some_and(|expected| !goal.is_of(&expected.bytes));
                let fits = if is_other { ", over another text than expected" } else { "" };
                let found = format!(
                    "the key of the certificate with serial number {} made the signature{fits}",
                    visible::clip(&serial, 64)
                );
                self.matched.push(Cause::matched("H-19", found));
                self.text(facts, goal, fields);
                return;
            }
        }
    }
}

/// The hash in the name of an algorithm, in any spelling; `None` if the name contains none.
fn stated_hash(name: &str) -> Option<&'static str> {
    let folded: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let (family, bits) = folded.split_at_checked(2).unwrap_or_default();
    let is_jose = matches!(family, "rs" | "ps" | "es" | "hs");
    ["sha1", "sha256", "sha384", "sha512"]
        .into_iter()
        .find(|hash| folded.contains(hash) || (is_jose && hash.strip_prefix("sha") == Some(bits)))
}

/// The listed headers that are missing in the request.
fn absent(request: &Request, listed: &[String]) -> Vec<String> {
    let there = |name: &&String| name.starts_with('(') || request.headers.get(name).is_some();
    listed.iter().filter(|name| !there(name)).map(|name| visible::clip(&name.to_ascii_lowercase(), 80)).collect()
}

/// The fields in the order of the list, with an empty field for each missing header.
fn with_empty(fields: &[CandidateLine], listed: &[String], absent: &[String]) -> Vec<CandidateLine> {
    let field = |name: &String| {
        let name = name.to_ascii_lowercase();
        let there = fields.iter().find(|field| field.name == name).cloned();
        there.or_else(|| absent.contains(&name).then(|| CandidateLine::new(&name, "")))
    };
    listed.iter().filter_map(field).collect()
}
