//! The checks of an envelope (§4.6, V2 to V9 and V12).

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{message::decode_base64, model::Timestamp};
use bankchannel_xml::{TreeElement, XmlTree};
use bankchannel_xml_signature::{
    CanonicalMethod, CoveredElement, SOAP_NAMESPACE, SignatureFaultKind, SignedEnvelope, WS_SECURITY_NAMESPACE,
    WS_UTILITY_NAMESPACE, canonical_bytes,
};

use super::elements::repeated_element;
use super::kinds::{MessageWrapper, is_pki_fault};
use super::report::holding;
use super::{CoveredEnvelope, MessageExamination, MessageKind, MessageSignature};
use crate::profile::{BankFamily, SignatureLevel};

/// How far two clocks may be apart, seconds.
const SKEW_S: i64 = 5 * 60;
/// Longest time between the making and the end of a message, seconds.
const LONGEST_S: i64 = 24 * 60 * 60;

impl MessageExamination<'_> {
    /// The checks of an envelope; returns the document inside.
    pub(super) fn envelope(&mut self, tree: &XmlTree<'_>) -> Option<InnerDocument> {
        match SignedEnvelope::parts_of(tree) {
            Ok((header, body)) => {
                self.checks.passed("V2", "one envelope of SOAP 1.1 with one Body");
                self.body(tree, header, body)
            }
            Err(fault) => {
                self.survey(tree, SignatureLevel::Soap);
                self.checks.failed("V2", fault.to_string());
                None
            }
        }
    }

    fn body<'r>(
        &mut self,
        tree: &'r XmlTree<'_>,
        header: Option<TreeElement<'r>>,
        body: TreeElement<'r>,
    ) -> Option<InnerDocument> {
        let mut inside = body.children();
        let only = inside.next().filter(|_| inside.next().is_none());
        let known = only.and_then(MessageWrapper::recognise);
        let (Some(wrapper), Some(known)) = (only, known) else {
            self.survey(tree, SignatureLevel::Soap);
            match only {
                Some(fault) if fault.is(SOAP_NAMESPACE, "Fault") || is_pki_fault(fault) => self.fault(fault),
                Some(other) => self.checks.failed(
                    "V9",
                    format!("{} is no message of the file service or of a certificate service", other.local()),
                ),
                None => self.checks.failed("V9", "the Body does not hold exactly one element"),
            }
            return None;
        };
        self.found.kind = Some(known.kind);
        self.found.operation = Some(known.operation.to_owned());
        self.parts.unverified(wrapper);
        if let Some(block) = header.and_then(|header| header.children().find(|block| must_be_understood(*block))) {
            let why = format!("{} in the Header must be understood (mustUnderstand) and is not known", block.local());
            self.checks.failed("V16", why);
        }
        let mut covered = None;
        if self.rules.signatures_only {
            self.survey(tree, SignatureLevel::Soap);
        } else {
            covered = self.envelope_signature(tree, header.is_some(), &known);
        }
        self.headers(wrapper, &known);
        if let Some((body, signer, has_time)) = covered.filter(|_| self.checks.all_hold())
            && body.children().eq([wrapper])
        {
            self.parts.envelope(&CoveredEnvelope { wrapper, has_time, signer: &signer });
        }
        self.inner_document(wrapper, &known)
    }

    /// V3: the content of a fault, which is never signed.
    fn fault(&mut self, fault: TreeElement<'_>) {
        self.found.kind = Some(MessageKind::SoapFault);
        if let Some(own) = fault.and_inside().find(|one| is_pki_fault(*one)) {
            let text = |name: &str| own.children().find(|one| one.local() == name).and_then(|one| one.text());
            let words = [text("ReturnText"), text("AdditionalReturnText")].into_iter().flatten().map(str::trim);
            let words: Vec<&str> = words.filter(|words| !words.is_empty()).collect();
            self.found.text = Some(words.join(" ")).filter(|words| !words.is_empty());
            self.found.code = text("ReturnCode").map(|code| code.trim().to_owned());
            self.found.code_family = Some(BankFamily::Danske);
            self.checks.failed(
                "V3",
                "this is a fault of the certificate service: nobody signed it, so nothing follows from it",
            );
            return;
        }
        let text = |name: &str| fault.children().find(|child| child.local() == name).and_then(|child| child.text());
        self.found.text = text("faultstring").map(|text| text.trim().to_owned());
        let code = fault.and_inside().find(|one| one.local() == "code").and_then(|one| one.text());
        self.found.code = code.map(|code| code.trim().to_owned());
        self.checks.failed("V3", "this is a SOAP fault: nobody signed it, so nothing follows from it");
    }

    /// V4 to V8 and V12: the signature of the envelope, its time, its signer. Returns its content and its signer.
    fn envelope_signature<'r>(
        &mut self,
        tree: &'r XmlTree<'_>,
        has_header: bool,
        known: &MessageWrapper,
    ) -> Option<(CoveredElement<'r>, Certificate, bool)> {
        if self.is_stopped("V4") {
            return None;
        }
        let may_be_unsigned = known.is_of_certificates()
            && !(known.is_answer() && self.rules.family.is_some_and(BankFamily::signs_certificate_answers));
        let signed = match SignedEnvelope::read(tree) {
            Ok(signed) => signed,
            Err(fault) if fault.kind == SignatureFaultKind::NotSigned && may_be_unsigned => {
                let empty = if has_header { "an empty Header" } else { "no Header" };
                let why = format!("the envelope is not signed ({empty}), as certificate services do; the document is");
                self.checks.passed("V4", why);
                return None;
            }
            Err(fault) => {
                self.survey(tree, SignatureLevel::Soap);
                let id = match fault.kind {
                    SignatureFaultKind::Reference => "V5",
                    SignatureFaultKind::Algorithm => "V6",
                    _ => "V4",
                };
                self.checks.failed(id, fault.to_string());
                return None;
            }
        };
        self.checks.passed("V4", "one Security with one signature, whose certificate is in the message");
        self.checks.passed(
            "V5",
            "each reference leads to the Body or to the Timestamp of this envelope, by an id that is there once",
        );
        let certificates = signed.certificates();
        let key = match certificates.signer.key() {
            Ok(key) => key,
            Err(fault) => {
                self.survey(tree, SignatureLevel::Soap);
                self.checks.failed("V6", fault.to_string());
                return None;
            }
        };
        let (body, timestamp) = match signed.verify(key, self.rules.algorithms()) {
            Ok(covered) => covered,
            Err(fault) => {
                self.survey(tree, SignatureLevel::Soap);
                self.checks.failed("V6", fault.to_string());
                return None;
            }
        };
        if known.is_answer() && timestamp.is_none() {
            self.survey(tree, SignatureLevel::Soap);
            self.checks.failed("V6", "the Timestamp of an answer must be there and signed");
            return None;
        }
        self.checks.passed("V6", "digests and value hold, with permitted methods");
        if let Some(timestamp) = timestamp {
            let fresh = self.fresh(timestamp);
            self.checks.note_result("V7", fresh);
        }
        let path = self.rules.path(&certificates.signer, &certificates.others);
        let mut trusted = self.checks.note_result("V8", path);
        if known.is_answer() {
            let bank = self.rules.is_bank(&certificates.signer, SignatureLevel::Soap);
            trusted &= self.checks.note_result("V12", bank);
        }
        self.known.push(certificates.signer.clone());
        self.is_envelope_believed = trusted && self.checks.all_hold();
        let held = holding(signed.parts(), certificates, signed.targets(), SignatureLevel::Soap);
        self.found.signatures.push(MessageSignature { trusted, ..held });
        Some((body, certificates.signer.clone(), timestamp.is_some()))
    }

    /// V7: whether the message is of now.
    fn fresh(&self, timestamp: CoveredElement<'_>) -> Result<String, String> {
        let time = |name: &str| {
            let mut all = timestamp.element().children().filter(|one| one.is(WS_UTILITY_NAMESPACE, name));
            let text = all.next().and_then(|one| one.text()).map(str::trim);
            if all.next().is_some() {
                return Err(format!("the Timestamp has {name} twice"));
            }
            let read = text.and_then(instant_s);
            read.ok_or_else(|| format!("the Timestamp has no {name} that can be read"))
        };
        let (created, expires, now) = (time("Created")?, time("Expires")?, self.rules.at_s);
        if expires < created {
            return Err("the message was over before it was made: Expires is before Created".to_owned());
        }
        if created > now + SKEW_S {
            return Err("the message is from the future: a clock is wrong".to_owned());
        }
        if expires <= now - SKEW_S {
            return Err("the message is older than it says it holds".to_owned());
        }
        if expires - created > LONGEST_S {
            return Err("the message holds for longer than a day".to_owned());
        }
        Ok("made and not yet over at the instant, with at most five minutes between the clocks".to_owned())
    }

    /// V9: the header of the request or answer.
    fn headers(&mut self, wrapper: TreeElement<'_>, known: &MessageWrapper) {
        let name = if known.is_answer() { "ResponseHeader" } else { "RequestHeader" };
        let Some(header) = wrapper.children().next().filter(|one| one.is(known.model, name)) else {
            return self.checks.failed("V9", format!("{} does not begin with {name}", wrapper.local()));
        };
        if let Some(name) = repeated_element(header) {
            return self.checks.failed("V9", format!("{name} of {} is there twice", header.local()));
        }
        let text = |name: &str| {
            let value = header.child(known.model, name).and_then(|one| one.text()).map(str::trim);
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        if known.is_answer() {
            (self.found.code, self.found.text) = (text("ResponseCode"), text("ResponseText"));
        }
        self.checks.passed("V9", format!("{} with {name}", wrapper.local()));
    }

    /// V10: the document inside, decoded.
    fn inner_document(&mut self, wrapper: TreeElement<'_>, known: &MessageWrapper) -> Option<InnerDocument> {
        if known.has_element {
            return self.inner_element(wrapper, known);
        }
        let name = if known.is_answer() { "ApplicationResponse" } else { "ApplicationRequest" };
        let mut inside = wrapper.children().skip(1);
        let (Some(carrier), None) = (inside.next().filter(|one| one.is(known.model, name)), inside.next()) else {
            self.checks.failed("V10", format!("{name} does not follow the header, alone"));
            return None;
        };
        let Some(text) = carrier.text() else {
            self.checks.failed("V10", format!("{name} holds elements where base64 belongs"));
            return None;
        };
        let Ok(bytes) = decode_base64(text) else {
            self.checks.failed("V10", format!("{name} is not base64"));
            return None;
        };
        Some(InnerDocument { bytes, kind: known.document(), place: name })
    }
}

