//! One exchange with a bank: the document, sealed again for each attempt, and the bank's answer, opened when all of it
//! is there.
//!
//! ```text
//!   request ─► document ─► content packed ─► [ time, id, digests, two signatures ─► one attempt ─► again? ]
//!   response ◄─ fields ◄─ believed ◄─ whole answer ◄──────────────────────────────────────────────────┘
//! ```

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    error::row,
    message::{InResponse, OutRequest},
    model::{Boundary, Content, Field, Object},
    operation::{Declaration, Exchange},
};
use bankchannel_renewal::CertificateRequests;
use bankchannel_sepa_web_services::{
    answer::{ANSWER_HEADERS, BelievedMessage, CertificatesOfAnswer, charset_of},
    codec::{DraftedDocument, SepaWebServicesCodec},
    errors,
    model::{BelievedAnswer, ExchangeEvidence},
    request::{ApplicationRequest, CertificateCommand, FileCommand},
    verify::{MAX_MESSAGE, StopFlag, VerificationRules},
};
use bankchannel_transport::background;

use super::{
    SepaWebServices,
    certificates::{self, AskedCertificate},
    clock::DocumentTime,
    identity::UnbelievedAnswer,
    packing::{PackedContent, pack},
    question::{AnswerQuestion, AskedOfCertificateService},
    sealing::{AttemptDocument, DraftedExchange, FirstAttempt, SealedMessage},
    sender::{FileServiceSender, RequestSigners},
    sent_ids::{SentIds, with_ids, with_message_id},
};
use crate::{
    CallOptions,
    client::{
        ProtocolClient as _,
        exchange::{ExchangeCall, ExchangeRules, ExchangeRun, FailedExchange, named, named_by},
    },
};

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
        self.exchange_at::<O>(request, None, options).await
    }

    /// The same with the time of the first document, from [`next_timestamp`](super::SepaWebServicesBank::next_timestamp),
    /// for a caller that notes it before anything is sent. `None`: drawn when the request is made.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange).
    pub async fn exchange_at<O>(
        &self,
        request: O::Request,
        time: Option<DocumentTime>,
        options: &CallOptions,
    ) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        named::<O, _>(options, Self::REQUEST_ID, async {
            let sender = self.sender().map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
            sender.carry_out::<O>(request, time, options).await
        })
        .await
    }

    /// Asks the bank for certificates for the keys of these requests: the first ones with the bank's code, the next ones
    /// signed with the present pair.
    ///
    /// # Errors
    /// Those of `request_certificate` and `renew_certificate`.
    pub async fn certificate_for(
        &self,
        requests: &CertificateRequests,
        code: Option<Secret>,
        options: &CallOptions,
    ) -> Result<CertificatesOfAnswer> {
        let done = self.exchange_certificate(AskedCertificate { requests, code }, options).await;
        done.map(|believed| believed.certificates).map_err(|refused| refused.error)
    }
}

impl SepaWebServices {
    /// Asks for a certificate, for a caller who keeps an answer that is not believed.
    ///
    /// # Errors
    /// Any error; each has its outcome and names the operation.
    pub(super) async fn exchange_certificate(
        &self,
        asked: AskedCertificate<'_>,
        options: &CallOptions,
    ) -> Result<BelievedExchange, RefusedExchange> {
        let (declaration, fields) = asked.operation();
        named_by(declaration.name, options, Self::REQUEST_ID, async {
            let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
            let sender = self.sender().map_err(not_sent)?;
            let document = asked.document(&sender.connection).map_err(not_sent)?;
            let document = DraftedDocument::Certificate(Box::new(document));
            sender.exchange_document(declaration, document, fields, None, options).await
        })
        .await
    }
}

