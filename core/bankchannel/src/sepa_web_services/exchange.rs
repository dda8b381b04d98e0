//! One exchange with a bank: the document, sealed again for each attempt, and the bank's answer, opened when all of it
//! is there.
//!
//! ```text
//!   request ─► document ─► content packed ─► [ time, id, digests, two signatures ] ─► transport ─► bank
//!                                               again for each attempt
//!   response ◄─ fields ◄─ believed ◄─ whole answer ◄───────────────────────────────────────────────┘
//! ```

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bankchannel_crypto::x509::CertificateRequest;
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    message::{Body, InResponse, OutRequest, SOAP, Segment},
    model::{Boundary, Content, Field, Object},
    operation::Exchange,
};
use bankchannel_sepa_web_services::{
    answer::{ANSWER_HEADERS, BelievedMessage, charset_of},
    codec::{DraftedDocument, SepaWebServicesCodec},
    errors,
    model::{BelievedAnswer, ExchangeEvidence},
    request::{
        ApplicationRequest, CertificateApplication, CertificateCommand::GetBankCertificates, EnvelopeTimes,
        FileCommand, RequestSeal, whole_seconds,
    },
    verify::{MAX_MESSAGE, StopFlag, VerificationRules},
};
use bankchannel_transport::{AnswerRules, AttemptSigning, RequestSigner, background};
use bytes::Bytes;

use super::{
    SepaWebServices, certificates, clock,
    identity::UnbelievedAnswer,
    packing::{PackedContent, pack},
    question::AnswerQuestion,
    sender::{FileServiceSender, RequestSigners},
    sent_ids::{SentIds, with_ids, with_message_id},
};
use crate::{
    CallOptions, LogLevel, LogLine,
    client::{
        ProtocolClient as _,
        exchange::{AnswerOpening, ExchangeSending, OpenedAnswer, named},
        source::UploadSource,
    },
};

/// How long an envelope holds, seconds.
const LIFETIME_S: i64 = 300;
/// From this size on, content that is sent is digested on a thread that may block.
const APART: u64 = 64 * 1024;

impl SepaWebServices {
    /// Carries out one exchange with the bank.
    ///
    /// # Errors
    /// Any error; each has its outcome and names the operation.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        named::<O, _>(options, Self::REQUEST_ID, self.attempt::<O>(request, options)).await
    }

    async fn attempt<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        let sender = self.sender().map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
        sender.carry_out::<O>(request, options).await
    }
}

impl FileServiceSender {
    /// Carries out one exchange.
    ///
    /// # Errors
    /// Any error; each has its outcome.
    pub(super) async fn carry_out<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
        let sending = ExchangeSending::begin::<O>(options, self.exchange_timeout)?;
        let document = SepaWebServicesCodec::document::<O>(request, &self.connection).map_err(not_sent)?;
        let (operation, fields) = (const { &O::DECLARATION }.name, O::Response::SHAPE.fields());
        Self::response_of::<O>(self.exchange(sending, document, operation, fields).await?)
    }

    fn response_of<O>(done: ExchangeResult) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        let ExchangeResult { fields, content, evidence, certificate } = done;
        let mut response = SepaWebServicesCodec::answer_of::<O>(fields, content).map_err(|error| {
            let text = format!("the bank's answer cannot be used: {}", error.message());
            Error::because(&row::PEER_PROTOCOL, text).with_outcome(CallOutcome::Accepted)
        })?;
        response.set_evidence(evidence);
        response.set_certificate(certificate);
        Ok(response)
    }

    /// Opens an answer to this request of the certificate service again, as of when it arrived. No request is sent, but for
    /// the bank's authorities.
    ///
    /// # Errors
    /// Those of opening an answer.
    pub(super) async fn open_again<O>(
        &self,
        request: O::Request,
        kept: UnbelievedAnswer,
        options: &CallOptions,
    ) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        let spoilt = || Error::internal("the answer that was kept cannot be read");
        let (answer, ids) = kept.parts().ok_or_else(spoilt)?;
        let DraftedDocument::Certificate(document) = SepaWebServicesCodec::document::<O>(request, &self.connection)?
        else {
            return Err(spoilt());
        };
        let asked = certificates::request_of(&document)?;
        let document = AttemptDocument::Certificate(*document, asked);
        let (operation, fields) = (const { &O::DECLARATION }.name, O::Response::SHAPE.fields());
        let mut attempts = SealedAttempts::new(self, &document, operation, options, fields);
        (attempts.arrived_s, attempts.sent) = (Some(kept.arrived_s), Mutex::new(Some(ids)));
        attempts.open(answer).await?;
        Self::response_of::<O>(take(&attempts.believed).ok_or_else(spoilt)?)
    }
}