impl MessageExamination<'_> {
    /// The same where the document stands in the Body as an element: it is taken out as a document of its own, in the form in which
    /// it is signed wherever it stands, the exclusive one.
    fn inner_element(&mut self, wrapper: TreeElement<'_>, known: &MessageWrapper) -> Option<InnerDocument> {
        let mut inside = wrapper.children().skip(1);
        let (Some(document), None) = (inside.next(), inside.next()) else {
            self.checks.failed("V10", "one document does not follow the header, alone");
            return None;
        };
        let bytes = canonical_bytes(document, None, &CanonicalMethod::Exclusive.into());
        Some(InnerDocument { bytes, kind: known.document(), place: "the Body" })
    }
}

/// The actor of a block for every reader of the message, as one without an actor is (SOAP 1.1 §4.2.2).
const NEXT_ACTOR: &str = "http://schemas.xmlsoap.org/soap/actor/next";

/// Whether a block of the Header is for us, must be understood, and is not known (SOAP 1.1 §4.2.3).
fn must_be_understood(block: TreeElement<'_>) -> bool {
    let given = |name| block.attribute(SOAP_NAMESPACE, name);
    let is_for_us = given("actor").is_none_or(|actor| matches!(actor.trim(), "" | NEXT_ACTOR));
    let must = given("mustUnderstand").is_some_and(|must| !matches!(must.trim(), "0" | "false"));
    is_for_us && must && !block.is(WS_SECURITY_NAMESPACE, "Security")
}

/// The document inside of an envelope, not read yet.
pub(super) struct InnerDocument {
    pub(super) bytes: Vec<u8>,
    /// What belongs there.
    pub(super) kind: MessageKind,
    /// The element that carries it.
    pub(super) place: &'static str,
}

/// An instant of a Timestamp, Unix seconds; one without a zone is UTC.
fn instant_s(text: &str) -> Option<i64> {
    let read = |text: &str| Timestamp::new(text).ok().map(|at| at.as_ms().div_euclid(1000));
    read(text).or_else(|| read(&format!("{text}Z")))
}