impl FileServiceSender {
    /// Carries out one exchange.
    ///
    /// # Errors
    /// Any error; each has its outcome.
    pub(super) async fn carry_out<O>(
        &self,
        request: O::Request,
        time: Option<DocumentTime>,
        options: &CallOptions,
    ) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        let document = SepaWebServicesCodec::document::<O>(request, &self.connection);
        let document = document.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
        let (declaration, fields) = (const { &O::DECLARATION }, O::Response::SHAPE.fields());
        let done = self.exchange_document(declaration, document, fields, time, options).await;
        Self::response_of::<O>(done.map_err(|refused| refused.error)?)
    }

    fn response_of<O>(done: BelievedExchange) -> Result<O::Response>
    where
        O: Exchange<Codec = SepaWebServicesCodec>,
        O::Response: BelievedAnswer,
    {
        let BelievedExchange { fields, content, evidence, certificates } = done;
        let mut response = SepaWebServicesCodec::answer_of::<O>(fields, content).map_err(|error| {
            let text = format!("the bank's answer cannot be used: {}", error.message());
            Error::because(&row::PEER_PROTOCOL, text).with_outcome(CallOutcome::Accepted)
        })?;
        response.set_evidence(evidence);
        let pem = |certificate: Option<Certificate>| certificate.map(|certificate| certificate.to_pem());
        response.set_certificates(pem(certificates.signing), pem(certificates.encryption));
        Ok(response)
    }

    /// Opens an answer to this request for a certificate again, as of when it arrived. No request is sent, but for
    /// the bank's authorities.
    ///
    /// # Errors
    /// Those of opening an answer.
    pub(super) async fn open_again(
        &self,
        asked: AskedCertificate<'_>,
        kept: UnbelievedAnswer,
        options: &CallOptions,
    ) -> Result<CertificatesOfAnswer> {
        let spoilt = || Error::internal("the answer that was kept cannot be read");
        let (answer, ids) = kept.parts().ok_or_else(spoilt)?;
        self.look_at_revocations(options).await?;
        let (declaration, fields) = asked.operation();
        let document = AttemptDocument::Certificate(Box::new(asked.document(&self.connection)?));
        let drafted = DraftedExchange { document, operation: declaration.name, fields };
        let opened = self.open(&drafted, (&ids, None), answer, Some(kept.arrived_s), options).await;
        opened.map(|message| message.certificates).map_err(|refused| refused.error)
    }
}

/// What an exchange has led to: an answer that is believed.
pub(super) struct BelievedExchange {
    /// The fields of the answer.
    pub(super) fields: Object<'static>,
    content: Option<Content>,
    evidence: ExchangeEvidence,
    /// The certificates for the keys of the request.
    pub(super) certificates: CertificatesOfAnswer,
}

/// Why an exchange led to nothing.
pub(super) struct RefusedExchange {
    pub(super) error: Error,
    /// The answer to a request for a certificate, if it was not believed.
    pub(super) unbelieved: Option<UnbelievedAnswer>,
}

impl From<Error> for RefusedExchange {
    fn from(error: Error) -> Self {
        Self { error, unbelieved: None }
    }
}

impl FailedExchange for RefusedExchange {
    fn map(self, change: impl FnOnce(Error) -> Error) -> Self {
        Self { error: change(self.error), ..self }
    }
}

/// An exchange without an answer, and the last attempt that was sealed.
struct UnansweredExchange {
    error: Error,
    last: Option<SealedMessage>,
}

impl FileServiceSender {
    /// The part that does not depend on types, so that it is compiled once. A bank that cannot decrypt a document has a new
    /// certificate: a question is asked once more, with that one; a file is not sent again by itself.
    ///
    /// # Errors
    /// Any error; each has its outcome.
    pub(super) async fn exchange_document(
        &self,
        declaration: &'static Declaration,
        document: DraftedDocument,
        fields: &'static [Field],
        time: Option<DocumentTime>,
        options: &CallOptions,
    ) -> Result<BelievedExchange, RefusedExchange> {
        let document = match document {
            DraftedDocument::Certificate(document) if certificates::asks_by_root(&document) => {
                return self.exchange_by_root(declaration, &document, fields, options).await;
            }
            other => other,
        };
        let again = match &document {
            DraftedDocument::File(document, None) if self.connection.profile.document_encryption.is_some() => {
                Some(DraftedDocument::File(document.clone(), None))
            }
            _ => None,
        };
        let deadline = ExchangeCall::begin(declaration, options, self.exchange_timeout)?.deadline;
        self.look_at_revocations(&options.until(deadline)).await?;
        let left = CallOptions { timeout: options.until(deadline).timeout, ..options.clone() };
        let before = self.trust.encryption.changes();
        let refused = match self.exchange_once(declaration, document, fields, time, &left).await {
            Err(refused) if self.asks_again(&refused.error, before, &options.until(deadline)).await => refused,
            done => return done,
        };
        match again {
            Some(again) => {
                // Within the time of the call, and with an id of its own: the bank has seen the first one.
                let timeout = options.until(deadline).timeout;
                let options = CallOptions { request_id: None, timeout, ..options.clone() };
                match self.exchange_once(declaration, again, fields, None, &options).await {
                    // The bank's answer to the first one says more.
                    Err(second) if second.error.outcome() == Some(CallOutcome::NotSent) => {
                        Err(refused.map(|error| error.with("asked_again", second.error.to_string())))
                    }
                    done => done,
                }
            }
            None => Err(refused.map(|error| {
                error.with_sentence("The bank's certificate for encryption is asked for again with the next call.")
            })),
        }
    }

