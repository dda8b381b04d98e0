//! Requests to a bank's certificate service: signed by the present certificate, or unsigned.

use std::{future::Future, pin::Pin};

use bankchannel_crypto::{
    digest,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    message::Segment,
    model::{Boundary as _, Field},
    operation::{Declaration, Operation as _},
};
use bankchannel_sepa_web_services::{
    codec::{DraftedDocument, FileServiceConnection, listed_certificates},
    operations::certificates::{
        get_bank_certificates::{GetBankCertificates, GetBankCertificatesResponse},
        renew_certificate::{RenewBankCertificate, RenewBankCertificateResponse},
        request_certificate::{RequestBankCertificate, RequestBankCertificateResponse},
    },
    request::{CertificateApplication, CertificateCommand, CertificateHeader},
};

use super::{sender::FileServiceSender, sent_ids::SentIds};
use crate::{CallOptions, LogLevel, LogLine};

/// A request for a certificate, and the bank's code for the first one.
pub(super) struct AskedCertificate<'a> {
    pub(super) request: &'a CertificateRequest,
    /// The bank's code for a first certificate; the next one is signed with the present pair.
    pub(super) code: Option<Secret>,
}

impl AskedCertificate<'_> {
    /// The operation on the boundary that asks for the same, and the fields of its response.
    pub(super) fn operation(&self) -> (&'static Declaration, &'static [Field]) {
        match &self.code {
            Some(_) => (&RequestBankCertificate::DECLARATION, RequestBankCertificateResponse::SHAPE.fields()),
            None => (&RenewBankCertificate::DECLARATION, RenewBankCertificateResponse::SHAPE.fields()),
        }
    }

    /// Its document.
    ///
    /// # Errors
    /// `sepa_web_services.not_offered`; `input.invalid_field`, naming `code`.
    pub(super) fn document(&self, connection: &FileServiceConnection) -> Result<CertificateApplication> {
        let command = match &self.code {
            Some(_) => CertificateCommand::RequestCertificate,
            None => CertificateCommand::RenewCertificate,
        };
        connection.certificate_application(command, Some(self.request.clone()), self.code.clone())
    }
}

/// The wire's word for an operation, as it is verified in answers.
pub(super) fn operation_of(command: CertificateCommand) -> &'static str {
    match command {
        CertificateCommand::RequestCertificate | CertificateCommand::RenewCertificate => "get_certificate",
        CertificateCommand::GetBankCertificates => "get_service_certificates",
    }
}

/// Whether this bank's certificate service can be asked for the bank's authorities.
pub(super) fn gives_authorities(sender: &FileServiceSender) -> bool {
    let offers = sender.connection.profile.offers(CertificateCommand::GetBankCertificates);
    offers && sender.certificate_transport().is_ok()
}

/// Asks the bank for its authorities and remembers them: its answer is believed only if it leads to an anchor itself. Of calls
/// at once one asks, unless the bank was asked a short time ago. Returns whether more are known than when there were `known`.
pub(super) async fn learn_authorities(
    sender: &FileServiceSender,
    known: usize,
    error: &Error,
    options: &CallOptions,
) -> bool {
    let Ok(_turn) = options.race(sender.trust.turn_to_ask()).await else { return false };
    if sender.trust.count_learnt() != known {
        return true;
    }
    if !sender.trust.may_ask() {
        return false;
    }
    let text = "the authority of the bank's signer is not known: the bank is asked for its authorities";
    options.log_line(LogLevel::Info, LogLine::new(text).with("error", error.to_string()));
    // A message of its own: the caller's options for its own request do not apply to it.
    let own = CallOptions {
        timeout: options.timeout,
        cancel: options.cancel.clone(),
        log: options.log.clone(),
        traceparent: options.traceparent.clone(),
        hooks: options.hooks.clone(),
        ..CallOptions::default()
    };
    match bank_authorities(sender, &own).await {
        Ok(authorities) => sender.learn(authorities, options).await,
        Err(error) => {
            let text = "the bank's authorities could not be fetched";
            options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
            false
        }
    }
}

/// The authorities that the bank names: its answer is believed. On the heap, because opening an answer leads here.
fn bank_authorities<'a>(
    sender: &'a FileServiceSender,
    options: &'a CallOptions,
) -> Pin<Box<dyn Future<Output = Result<Vec<Certificate>>> + Send + 'a>> {
    Box::pin(async move {
        let drafted = sender.connection.certificate_application(CertificateCommand::GetBankCertificates, None, None);
        let document = drafted.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
        let document = DraftedDocument::Certificate(Box::new(document));
        let (declaration, fields) = (&GetBankCertificates::DECLARATION, GetBankCertificatesResponse::SHAPE.fields());
        let asked = sender.exchange_document(declaration, document, fields, None, options).await;
        listed_certificates(&asked.map_err(|refused| refused.error)?.fields)
    })
}

/// The message of one attempt.
///
/// # Errors
/// Those of signing; `configuration.invalid` for a renewal without a certificate.
pub(super) async fn seal(
    sender: &FileServiceSender,
    document: &CertificateApplication,
    ids: SentIds,
    operation: &str,
    options: &CallOptions,
) -> Result<(SentIds, Vec<Segment>)> {
    let document = CertificateApplication { timestamp: ids.timestamp.clone(), ..document.clone() };
    let (before, end) = (document.write()?, CertificateApplication::END);
    let digest = digest::sha256(format!("{before}{end}").as_bytes()).to_vec();
    let whole = if document.command == CertificateCommand::RenewCertificate {
        let signers = sender.signers_for(true, options).await?;
        let signer = &signers.content;
        let unsigned = document.to_be_signed(&signer.certificate)?;
        let value = signer.sign(unsigned.bytes_to_sign(), operation, options).await?;
        unsigned.signed(&value)
    } else {
        before + end
    };
    let header = CertificateHeader {
        sender_id: &sender.connection.sender_id,
        request_id: &ids.request_id,
        timestamp: &ids.timestamp,
    };
    let message = document.envelope(header, &whole)?;
    Ok((SentIds { digest, ..ids }, vec![Segment::Literal(message.into())]))
}
