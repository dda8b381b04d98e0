//! Requests to a bank's certificate service: signed by the present certificate, or unsigned.

use std::{future::Future, pin::Pin};

use bankchannel_crypto::{digest, x509::Certificate};
use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    error::row,
    message::Segment,
    model::{Boundary as _, Field, Object},
    operation::{Declaration, Operation as _},
};
use bankchannel_renewal::CertificateRequests;
use bankchannel_sepa_web_services::{
    answer::bank_encryption_certificate,
    codec::{CertificateQuestion, DraftedDocument, FileServiceConnection, listed_certificates},
    errors,
    operations::certificates::{
        get_bank_certificates::{GetBankCertificates, GetBankCertificatesResponse},
        renew_certificate::{RenewBankCertificate, RenewBankCertificateResponse},
        request_certificate::{RequestBankCertificate, RequestBankCertificateResponse},
    },
    profile::BankFamily,
    request::{CertificateApplication, CertificateCommand, CertificateHeader},
};

use super::{
    encryption::DraftEncryption,
    exchange::{BelievedExchange, RefusedExchange},
    sender::FileServiceSender,
    sent_ids::SentIds,
};
use crate::{CallOptions, LogLevel, LogLine, client::exchange::ExchangeCall};

/// Requests for certificates, and the bank's code for the first ones.
pub(super) struct AskedCertificate<'a> {
    pub(super) requests: &'a CertificateRequests,
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
        let CertificateRequests { signing, encryption } = self.requests.clone();
        let question = CertificateQuestion {
            request: Some(signing),
            encryption_request: encryption,
            code: self.code.clone(),
            ..CertificateQuestion::default()
        };
        connection.certificate_application(command, question)
    }
}

/// The wire's word for an operation, as it is verified in answers.
pub(super) fn operation_of(document: &CertificateApplication) -> &'static str {
    let is_danske = document.family == BankFamily::Danske;
    match document.command {
        CertificateCommand::RequestCertificate if is_danske => "create_certificate",
        CertificateCommand::RenewCertificate if is_danske => "renew_certificate",
        CertificateCommand::GetBankCertificates if is_danske => "get_bank_certificate",
        CertificateCommand::RequestCertificate | CertificateCommand::RenewCertificate => "get_certificate",
        CertificateCommand::GetBankCertificates => "get_service_certificates",
        CertificateCommand::ListOwnCertificates if document.serial_numbers.is_empty() => "get_own_certificate_list",
        CertificateCommand::ListOwnCertificates => "certificate_status",
        CertificateCommand::RevokeCertificate => "revoke_certificate",
    }
}

/// Whether this bank's certificate service can be asked for the bank's authorities. Danske's answers with other certificates:
/// its signers lead to its root directly.
pub(super) fn gives_authorities(sender: &FileServiceSender) -> bool {
    let profile = &sender.connection.profile;
    let offers = profile.offers(CertificateCommand::GetBankCertificates) && profile.family != Some(BankFamily::Danske);
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
    match bank_authorities(sender, &of_own_message(options)).await {
        Ok(authorities) => sender.learn(authorities, options).await,
        Err(error) => {
            let text = "the bank's authorities could not be fetched";
            options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
            false
        }
    }
}

/// The options of a message of the client's own, which the caller's for its request do not apply to.
pub(super) fn of_own_message(options: &CallOptions) -> CallOptions {
    CallOptions {
        timeout: options.timeout,
        cancel: options.cancel.clone(),
        log: options.log.clone(),
        traceparent: options.traceparent.clone(),
        hooks: options.hooks.clone(),
        ..CallOptions::default()
    }
}

/// The authorities that the bank names: its answer is believed. On the heap, because opening an answer leads here.
fn bank_authorities<'a>(
    sender: &'a FileServiceSender,
    options: &'a CallOptions,
) -> Pin<Box<dyn Future<Output = Result<Vec<Certificate>>> + Send + 'a>> {
    Box::pin(async move { listed_certificates(&bank_certificates(sender, options).await?) })
}

/// The fields of the bank's answer about its own certificates, which is believed.
async fn bank_certificates(sender: &FileServiceSender, options: &CallOptions) -> Result<Object<'static>> {
    let command = CertificateCommand::GetBankCertificates;
    let drafted = sender.connection.certificate_application(command, CertificateQuestion::default());
    let document = drafted.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
    let document = DraftedDocument::Certificate(Box::new(document));
    let (declaration, fields) = (&GetBankCertificates::DECLARATION, GetBankCertificatesResponse::SHAPE.fields());
    let asked = sender.exchange_document(declaration, document, fields, None, options).await;
    Ok(asked.map_err(|refused| refused.error)?.fields)
}

