//! Renews a certificate when it is due, and continues an unfinished request (§6).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_renewal::RenewalEnd;
use bankchannel_sepa_web_services::errors;

use super::{Flow, certificate_status::CertificateStatusResponse, certificates_flow, channel::FileFlowSteps, not_sent};
use crate::{
    CallOptions,
    sepa_web_services::{
        SepaWebServices,
        identity::{IdentityRenewing, renewing, settle_unopened},
    },
};

/// When.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct RenewRequest {
    /// Whether to renew now, although it is not due. Default: false.
    pub now: Option<bool>,
    /// Whether to go on after a stop, because a person has acted. Default: false.
    pub resume: Option<bool>,
    /// Whether to give up the request that is under way, because the bank has said that it will not come to an end. Its key
    /// stays in the folder. Nothing is sent. Default: false.
    pub discard: Option<bool>,
    /// The company's name, if the bank wants it and knows the company by another name now. Default: the setting `company`,
    /// then the name with which the present certificate was asked for.
    pub company: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RenewResponse {
    /// Whether a new certificate was issued by this call.
    pub renewed: bool,
    /// How it stands now.
    pub status: CertificateStatusResponse,
}

/// Renew the certificate in `identity_dir` if it is due, or go on with a renewal that was begun.
///
/// At a bank that encrypts both pairs are renewed as one.
///
/// Call it every day, or before each batch: most calls do nothing. A new key and its request are on disk before anything is
/// sent; an attempt whose answer was lost is sent again with the same request. The new certificate is tried with a list;
/// until it has worked, the old one signs files, where the bank still takes it. One call renews once: a certificate that is
/// due again at once waits for another day, and `warnings` says so. Of two calls at once one works, the other is
/// `identity_busy`. If a person has to act, the error `person_needed` says what.
#[derive(Debug, Operation)]
#[operation(RenewRequest => RenewResponse)]
#[declaration(..certificates_flow("sepa_web_services.renew"))]
#[errors(errors::{
    IDENTITY_BUSY, ALREADY_ENROLLED, PERSON_NEEDED, NOT_OFFERED, FAULT, ANSWER_SIGNATURE, ANSWER_NOT_TRUSTED,
    ANSWER_NOT_DECRYPTED, BANK_CERTIFICATE_MISSING, REVOCATION_UNKNOWN, ANSWER_STALE, CERTIFICATE_NOT_OURS, CERTIFICATE_UNFIT, CERTIFICATE_REFUSED, SIGNATURE_REFUSED, AGREEMENT_REFUSED,
    REFUSED, BANK_FAILED,
})]
pub struct Renew;

impl Flow<SepaWebServices> for Renew {
    async fn run(client: &SepaWebServices, request: RenewRequest, options: &CallOptions) -> Result<RenewResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let sender = client.sender()?;
        let (identity, rules) = (sender.identity()?.clone(), sender.rules_of_renewal());
        let held = steps.work(move || identity.hold()).await.map_err(not_sent)?;
        let (client, company) = (client.clone(), request.company.clone().or_else(|| client.company()));
        super::finished(&steps, options, move |options: CallOptions| async move {
            let renewing = renewing(client, held, rules, (None, company), options.clone());
            take_due_steps(renewing, request, options).await
        })
        .await
    }
}

/// Takes all steps that are due.
async fn take_due_steps(
    mut renewing: IdentityRenewing,
    request: RenewRequest,
    options: CallOptions,
) -> Result<RenewResponse> {
    if request.resume == Some(true) {
        renewing
            .change(|life| {
                life.resume();
                Ok(())
            })
            .await?;
    }
    if request.discard == Some(true) {
        if renewing.life().attempt.is_none() {
            let why = "can be true only while a request is under way: certificate_status shows none";
            return Err(not_sent(Error::invalid_field("discard", why)));
        }
        renewing.change(|life| life.discard().map(drop)).await.map_err(|fault| not_sent(fault.into()))?;
        let status = CertificateStatusResponse::read(&renewing.bank.client, &options).await?;
        return Ok(RenewResponse { renewed: false, status });
    }
    renewing.bank.client.sender()?.note_job(&options).await;
    settle_unopened(&mut renewing).await.map_err(not_sent)?;
    let run = renewing.run(request.now == Some(true)).await?;
    let person = match run.end {
        RenewalEnd::Rests => None,
        RenewalEnd::Person(why) => Some(why),
        RenewalEnd::NeedsCode => {
            Some("a first certificate was asked for: call enrol again, with the same code".to_owned())
        }
    };
    if let Some(why) = person {
        return Err(not_sent(Error::because(&errors::PERSON_NEEDED, why)));
    }
    let status = CertificateStatusResponse::read(&renewing.bank.client, &options).await?;
    Ok(RenewResponse { renewed: run.renewed, status })
}
