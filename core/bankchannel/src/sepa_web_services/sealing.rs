//! The message of one attempt: the document with a time of its own, and its signatures.

use std::{sync::Arc, time::Instant};

use bankchannel_foundation::{
    Error, Result,
    error::row,
    message::{Body, OutRequest, SOAP, Segment},
    model::{Content, Field},
};
use bankchannel_sepa_web_services::request::{
    ApplicationRequest, CertificateApplication, EnvelopeTimes, FileCommand, RequestSeal, whole_seconds,
};
use bankchannel_transport::background;

use super::{
    certificates,
    clock::{self, DocumentTime},
    encryption::DraftEncryption,
    sender::{FileServiceSender, RequestSigners},
    sent_ids::SentIds,
};
use crate::{CallOptions, LogLevel, LogLine, client::source::UploadSource};

/// How long an envelope holds, seconds.
const LIFETIME_S: i64 = 300;
/// From this size on, content that is sent is digested on a thread that may block.
const APART: u64 = 64 * 1024;

/// What each attempt sends, and what its answer has.
pub(super) struct DraftedExchange {
    pub(super) document: AttemptDocument,
    pub(super) operation: &'static str,
    /// The fields of the response.
    pub(super) fields: &'static [Field],
}

/// The document of an exchange.
pub(super) enum AttemptDocument {
    /// To the file service, with its content packed.
    File(Box<ApplicationRequest>, Option<UploadSource>),
    /// To the certificate service.
    Certificate(Box<CertificateApplication>),
}

/// Values for the first attempt, also if that was never sent: a bank refuses an id or a time that it has seen.
#[derive(Default)]
pub(super) struct FirstAttempt<'a> {
    pub(super) request_id: Option<&'a str>,
    pub(super) time: Option<DocumentTime>,
}

/// The message of one attempt.
pub(super) struct SealedMessage {
    pub(super) message: OutRequest,
    pub(super) ids: SentIds,
    /// Who has signed document and envelope.
    pub(super) signers: Option<Arc<RequestSigners>>,
}

impl FileServiceSender {
    /// The message of one attempt: a new time, digests, two signatures.
    pub(super) async fn seal(
        &self,
        drafted: &DraftedExchange,
        message: &OutRequest,
        first: &mut FirstAttempt<'_>,
        options: &CallOptions,
    ) -> Result<SealedMessage> {
        let begun = Instant::now();
        let operation = drafted.operation;
        let most = self.connection.profile.request_id_most();
        let request_id = match first.request_id.take() {
            Some(given) if given.len() > most => {
                let why = format!("must have at most {most} characters at this bank: it is the message's RequestId");
                return Err(Error::invalid_field("request_id", why));
            }
            Some(given) => given.to_owned(),
            None => clock::request_id().chars().take(most).collect(),
        };
        let time = match first.time.take() {
            Some(given) => given,
            None => self.next_timestamp(options).await,
        };
        let timestamp = time.to_string();
        let ids = SentIds { request_id, timestamp, digest: Vec::new() };
        let (ids, signers, body) = match &drafted.document {
            AttemptDocument::File(document, content) => {
                let signers = self.signers_for(document.command == FileCommand::UploadFile, options).await?;
                let sealed = self.seal_file(document, content.as_ref(), ids, (&signers, operation), options).await;
                let (ids, body) = sealed?;
                (ids, Some(signers), body)
            }
            AttemptDocument::Certificate(document) => {
                let (ids, body) = certificates::seal(self, document, ids, operation, options).await?;
                (ids, None, body)
            }
        };
        if options.is_logged() {
            let took = begun.elapsed().as_micros();
            let text = format!("{operation}: RequestId {}, sealed in {took} µs", ids.request_id);
            options.log_line(LogLevel::Debug, LogLine::new(text).with("request_id", ids.request_id.clone()));
        }
        let mut headers = message.headers.clone();
        // In quotes, and empty unless the profile says otherwise.
        let of_operation = match &drafted.document {
            AttemptDocument::Certificate(document) => document.soap_action(),
            AttemptDocument::File(..) => None,
        };
        let action = of_operation.or(self.connection.profile.soap_action.as_deref()).unwrap_or_default();
        headers.push("SOAPAction", format!("\"{action}\""));
        let (method, target) = (message.method.clone(), message.target.clone());
        let message = OutRequest { method, target, headers, body: Body::of_segments(SOAP, body) };
        Ok(SealedMessage { message, ids, signers })
    }

    /// The message with a document of the file service, signed twice.
    async fn seal_file(
        &self,
        document: &ApplicationRequest,
        content: Option<&UploadSource>,
        ids: SentIds,
        (signers, operation): (&RequestSigners, &str),
        options: &CallOptions,
    ) -> Result<(SentIds, Vec<Segment>)> {
        let (content_signer, envelope_signer) = (&signers.content, &signers.envelope);
        let SentIds { request_id, timestamp, .. } = ids;
        let document = ApplicationRequest { timestamp: timestamp.clone(), ..document.clone() };
        let header = self.connection.header(&request_id, &timestamp);
        let suffix: String = clock::request_id().chars().take(12).collect();
        let encrypts = self.connection.profile.document_encryption.is_some();
        if encrypts && signers.recipients.is_empty() {
            let why = "is missing: this bank encrypts its answers for it";
            return Err(Error::invalid_setting("encryption_certificate", why));
        }
        let encrypted = if encrypts { DraftEncryption::OfFile } else { DraftEncryption::None };
        let encryption = self.encryption(encrypted, options).await?;
        let mut seal = RequestSeal::begin(&document, &header, &suffix, encryption)?;
        if let Some(source) = content {
            seal = sealed_content(seal, source.clone(), options).await?;
        }
        let sealed = seal.finish_content(&content_signer.certificate)?;
        let digest = sealed.document_digest().to_vec();
        let value = content_signer.sign(sealed.bytes_to_sign(), operation, options).await?;
        // A person may have been asked: the times are those of now.
        let now_s = self.clock.now_s();
        let times = EnvelopeTimes { created: whole_seconds(now_s), expires: whole_seconds(now_s + LIFETIME_S) };
        let sealed = sealed.signed(&value, &times, &envelope_signer.certificate)?;
        let value = envelope_signer.sign(sealed.bytes_to_sign(), operation, options).await?;
        let body = sealed.message(&value, content.map(UploadSource::content));
        Ok((SentIds { request_id, timestamp, digest }, body))
    }
}

/// Passes the content through the seal: on a thread that may block, if there is much of it.
async fn sealed_content(mut seal: RequestSeal, source: UploadSource, options: &CallOptions) -> Result<RequestSeal> {
    if let UploadSource::Bytes(bytes) = &source
        && bytes.len() as u64 <= APART
    {
        seal.update(bytes)?;
        return Ok(seal);
    }
    let work = background::blocking(move || -> Result<RequestSeal> {
        match source.content() {
            Content::Bytes(bytes) => seal.update(&bytes)?,
            Content::Pieces(pieces) => {
                let mut next = pieces.take().ok_or_else(|| Error::new(&row::INTERNAL))?;
                while let Some(piece) = next()? {
                    seal.update(&piece)?;
                }
            }
            _ => return Err(Error::new(&row::INTERNAL)),
        }
        Ok(seal)
    });
    options.race(work).await?.map_err(|why| why.error("sealing the message was aborted"))?
}