/// The roots that a bank is asked by at most: their time is that of the call.
const ROOTS_MAX: usize = 5;
/// The code of Danske's certificate service for a root that it does not have.
const UNKNOWN_ROOT: &str = "20";

/// Whether a request names a root of the bank's, and does not yet.
pub(super) fn asks_by_root(document: &CertificateApplication) -> bool {
    let asks = document.command == CertificateCommand::GetBankCertificates && document.family == BankFamily::Danske;
    asks && document.root_serial.is_none()
}

/// Whether the bank says that it does not have the root. That may be unsigned: another root that is trusted is tried.
fn is_unknown_root(error: &Error) -> bool {
    let says = error.peer().and_then(|peer| peer.code.as_deref());
    [&errors::FAULT, &errors::REFUSED].contains(&error.row()) && says == Some(UNKNOWN_ROOT)
}

impl FileServiceSender {
    /// Asks a bank for its certificates by the serial number of its root: that of the newest one that is trusted, and if the bank
    /// does not have it, that of the next, five in all. A new root is trusted before the bank goes over to it.
    pub(super) async fn exchange_by_root(
        &self,
        declaration: &'static Declaration,
        document: &CertificateApplication,
        fields: &'static [Field],
        options: &CallOptions,
    ) -> Result<BelievedExchange, RefusedExchange> {
        let deadline = ExchangeCall::begin(declaration, options, self.exchange_timeout)?.deadline;
        self.look_at_revocations(&options.until(deadline)).await?;
        let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
        let roots = self.trust.holding_anchors(self.clock.now_s(), &options.until(deadline)).await.map_err(not_sent)?;
        let mut first: Option<RefusedExchange> = None;
        for (at, root) in roots.iter().take(ROOTS_MAX).enumerate() {
            if at > 0 {
                let text =
                    "the bank does not have the root that it was asked by: it is asked by the next one that is trusted";
                options.log_line(LogLevel::Info, LogLine::new(text).with("serial", root.serial_hex()));
            }
            let document = CertificateApplication { root_serial: Some(root.serial_decimal()), ..document.clone() };
            let document = DraftedDocument::Certificate(Box::new(document));
            // An id that the caller gave is of one request.
            let request_id = options.request_id.clone().filter(|_| at == 0);
            let own = CallOptions { request_id, timeout: options.until(deadline).timeout, ..options.clone() };
            match self.exchange_once(declaration, document, fields, None, &own).await {
                Err(refused) if is_unknown_root(&refused.error) => {
                    first.get_or_insert(refused);
                }
                // The bank's answer says more than that there was no time to ask again.
                Err(unsent) if unsent.error.outcome() == Some(CallOutcome::NotSent) && first.is_some() => break,
                done => return done,
            }
        }
        Err(first.unwrap_or_else(|| {
            let why = "is missing: the bank is asked for its certificates by the serial number of its root";
            Error::invalid_setting("trusted", why).with_outcome(CallOutcome::NotSent).into()
        }))
    }
}

/// The bank's certificate for encryption, asked for now. On the heap, because sealing a message leads here.
pub(super) fn asked_bank_encryption<'a>(
    sender: &'a FileServiceSender,
    options: &'a CallOptions,
) -> Pin<Box<dyn Future<Output = Result<Certificate>> + Send + 'a>> {
    Box::pin(async move {
        let fields = bank_certificates(sender, options).await?;
        bank_encryption_certificate(&fields).ok_or_else(|| {
            let text = "the bank's answer has no certificate for encryption";
            Error::because(&row::PEER_PROTOCOL, text).with_outcome(CallOutcome::NotSent)
        })
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
    let document = CertificateApplication {
        timestamp: ids.timestamp.clone(),
        request_id: ids.request_id.clone(),
        ..document.clone()
    };
    let (before, end) = (document.write()?, document.end());
    let digest = digest::sha256(format!("{before}{end}").as_bytes()).to_vec();
    let whole = if document.command.is_signed() {
        let signers = sender.signers_for(true, options).await?;
        let signer = &signers.content;
        let unsigned = document.to_be_signed(&signer.certificate)?;
        let value = signer.sign(unsigned.bytes_to_sign(), operation, options).await?;
        unsigned.signed(&value)
    } else {
        before + &end
    };
    let encrypted = match document.is_encrypted() {
        true => DraftEncryption::OfCertificateRequest,
        false => DraftEncryption::None,
    };
    let whole = match sender.encryption(encrypted, options).await? {
        Some(draft) => draft.encrypted(whole.as_bytes())?,
        None => whole,
    };
    let header = CertificateHeader {
        sender_id: &sender.connection.sender_id,
        request_id: &ids.request_id,
        timestamp: &ids.timestamp,
    };
    let message = document.envelope(header, &whole)?;
    Ok((SentIds { digest, ..ids }, vec![Segment::Literal(message.into())]))
}