/// What an exchange has led to.
struct ExchangeResult {
    /// The fields of the answer.
    fields: Object<'static>,
    content: Option<Content>,
    evidence: ExchangeEvidence,
    /// The certificate for the key of the request, PEM.
    certificate: Option<String>,
}

/// What each attempt sends.
pub(super) enum AttemptDocument {
    /// To the file service, with its content packed.
    File(ApplicationRequest, Option<UploadSource>),
    /// To the certificate service.
    Certificate(CertificateApplication, Option<CertificateRequest>),
}

impl FileServiceSender {
    /// The part that does not depend on types, so that it is compiled once.
    async fn exchange(
        &self,
        mut sending: ExchangeSending<'_>,
        document: DraftedDocument,
        operation: &'static str,
        fields: &'static [Field],
    ) -> Result<ExchangeResult> {
        let options = sending.options.until(sending.deadline);
        let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
        let (transport, document) = match document {
            DraftedDocument::File(document, content) => {
                let transport = self.file_transport().map_err(not_sent)?;
                let mut document = *document;
                let packed = match content {
                    Some(content) => Some(self.packed(&mut document, content, &options).await?),
                    None => None,
                };
                (transport, AttemptDocument::File(document, packed.map(|packed| packed.source)))
            }
            DraftedDocument::Certificate(document) => {
                let request = certificates::request_of(&document).map_err(not_sent)?;
                (self.certificate_transport().map_err(not_sent)?, AttemptDocument::Certificate(*document, request))
            }
        };
        let mut attempts = SealedAttempts::new(self, &document, operation, &options, fields);
        attempts.given_id = Mutex::new(sending.request_id.take());
        sending.opening = Some(&attempts);
        let signing = AttemptSigning { signer: &attempts, shown: operation };
        let message = OutRequest { method: "POST".to_owned(), ..OutRequest::default() };
        let has_content = fields.iter().any(|field| field.wire == "Content");
        let answers = AnswerRules {
            headers: ANSWER_HEADERS,
            // A refusal of the bank comes with this status.
            is_final: |answer| answer.status == 500,
            largest: if has_content { MAX_MESSAGE } else { 0 },
        };
        let read = |answer: InResponse| Ok(answer.content);
        let sent = sending.send(transport, &message, answers, Some(signing), read).await;
        let (believed, ids) = (take(&attempts.believed), take(&attempts.sent));
        let signed_with = take(&attempts.signed_with).and_then(|signers| signers.pair.clone());
        if let Some(pair) = signed_with.filter(|pair| pair.is_on_trial) {
            let refused = sent.as_ref().err().and_then(|error| {
                let code = error.peer().and_then(|peer| peer.code.as_deref());
                (error.row() == &errors::SIGNATURE_REFUSED).then(|| code.unwrap_or_default().to_owned())
            });
            if believed.is_some() || refused.is_some() {
                self.note_trial(pair.name, refused, &options).await;
            }
        }
        match (sent, believed) {
            (Ok(content), Some(believed)) => Ok(ExchangeResult { content, ..believed }),
            (Ok(_), None) => Err(Error::internal("an answer was not opened")),
            (Err(error), believed) => {
                let error = with_ids(error, believed.is_some(), ids);
                Err(match &document {
                    AttemptDocument::File(document, Some(source))
                        if matches!(error.outcome(), Some(CallOutcome::Unknown | CallOutcome::Accepted)) =>
                    {
                        with_message_id(error, source.clone(), document.compression_method.is_some()).await
                    }
                    _ => error,
                })
            }
        }
    }

    /// Packs the content of an upload, and says so in the document.
    async fn packed(
        &self,
        document: &mut ApplicationRequest,
        content: Content,
        options: &CallOptions,
    ) -> Result<PackedContent> {
        let (profile, wanted) = (self.connection.profile.clone(), document.wants_compression);
        let packing = background::blocking(move || pack(content, wanted, &profile));
        let packed = options.race(packing).await?.map_err(|why| why.error("packing the content was aborted"))??;
        let profile = &self.connection.profile;
        document.compression_method =
            packed.compressed.then(|| profile.compression_method.clone().unwrap_or_else(|| "GZIP".to_owned()));
        if document.user_filename.is_none() {
            let name: String = packed.name.as_deref().unwrap_or("upload").chars().take(80).collect();
            document.user_filename = Some(name);
        }
        Ok(packed)
    }
}

