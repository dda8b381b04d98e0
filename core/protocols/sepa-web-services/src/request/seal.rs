//! The two signatures of a request, over content that passes once.

use std::fmt;
use std::sync::Arc;

use bankchannel_crypto::digest::{MessageDigestAlgorithm, StreamedDigest};
use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::Error;
use bankchannel_foundation::message::{Base64Pieces, Segment, SegmentEncoder, SegmentEncoding as _};
use bankchannel_foundation::model::Content;
use bankchannel_xml_encryption::EncryptedDraft;
use bankchannel_xml_signature::{DocumentDraft, DocumentSignatureForm, DraftedSignature, EnvelopeDraft, EnvelopeTimes};

use super::{ApplicationRequest, DocumentText, RequestHeader};

/// The declaration before a document that is not encrypted. It is not signed.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
/// Bytes of content that are encoded at a time: a multiple of three, small enough for the CPU's cache.
const STEP: usize = 24 * 1024;

/// A request whose content passes: digests of the document and of the Body at once.
#[derive(Debug)]
pub struct RequestSeal {
    document: DocumentDraft,
    /// The content, encoded.
    inner: Base64Pieces,
    body: SealedBodyDigest,
    envelope: EnvelopeDraft,
    before_content: String,
    behind_content: &'static str,
    before_document: String,
    behind_document: String,
}

/// The digest of the Body, of a document whose pieces pass.
struct SealedBodyDigest {
    digest: StreamedDigest,
    /// The document, encrypted where the bank wants it.
    encryption: Option<(Arc<EncryptedDraft>, Box<dyn SegmentEncoder>)>,
    /// The same, encoded.
    outer: Base64Pieces,
}

impl SealedBodyDigest {
    /// Adds the next piece of the document.
    fn document(&mut self, piece: &[u8]) -> Result<(), Error> {
        let Self { digest, encryption, outer } = self;
        let mut take = |text: &[u8]| outer.push(text, &mut |text| digest.update(text));
        match encryption {
            Some((_, encoder)) => encoder.push(piece, &mut take),
            None => {
                take(piece);
                Ok(())
            }
        }
    }

    /// Ends the document.
    fn end_document(&mut self) -> Result<(), Error> {
        let Self { digest, encryption, outer } = self;
        if let Some((_, encoder)) = encryption {
            encoder.end(&mut |text| outer.push(text, &mut |text| digest.update(text)))?;
        }
        outer.end(&mut |text| digest.update(text));
        Ok(())
    }
}

impl fmt::Debug for SealedBodyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedBodyDigest").field("digest", &self.digest).finish_non_exhaustive()
    }
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
    encryption: Option<Arc<EncryptedDraft>>,
}

impl RequestSeal {
    /// Begins a request. The suffix, letters and digits, makes the ids of the message. The document is encrypted by `encryption`,
    /// where the bank wants it, behind its signature and before that of the envelope.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field that cannot be written.
    pub fn begin(
        document: &ApplicationRequest,
        header: &RequestHeader,
        suffix: &str,
        encryption: Option<EncryptedDraft>,
    ) -> Result<Self, Error> {
        let DocumentText { before_content, behind_content } = document.write()?;
        let (before_document, behind_document) = header.write(document.command)?;
        let encryption = match encryption.map(Arc::new) {
            Some(draft) => Some((draft.clone(), draft.encoder()?)),
            None => None,
        };
        let digest = MessageDigestAlgorithm::Sha256.begin();
        let mut seal = Self {
            document: DocumentDraft::new(),
            inner: Base64Pieces::default(),
            body: SealedBodyDigest { digest, encryption, outer: Base64Pieces::default() },
            envelope: EnvelopeDraft::new(suffix),
            before_content,
            behind_content,
            before_document,
            behind_document,
        };
        seal.body.digest.update(seal.envelope.body_start().as_bytes());
        seal.body.digest.update(seal.before_document.as_bytes());
        seal.document.update(seal.before_content.as_bytes());
        seal.body.document(seal.document_begin().as_bytes())?;
        Ok(seal)
    }

