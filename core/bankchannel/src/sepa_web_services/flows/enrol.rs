//! Asks for a first certificate and keeps it with its key (§5, §6).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_sepa_web_services::errors;

use super::{
    Flow, certificate_status::CertificateStatusResponse, certificates_flow, channel::FileFlowSteps, not_sent,
    renew::Renew,
};
use crate::{
    CallOptions,
    sepa_web_services::{
        SepaWebServices,
        identity::{renewing, settle_unopened},
    },
};

/// The code.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EnrolRequest {
    /// The bank's code, as in `request_certificate`. Nordea: ten digits. OP: sixteen, the eight of the agreement first. Danske: the PIN.
    pub code: Secret,
    /// The company's name, as it stands in the agreement, letter by letter, where the setting `company` does not have it.
    /// Nordea wants it. It is kept: renewals ask for the same name.
    pub company: Option<String>,
}

/// The certificate is there.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct EnrolResponse {
    /// The certificate, PEM.
    pub certificate: String,
    /// The certificate of the key that decrypts, PEM, at banks that encrypt.
    pub encryption_certificate: Option<String>,
    /// How it stands now.
    pub status: CertificateStatusResponse,
}

/// Ask for a first certificate with a code of the bank, and keep it with its key in `identity_dir`.
///
/// At a bank that encrypts there are two of each: one pair signs, the other decrypts.
///
/// Key and request are on disk before anything is sent. If the outcome is `unknown`, call it again with the same code: the
/// same request is sent, never one for another key. Once begun, it is finished even if the caller gives up waiting. It is
/// `already_enrolled` if a certificate is there, or asked for by a renewal; with a new code it goes on where a renewal has
/// stopped, or where the certificate has ended: a request whose outcome is not known stays the same.
#[derive(Debug, Operation)]
#[operation(EnrolRequest => EnrolResponse)]
#[declaration(..certificates_flow("sepa_web_services.enrol"))]
#[errors(..Renew::DECLARATION.errors)]
pub struct Enrol;

impl Flow<SepaWebServices> for Enrol {
    async fn run(client: &SepaWebServices, request: EnrolRequest, options: &CallOptions) -> Result<EnrolResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let sender = client.sender()?;
        // A code that cannot be right costs nothing.
        let code = sender.connection.profile.checked_code(&request.code)?;
        let company = request.company.or_else(|| client.company());
        sender.connection.profile.certificate_name(&sender.connection.customer_id, company.as_deref())?;
        sender.check_target().map_err(not_sent)?;
        let (identity, rules) = (sender.identity()?.clone(), sender.rules_of_renewal());
        steps.step("asking for a certificate");
        let held = steps.work(move || identity.hold()).await.map_err(not_sent)?;
        let client = client.clone();
        let finishing = super::finished(&steps, options, move |options: CallOptions| async move {
            let mut renewing = renewing(client, held, rules, (Some(code), company), options.clone());
            settle_unopened(&mut renewing).await.map_err(not_sent)?;
            if !renewing.ready_for_code().await? {
                return Err(not_sent(Error::new(&errors::ALREADY_ENROLLED)));
            }
            let certificates = renewing.enrol().await?;
            let status = CertificateStatusResponse::read(&renewing.bank.client, &options).await?;
            let encryption_certificate = certificates.encryption.map(|one| one.to_pem());
            Ok(EnrolResponse { certificate: certificates.signing.to_pem(), encryption_certificate, status })
        });
        finishing.await
    }
}