fn take<T>(kept: &Mutex<Option<T>>) -> Option<T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Seals each attempt's message, and opens its answer.
struct SealedAttempts<'a> {
    sender: &'a FileServiceSender,
    document: &'a AttemptDocument,
    operation: &'static str,
    /// The options of the call, with its deadline.
    options: &'a CallOptions,
    /// The fields of the response.
    fields: &'static [Field],
    /// The call's own id, for the first attempt: a bank refuses an id that it has seen.
    given_id: Mutex<Option<&'a str>>,
    /// The ids of the latest attempt.
    sent: Mutex<Option<SentIds>>,
    /// Who has signed it.
    signed_with: Mutex<Option<Arc<RequestSigners>>>,
    believed: Mutex<Option<ExchangeResult>>,
    /// When the answer arrived, Unix seconds, if that was before now.
    arrived_s: Option<i64>,
}

impl<'a> SealedAttempts<'a> {
    fn new(
        sender: &'a FileServiceSender,
        document: &'a AttemptDocument,
        operation: &'static str,
        options: &'a CallOptions,
        fields: &'static [Field],
    ) -> Self {
        Self {
            sender,
            document,
            operation,
            options,
            fields,
            given_id: Mutex::default(),
            sent: Mutex::default(),
            signed_with: Mutex::default(),
            believed: Mutex::default(),
            arrived_s: None,
        }
    }
}

impl RequestSigner for SealedAttempts<'_> {
    fn sign<'a>(&'a self, message: &'a OutRequest) -> Pin<Box<dyn Future<Output = Result<OutRequest>> + Send + 'a>> {
        Box::pin(async move {
            let sealed = self.seal(message).await;
            sealed.map_err(|error| error.with_outcome(CallOutcome::NotSent))
        })
    }
}

impl SealedAttempts<'_> {
    async fn seal(&self, message: &OutRequest) -> Result<OutRequest> {
        let begun = Instant::now();
        let sender = self.sender;
        let request_id = take(&self.given_id).map_or_else(clock::request_id, str::to_owned);
        let timestamp = sender.next_timestamp(self.options).await;
        let ids = SentIds { request_id, timestamp, digest: Vec::new() };
        let (ids, body) = match self.document {
            AttemptDocument::File(document, content) => self.seal_file(document, content.as_ref(), ids).await?,
            AttemptDocument::Certificate(document, _) => {
                certificates::seal(sender, document, ids, self.operation, self.options).await?
            }
        };
        if self.options.is_logged() {
            let took = begun.elapsed().as_micros();
            let text = format!("{}: RequestId {}, sealed in {took} µs", self.operation, ids.request_id);
            self.options.log_line(LogLevel::Debug, LogLine::new(text).with("request_id", ids.request_id.clone()));
        }
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(ids);
        let mut headers = message.headers.clone();
        // In quotes, and empty unless the profile says otherwise.
        let action = sender.connection.profile.soap_action.as_deref().unwrap_or_default();
        headers.push("SOAPAction", format!("\"{action}\""));
        let (method, target) = (message.method.clone(), message.target.clone());
        Ok(OutRequest { method, target, headers, body: Body::of_segments(SOAP, body) })
    }

    /// The message with a document of the file service, signed twice.
    async fn seal_file(
        &self,
        document: &ApplicationRequest,
        content: Option<&UploadSource>,
        ids: SentIds,
    ) -> Result<(SentIds, Vec<Segment>)> {
        let sender = self.sender;
        let signers = sender.signers_for(document.command == FileCommand::UploadFile, self.options).await?;
        let (content_signer, envelope_signer) = (&signers.content, &signers.envelope);
        *self.signed_with.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&signers));
        let SentIds { request_id, timestamp, .. } = ids;
        let document = ApplicationRequest { timestamp: timestamp.clone(), ..document.clone() };
        let header = sender.connection.header(&request_id, &timestamp);
        let suffix: String = clock::request_id().chars().take(12).collect();
        let mut seal = RequestSeal::begin(&document, &header, &suffix)?;
        if let Some(source) = content {
            seal = sealed_content(seal, source.clone(), self.options).await?;
        }
        let sealed = seal.finish_content(&content_signer.certificate);
        let digest = sealed.document_digest().to_vec();
        let value = content_signer.sign(sealed.bytes_to_sign(), self.operation, self.options).await?;
        // A person may have been asked: the times are those of now.
        let now_s = sender.clock.now_s();
        let times = EnvelopeTimes { created: whole_seconds(now_s), expires: whole_seconds(now_s + LIFETIME_S) };
        let sealed = sealed.signed(&value, &times, &envelope_signer.certificate);
        let value = envelope_signer.sign(sealed.bytes_to_sign(), self.operation, self.options).await?;
        let (begin, end, tail) = (sealed.document_begin.clone(), sealed.document_end.clone(), sealed.tail.clone());
        let mut inside = vec![Segment::Literal(begin.into())];
        inside.extend(content.map(|source| Segment::Base64(source.content())));
        inside.push(Segment::Literal(end.into()));
        let body = vec![
            Segment::Literal(sealed.head(&value).into()),
            Segment::Base64Of(inside),
            Segment::Literal(tail.into()),
        ];
        Ok((SentIds { request_id, timestamp, digest }, body))
    }
}