    /// The document up to its content. One that is encrypted has no declaration: it stands in place of an element.
    fn document_begin(&self) -> String {
        let declaration = if self.body.encryption.is_some() { "" } else { DECLARATION };
        [declaration, &self.before_content].concat()
    }

    /// Adds the next piece of the content, compressed if it is to be.
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub fn update(&mut self, content: &[u8]) -> Result<(), Error> {
        let Self { document, body, inner, .. } = self;
        let mut passed = Ok(());
        for step in content.chunks(STEP) {
            inner.push(step, &mut |text| {
                document.update(text);
                passed = std::mem::replace(&mut passed, Ok(())).and_then(|()| body.document(text));
            });
        }
        passed
    }

    /// Ends the content. The document is to be signed with the key of this certificate.
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub fn finish_content(mut self, certificate: &Certificate) -> Result<SealedDocument, Error> {
        let Self { document, body, inner, .. } = &mut self;
        let mut passed = Ok(());
        inner.end(&mut |text| {
            document.update(text);
            passed = body.document(text);
        });
        passed?;
        self.document.update(self.behind_content.as_bytes());
        self.document.update(DocumentText::END.as_bytes());
        let digest = std::mem::take(&mut self.document).finish();
        let signature = DocumentDraft::sign_digest(digest.clone(), DocumentSignatureForm::Inclusive, certificate);
        Ok(SealedDocument { seal: self, signature, digest })
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
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub fn signed(
        self,
        value: &[u8],
        times: &EnvelopeTimes,
        certificate: &Certificate,
    ) -> Result<SealedRequest, Error> {
        let Self { mut seal, signature, .. } = self;
        let document_begin = seal.document_begin();
        let document_end = format!("{}{}{}", seal.behind_content, signature.complete(value), DocumentText::END);
        seal.body.document(document_end.as_bytes())?;
        seal.body.end_document()?;
        let SealedBodyDigest { mut digest, encryption, .. } = seal.body;
        digest.update(seal.behind_document.as_bytes());
        digest.update(EnvelopeDraft::BODY_END.as_bytes());
        let tail = [&seal.behind_document, EnvelopeDraft::BODY_END, EnvelopeDraft::ENVELOPE_END].concat();
        Ok(SealedRequest {
            signature: seal.envelope.sign_as(digest.finish(), times, certificate),
            body_begin: seal.envelope.body_start() + &seal.before_document,
            document_begin,
            document_end,
            tail,
            encryption: encryption.map(|(draft, _)| draft),
        })
    }
}

impl SealedRequest {
    /// The bytes to sign for the envelope, with RSA (PKCS#1 v1.5) and SHA-256.
    #[must_use]
    pub fn bytes_to_sign(&self) -> &[u8] {
        self.signature.bytes_to_sign()
    }

    /// Takes the envelope's signature: the head of the message, up to the base64 of the document; of one that is encrypted only
    /// [`message`](Self::message) makes the rest.
    #[must_use]
    pub fn head(self, value: &[u8]) -> String {
        self.signature.complete(value) + &self.body_begin
    }

    /// Takes the envelope's signature, and the content again: the message.
    #[must_use]
    pub fn message(self, value: &[u8], content: Option<Content>) -> Vec<Segment> {
        let Self { signature, body_begin, document_begin, document_end, tail, encryption } = self;
        let mut document = vec![Segment::Literal(document_begin.into())];
        document.extend(content.map(Segment::Base64));
        document.push(Segment::Literal(document_end.into()));
        if let Some(draft) = encryption {
            document = vec![Segment::Encoded(document, draft)];
        }
        let head = signature.complete(value) + &body_begin;
        vec![Segment::Literal(head.into()), Segment::base64_of(document), Segment::Literal(tail.into())]
    }
}
