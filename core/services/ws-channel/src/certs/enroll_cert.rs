//! `EnrollCert` (docs/protocols/ws-channel.md §2.17, §6.2).

use bankchannel_crypto::{random, x509::Certificate};
use bankchannel_storage::ws_channel::{CertMaterial, EnrolOutcome, EnrolmentCompletion, FileScope, NewCertSet};
use bankchannel_ws_channel::{
    model::Bank,
    operations::certs::enroll_cert::{EnrollCertRequest, EnrollCertResponse},
    service_texts,
};

use super::{
    OK,
    material::{self, ENCRYPTION, SIGNING, SealedFor},
    own_scope,
};
use crate::{
    banks::{BankChannel, CertificateEnrolment, IssuedCertificates, IssuedPair, PKI_TIMEOUT, within},
    fault::HandlerFault,
    keys::ServiceKeys,
    service::{ServiceCall, WsChannelService},
};

/// Age after which an enrolment left by a crash may be replaced: longer than any bank may take.
const STALE_MS: i64 = 10 * 60 * 1000;

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: EnrollCertRequest,
) -> Result<EnrollCertResponse, HandlerFault> {
    let session = call.caller()?;
    let account = session.account.as_ref().ok_or(&service_texts::NO_ACCOUNT)?;
    if request.bank == Bank::Seb {
        return Err((&service_texts::BANK_INVALID).into());
    }
    service.banks.check_entitled_call(service, call, request.bank).await?;
    let channel = service.banks.channel(request.bank).ok_or(&service_texts::NO_CHANNEL)?;
    let enrolment = CertificateEnrolment {
        scope: own_scope(session, request.bank),
        ws_user_id: request.ws_user_id,
        company: request.company,
        code: request.code,
        account_company: account.company.clone(),
        now_ms: call.now_ms,
    };
    channel.check_enrolment(&enrolment)?;
    let scope = &enrolment.scope;
    let ticket = random::base32_lower(26);
    match call.store(service).await?.begin_enrol(scope, &ticket, call.now_ms, call.now_ms - STALE_MS).await? {
        EnrolOutcome::Done => {}
        EnrolOutcome::Exists => return Err((&service_texts::CERTIFICATE_PRESENT).into()),
        EnrolOutcome::NoAccount => return Err((&service_texts::NO_ACCOUNT).into()),
    }
    let stored = enrol(service, call, channel, &enrolment, &ticket).await;
    if stored.is_err() {
        call.settling(service).abandon_enrol(&scope.email, &scope.bank, &ticket).await?;
    }
    stored?;
    Ok(EnrollCertResponse::new(OK.into()))
}

async fn enrol(
    service: &WsChannelService,
    call: &ServiceCall,
    channel: &dyn BankChannel,
    enrolment: &CertificateEnrolment,
    ticket: &str,
) -> Result<(), HandlerFault> {
    let issued = within(PKI_TIMEOUT, channel.enrol(enrolment)).await?;
    let scope = &enrolment.scope;
    let (ws_user_id, company) = (enrolment.ws_user_id.as_str(), enrolment.company.as_str());
    let (set, ledgers, files) = new_set(&service.keys, scope, ws_user_id, company, issued)?;
    let detail = format!("serial {}", set.signing.serial);
    let completion = EnrolmentCompletion {
        api_key: scope.api_key.clone(),
        email: scope.email.clone(),
        bank: scope.bank.clone(),
        ticket: ticket.to_owned(),
        set,
        ledgers,
        files,
        now: call.now_ms,
    };
    match call.settling_audited(service, &scope.bank, &detail, "").complete_enrol(completion).await? {
        EnrolOutcome::Done => Ok(()),
        EnrolOutcome::Exists => Err((&service_texts::CERTIFICATE_PRESENT).into()),
        EnrolOutcome::NoAccount => Err((&service_texts::NO_ACCOUNT).into()),
    }
}

/// The certificates issued by a bank as a set with sealed private keys.
pub(crate) fn new_set(
    keys: &ServiceKeys,
    scope: &FileScope,
    ws_user_id: &str,
    company: &str,
    issued: IssuedCertificates,
) -> Result<
    (NewCertSet, Vec<bankchannel_storage::ws_channel::NewLedger>, Vec<bankchannel_storage::ws_channel::NewBankFile>),
    HandlerFault,
> {
    let seal = |purpose, pair: &IssuedPair| -> Result<CertMaterial, HandlerFault> {
        let certificate =
            Certificate::from_pem(&pair.certificate).map_err(|_| &service_texts::BANK_RESPONSE_UNPARSABLE)?;
        if !certificate.matches_private_key(&pair.private_key) {
            return Err((&service_texts::BANK_RESPONSE_UNPARSABLE).into());
        }
        material::seal(
            keys,
            SealedFor { email: &scope.email, bank: &scope.bank, purpose },
            &certificate,
            &pair.private_key,
        )
    };
    let set = NewCertSet {
        ws_user_id: ws_user_id.to_owned(),
        company: company.to_owned(),
        target_id: issued.target_id,
        signing: seal(SIGNING, &issued.signing)?,
        encryption: issued.encryption.as_ref().map(|pair| seal(ENCRYPTION, pair)).transpose()?,
    };
    Ok((set, issued.ledgers, issued.files))
}