/// Passes the content through the seal: on a thread that may block, if there is much of it.
async fn sealed_content(mut seal: RequestSeal, source: UploadSource, options: &CallOptions) -> Result<RequestSeal> {
    if let UploadSource::Bytes(bytes) = &source
        && bytes.len() as u64 <= APART
    {
        seal.update(bytes);
        return Ok(seal);
    }
    let work = background::blocking(move || -> Result<RequestSeal> {
        match source.content() {
            Content::Bytes(bytes) => seal.update(&bytes),
            Content::Pieces(pieces) => {
                let mut next = pieces.take().ok_or_else(|| Error::new(&row::INTERNAL))?;
                while let Some(piece) = next()? {
                    seal.update(&piece);
                }
            }
            _ => return Err(Error::new(&row::INTERNAL)),
        }
        Ok(seal)
    });
    options.race(work).await?.map_err(|why| why.error("sealing the message was aborted"))?
}

impl AnswerOpening for SealedAttempts<'_> {
    fn open<'a>(&'a self, answer: InResponse) -> Pin<Box<dyn Future<Output = Result<OpenedAnswer>> + Send + 'a>> {
        Box::pin(async move {
            let sender = self.sender;
            let known = sender.trust.count_learnt();
            let opened = match self.open_once(answer.clone()).await {
                Err(error) if error.row() == &errors::ANSWER_NOT_TRUSTED && self.can_learn() => {
                    if certificates::learn_authorities(sender, known, &error, self.options).await {
                        self.open_once(answer.clone()).await
                    } else {
                        Err(error)
                    }
                }
                opened => opened,
            };
            if opened.is_err() {
                self.keep_unbelieved(&answer);
            }
            let opened = opened?;
            let BelievedMessage { fields, content, evidence, signers, certificate } = opened;
            sender.note_signers(&signers, self.options).await;
            let certificate = certificate.map(|certificate| certificate.to_pem());
            *self.believed.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(ExchangeResult { fields, content: None, evidence, certificate });
            Ok(OpenedAnswer { answer: InResponse::new(200, Bytes::new()), content })
        })
    }
}

impl SealedAttempts<'_> {
    /// Leaves an answer that is not believed where the sender wants it.
    fn keep_unbelieved(&self, answer: &InResponse) {
        let Some(slot) = &self.sender.unbelieved else { return };
        let ids = self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
        let kept = UnbelievedAnswer::new(answer, &ids, self.sender.clock.now_s());
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// Whether the bank can be asked for its authorities.
    fn can_learn(&self) -> bool {
        let is_about_them = matches!(self.document, AttemptDocument::Certificate(document, _) if document.command == GetBankCertificates);
        !is_about_them && certificates::gives_authorities(self.sender)
    }

    /// Verifies an answer and reads it.
    async fn open_once(&self, answer: InResponse) -> Result<BelievedMessage> {
        let ids = self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
        let sender = self.sender;
        let media = answer.headers.get("content-type");
        let mut rules = VerificationRules {
            at_s: self.arrived_s.unwrap_or_else(|| sender.clock.now_s()),
            charset: media.and_then(|media| charset_of(&String::from_utf8_lossy(media))),
            stop: StopFlag::default(),
            ..sender.rules.clone()
        };
        let is_over = |error: Error| error.with_outcome(CallOutcome::Unknown);
        sender.trust.complete(&mut rules, self.options).await.map_err(is_over)?;
        if let Some(signers) = &*self.signed_with.lock().unwrap_or_else(PoisonError::into_inner) {
            rules.own.extend([&signers.content, &signers.envelope].map(|signer| signer.certificate.clone()));
        }
        let connection = &sender.connection;
        let (operation, is_once, execution_serial, certificates) = match self.document {
            AttemptDocument::File(document, _) => {
                let is_once = document.command == FileCommand::UploadFile;
                let operation = self.operation.rsplit('.').next().unwrap_or_default();
                (operation, is_once, document.execution_serial.clone(), None)
            }
            AttemptDocument::Certificate(document, request) => {
                let expected = (document.family, request.clone());
                (certificates::operation_of(document.command), request.is_some(), None, Some(expected))
            }
        };
        let question = AnswerQuestion {
            rules,
            operation,
            is_once,
            sender_id: connection.sender_id.clone(),
            customer_id: connection.customer_id.clone(),
            ids,
            execution_serial,
            certificates,
            fields: self.fields,
        };
        question.open_apart(answer).await
    }
}