    pub(super) async fn exchange_once(
        &self,
        declaration: &'static Declaration,
        document: DraftedDocument,
        fields: &'static [Field],
        time: Option<DocumentTime>,
        options: &CallOptions,
    ) -> Result<BelievedExchange, RefusedExchange> {
        let mut call = ExchangeCall::begin(declaration, options, self.exchange_timeout)?;
        let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
        let (transport, document) = match document {
            DraftedDocument::File(mut document, content) => {
                let transport = self.file_transport().map_err(not_sent)?;
                let packed = match content {
                    Some(content) => Some(self.packed(&mut document, content, &options.until(call.deadline)).await?),
                    None => None,
                };
                (transport, AttemptDocument::File(document, packed.map(|packed| packed.source)))
            }
            DraftedDocument::Certificate(document) => {
                (self.certificate_transport().map_err(not_sent)?, AttemptDocument::Certificate(document))
            }
        };
        let drafted = DraftedExchange { document, operation: declaration.name, fields };
        let has_content = fields.iter().any(|field| field.wire == "Content");
        let rules = ExchangeRules {
            headers: ANSWER_HEADERS,
            // A refusal of the bank comes with this status.
            is_final: |answer| answer.status == 500,
            largest: if has_content { MAX_MESSAGE } else { 0 },
            opens_whole: true,
            shown: Some(declaration.name),
        };
        let (first, deadline) = (FirstAttempt { request_id: call.request_id.take(), time }, call.deadline);
        let mut message = OutRequest { method: "POST".to_owned(), ..OutRequest::default() };
        let mut run = call.run(transport, &mut message, rules).await?;
        let (sealed, opened) = match self.answered(&mut run, &drafted, &message, first).await {
            Ok((sealed, answer)) => {
                let (by, step) = ((&sealed.ids, sealed.signers.as_deref()), run.step_options());
                let opened = run.in_time(self.open(&drafted, by, answer, None, &step)).await;
                (Some(sealed), opened.map_err(RefusedExchange::from).flatten())
            }
            Err(UnansweredExchange { error, last }) => (last, Err(error.into())),
        };
        let (is_believed, unbelieved, read) = match opened {
            Ok(BelievedMessage { fields, content, evidence, certificates, .. }) => {
                let stored = match content {
                    Some(content) => run.store(content).await.map(Some),
                    None => Ok(None),
                };
                (true, None, stored.map(|content| BelievedExchange { fields, content, evidence, certificates }))
            }
            Err(RefusedExchange { error, unbelieved }) => (false, unbelieved, Err(error)),
        };
        let kept = run.keep(read).await;
        let pair = sealed.as_ref().and_then(|sealed| sealed.signers.as_ref()?.pair.clone());
        if let Some(pair) = pair.filter(|pair| pair.is_on_trial) {
            let refused = kept.as_ref().err().and_then(|error| {
                let code = error.peer().and_then(|peer| peer.code.as_deref());
                (error.row() == &errors::SIGNATURE_REFUSED).then(|| code.unwrap_or_default().to_owned())
            });
            if is_believed || refused.is_some() {
                self.note_trial(pair.name, refused, &options.until(deadline)).await;
            }
        }
        let error = match kept {
            Ok(believed) => return Ok(believed),
            Err(error) => with_ids(error, is_believed, sealed.map(|sealed| sealed.ids)),
        };
        let error = match &drafted.document {
            AttemptDocument::File(document, Some(source))
                if matches!(error.outcome(), Some(CallOutcome::Unknown | CallOutcome::Accepted)) =>
            {
                with_message_id(error, source.clone(), document.compression_method.is_some()).await
            }
            _ => error,
        };
        Err(RefusedExchange { error, unbelieved })
    }

