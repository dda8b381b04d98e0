//! The two signatures of a request, over content that passes once.

use bankchannel_crypto::digest::{MessageDigestAlgorithm, StreamedDigest};
use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::Error;
use bankchannel_xml_signature::{DocumentDraft, DraftedSignature, EnvelopeDraft, EnvelopeTimes};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{ApplicationRequest, DocumentText, RequestHeader};

/// The declaration before a document. It is not signed.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
/// Bytes of content that are encoded at a time: a multiple of three, small enough for the CPU's cache.
const STEP: usize = 24 * 1024;

/// A request whose content passes: digests of the document and of the Body at once.
#[derive(Debug)]
pub struct RequestSeal {
    document: DocumentDraft,
    body: StreamedDigest,
    /// The content, encoded.
    inner: Base64Pieces,
    /// The document, encoded.
    outer: Base64Pieces,
    envelope: EnvelopeDraft,
    before_content: String,
    behind_content: &'static str,
    before_document: String,
    behind_document: String,
}

/// A request whose document's signature is to be made.
#[derive(Debug)]
pub struct SealedDocument {
    seal: RequestSeal,
    signature: DraftedSignature,
    digest: Vec<u8>,
}

/// A request that lacks the value of the envelope's signature. It is sent as `head`, then the base64 of `document_begin`,
/// the base64 of the content, and `document_end`, then `tail`.
#[derive(Debug)]
pub struct SealedRequest {
    signature: DraftedSignature,
    /// The Body up to the base64 of the document.
    body_begin: String,
    /// The document up to its content, or whole.
    pub document_begin: String,
    /// The document behind its content.
    pub document_end: String,
    /// The message behind the base64 of the document.
    pub tail: String,
}

impl RequestSeal {
    /// Begins a request. The suffix, letters and digits, makes the ids of the message.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field that cannot be written.
    pub fn begin(document: &ApplicationRequest, header: &RequestHeader, suffix: &str) -> Result<Self, Error> {
        let DocumentText { before_content, behind_content } = document.write()?;
        let (before_document, behind_document) = header.write(document.command)?;
        let mut seal = Self {
            document: DocumentDraft::new(),
            body: MessageDigestAlgorithm::Sha256.begin(),
            inner: Base64Pieces::default(),
            outer: Base64Pieces::default(),
            envelope: EnvelopeDraft::new(suffix),
            before_content,
            behind_content,
            before_document,
            behind_document,
        };
        seal.body.update(seal.envelope.body_start().as_bytes());
        seal.body.update(seal.before_document.as_bytes());
        seal.document.update(seal.before_content.as_bytes());
        let begin = format!("{DECLARATION}{}", seal.before_content);
        seal.outer.push(begin.as_bytes(), &mut |text| seal.body.update(text));
        Ok(seal)
    }

    /// Adds the next piece of the content, compressed if it is to be.
    pub fn update(&mut self, content: &[u8]) {
        let Self { document, body, inner, outer, .. } = self;
        for step in content.chunks(STEP) {
            inner.push(step, &mut |text| {
                document.update(text);
                outer.push(text, &mut |text| body.update(text));
            });
        }
    }

    /// Ends the content. The document is to be signed with the key of this certificate.
    #[must_use]
    pub fn finish_content(mut self, certificate: &Certificate) -> SealedDocument {
        let Self { document, body, inner, outer, .. } = &mut self;
        inner.end(&mut |text| {
            document.update(text);
            outer.push(text, &mut |text| body.update(text));
        });
        self.document.update(self.behind_content.as_bytes());
        self.document.update(DocumentText::END.as_bytes());
        let digest = std::mem::take(&mut self.document).finish();
        let signature = DocumentDraft::sign_digest(digest.clone(), certificate);
        SealedDocument { seal: self, signature, digest }
    }
}

impl SealedDocument {
    /// The bytes to sign for the document, with RSA (PKCS#1 v1.5) and SHA-256.
    #[must_use]
    pub fn bytes_to_sign(&self) -> &[u8] {
        self.signature.bytes_to_sign()
    }

    /// The digest of the document that is to be signed, SHA-256.
    #[must_use]
    pub fn document_digest(&self) -> &[u8] {
        &self.digest
    }

    /// Takes the document's signature. The envelope is to be signed with the key of this certificate.
    #[must_use]
    pub fn signed(self, value: &[u8], times: &EnvelopeTimes, certificate: &Certificate) -> SealedRequest {
        let Self { mut seal, signature, .. } = self;
        let document_end = format!("{}{}{}", seal.behind_content, signature.complete(value), DocumentText::END);
        let RequestSeal { body, outer, behind_document, .. } = &mut seal;
        outer.push(document_end.as_bytes(), &mut |text| body.update(text));
        outer.end(&mut |text| body.update(text));
        body.update(behind_document.as_bytes());
        body.update(EnvelopeDraft::BODY_END.as_bytes());
        let digest = std::mem::replace(&mut seal.body, MessageDigestAlgorithm::Sha256.begin()).finish();
        let tail = [&seal.behind_document, EnvelopeDraft::BODY_END, EnvelopeDraft::ENVELOPE_END].concat();
        SealedRequest {
            signature: seal.envelope.sign_as(digest, times, certificate),
            body_begin: seal.envelope.body_start() + &seal.before_document,
            document_begin: format!("{DECLARATION}{}", seal.before_content),
            document_end,
            tail,
        }
    }
}

impl SealedRequest {
    /// The bytes to sign for the envelope, with RSA (PKCS#1 v1.5) and SHA-256.
    #[must_use]
    pub fn bytes_to_sign(&self) -> &[u8] {
        self.signature.bytes_to_sign()
    }

    /// Takes the envelope's signature: the head of the message, up to the base64 of the document.
    #[must_use]
    pub fn head(self, value: &[u8]) -> String {
        self.signature.complete(value) + &self.body_begin
    }
}

/// Standard base64 of pieces of any length.
#[derive(Debug, Default)]
struct Base64Pieces {
    /// Less than three bytes, not encoded yet.
    carry: Vec<u8>,
    text: Vec<u8>,
}

impl Base64Pieces {
    fn push(&mut self, mut piece: &[u8], take: &mut dyn FnMut(&[u8])) {
        if !self.carry.is_empty() {
            let fill = piece.len().min(3 - self.carry.len());
            self.carry.extend_from_slice(&piece[..fill]);
            piece = &piece[fill..];
            if self.carry.len() < 3 {
                return;
            }
            let carry = std::mem::take(&mut self.carry);
            self.encode(&carry, take);
        }
        let whole = piece.len() - piece.len() % 3;
        self.encode(&piece[..whole], take);
        self.carry.extend_from_slice(&piece[whole..]);
    }

    fn end(&mut self, take: &mut dyn FnMut(&[u8])) {
        let carry = std::mem::take(&mut self.carry);
        self.encode(&carry, take);
    }

    fn encode(&mut self, bytes: &[u8], take: &mut dyn FnMut(&[u8])) {
        if bytes.is_empty() {
            return;
        }
        self.text.resize(bytes.len().div_ceil(3) * 4, 0);
        let written = STANDARD.encode_slice(bytes, &mut self.text).unwrap_or_default();
        take(&self.text[..written]);
    }
}