    /// The final answer, and the message that it answers.
    async fn answered(
        &self,
        run: &mut ExchangeRun<'_, '_>,
        drafted: &DraftedExchange,
        message: &OutRequest,
        mut first: FirstAttempt<'_>,
    ) -> Result<(SealedMessage, InResponse), UnansweredExchange> {
        let mut last = None;
        loop {
            let sealed = match run.begin_attempt() {
                Ok(()) => {
                    let sealed = self.seal(drafted, message, &mut first, &run.step_options()).await;
                    sealed.map_err(|error| error.with_outcome(CallOutcome::NotSent))
                }
                Err(error) => Err(error),
            };
            let sealed = match sealed {
                Ok(sealed) => sealed,
                Err(error) => return Err(UnansweredExchange { error, last }),
            };
            let answer = run.once(&sealed.message).await;
            match (run.again(&answer).await, answer) {
                (Ok(true), _) => last = Some(sealed),
                (Ok(false), Ok(answer)) => return Ok((sealed, answer)),
                (Ok(false), Err(error)) | (Err(error), _) => {
                    return Err(UnansweredExchange { error, last: Some(sealed) });
                }
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

impl FileServiceSender {
    /// Opens an answer to a request with these ids and signers: verifies and reads it, as of when it arrived. If the
    /// authority of its signer is not known, the bank is asked for its authorities.
    async fn open(
        &self,
        drafted: &DraftedExchange,
        by: (&SentIds, Option<&RequestSigners>),
        answer: InResponse,
        arrived_s: Option<i64>,
        options: &CallOptions,
    ) -> Result<BelievedMessage, RefusedExchange> {
        let known = self.trust.count_learnt();
        let mut opened = self.open_once(drafted, by, answer.clone(), arrived_s, options).await;
        if let Err(error) = &opened
            && error.row() == &errors::ANSWER_NOT_TRUSTED
            && self.can_learn(&drafted.document)
            && certificates::learn_authorities(self, known, error, options).await
        {
            opened = self.open_once(drafted, by, answer.clone(), arrived_s, options).await;
        }
        match opened {
            Ok(message) => {
                self.note_signers(&message.signers, options).await;
                Ok(message)
            }
            Err(error) => {
                let unbelieved = match &drafted.document {
                    AttemptDocument::Certificate(document) if document.request.is_some() => {
                        Some(UnbelievedAnswer::new(&answer, by.0, self.clock.now_s()))
                    }
                    _ => None,
                };
                Err(RefusedExchange { error, unbelieved })
            }
        }
    }

    /// Whether the bank can be asked for its authorities.
    fn can_learn(&self, document: &AttemptDocument) -> bool {
        let is_about_them = matches!(document, AttemptDocument::Certificate(document) if document.command == CertificateCommand::GetBankCertificates);
        !is_about_them && certificates::gives_authorities(self)
    }

    /// Verifies an answer and reads it.
    async fn open_once(
        &self,
        drafted: &DraftedExchange,
        (ids, signers): (&SentIds, Option<&RequestSigners>),
        answer: InResponse,
        arrived_s: Option<i64>,
        options: &CallOptions,
    ) -> Result<BelievedMessage> {
        let media = answer.headers.get("content-type");
        let mut rules = VerificationRules {
            at_s: arrived_s.unwrap_or_else(|| self.clock.now_s()),
            charset: media.and_then(|media| charset_of(&String::from_utf8_lossy(media))),
            stop: StopFlag::default(),
            ..self.rules.clone()
        };
        let is_over = |error: Error| error.with_outcome(CallOutcome::Unknown);
        self.trust.complete(&mut rules, self.clock.now_s(), options).await.map_err(is_over)?;
        if let Some(signers) = signers {
            rules.own.extend([&signers.content, &signers.envelope].map(|signer| signer.certificate.clone()));
            rules.recipients.clone_from(&signers.recipients);
        }
        let connection = &self.connection;
        let (operation, is_once, execution_serial, certificates) = match &drafted.document {
            AttemptDocument::File(document, _) => {
                let is_once = document.command == FileCommand::UploadFile;
                let operation = drafted.operation.rsplit('.').next().unwrap_or_default();
                (operation, is_once, document.execution_serial.clone(), None)
            }
            AttemptDocument::Certificate(document) => {
                let asked = AskedOfCertificateService {
                    family: document.family,
                    request: document.request.clone(),
                    encryption_request: document.encryption_request.clone(),
                };
                let is_once = document.command.asks_for_certificate()
                    || document.command == CertificateCommand::RevokeCertificate;
                (certificates::operation_of(document), is_once, None, Some(asked))
            }
        };
        let question = AnswerQuestion {
            rules,
            operation,
            is_once,
            sender_id: connection.sender_id.clone(),
            customer_id: connection.customer_id.clone(),
            ids: ids.clone(),
            execution_serial,
            certificates,
            fields: drafted.fields,
        };
        question.open_apart(answer).await
    }
}
