//! `EnrollCert` (docs/protocols/ws-channel.md §2.17, §6.2).

use bankchannel_crypto::random;
use bankchannel_storage::ws_channel::{CertState, CodeRefusal, EnrolOutcome, EnrolmentBegin, HeldCertSet};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::Bank,
    operations::certs::enroll_cert::{EnrollCertRequest, EnrollCertResponse},
    service_texts,
};

use super::{OK, material, own_scope};
use crate::{
    HandlerFault, ServiceCall, WsChannelService,
    banks::{BankChannel, CertificateEnrolment, alerts, life::CertificateLifeDriver},
};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: EnrollCertRequest,
) -> Result<EnrollCertResponse, HandlerFault> {
    call.concerns(request.bank.as_str(), &material::named(request.ws_user_id.as_str()));
    let session = call.caller()?;
    let account = session.account.as_ref().ok_or(&service_texts::NO_ACCOUNT)?;
    if !request.bank.enrols() {
        return Err((&service_texts::BANK_INVALID).into());
    }
    service.banks.check_entitled_call(service, call, request.bank).await?;
    let channel = service.banks.channel(request.bank).ok_or(&service_texts::NO_CHANNEL)?;
    let bank = request.bank;
    let enrolment = CertificateEnrolment {
        scope: own_scope(session, request.bank),
        ws_user_id: request.ws_user_id,
        company: request.company,
        code: request.code,
        account_company: account.company.clone(),
        now_ms: call.now_ms,
    };
    channel.check_enrolment(&enrolment)?;
    let ticket = random::base32_lower(26);
    let begin = EnrolmentBegin {
        scope: enrolment.scope.clone(),
        ws_user_id: enrolment.ws_user_id.as_str().to_owned(),
        company: enrolment.company.as_str().to_owned(),
        ticket: ticket.clone(),
        codes: channel.code_limits(),
        now: call.now_ms,
    };
    let held = match call.store(service).await?.begin_enrol(begin).await? {
        EnrolOutcome::Held(held) => *held,
        EnrolOutcome::Exists => return Err((&service_texts::CERTIFICATE_PRESENT).into()),
        EnrolOutcome::AtWork => {
            let detail = "It is worked on at this moment, and the code was not sent: list the certificates in a minute";
            return Err(ServiceRefusal::from(&service_texts::CERTIFICATE_PRESENT).with_detail(detail).into());
        }
        EnrolOutcome::NoAccount => return Err((&service_texts::NO_ACCOUNT).into()),
        EnrolOutcome::CodeRefused(refused) => {
            return Err(code_refused(service, &enrolment, bank, refused).await.into());
        }
    };
    let ws_user_id = enrolment.ws_user_id.clone();
    let enrolled = enrol(service, call, &*channel, enrolment, (bank, held, ticket)).await;
    if let (Err(_), Some(limits)) = (&enrolled, channel.code_limits()) {
        let least = usize::try_from(limits.per_account).unwrap_or(1);
        let who = (&*session.api_key, &*session.email);
        let what = (least, "the bank has refused codes for a first certificate, and locks after a few");
        alerts::tell_of_codes(service, who, (bank, ws_user_id.as_str()), what).await;
    }
    enrolled?;
    Ok(EnrollCertResponse::new(OK.into()))
}

/// The refusal of an enrolment for which no code is sent; the operator is told.
async fn code_refused(
    service: &WsChannelService,
    enrolment: &CertificateEnrolment,
    bank: Bank,
    refused: CodeRefusal,
) -> ServiceRefusal {
    let (text, what, advice) = match refused {
        CodeRefusal::Spent => (
            &service_texts::CODES_SPENT,
            "no more codes are sent, so that the bank does not lock it",
            "Compare code, user id and company with the bank's letter, then ask the operator to release the user id",
        ),
        CodeRefusal::OtherAccount => (
            &service_texts::USER_ID_OF_ANOTHER,
            "its codes are not sent: another account has a certificate for it, or you have named others",
            "Ask the operator to allow it for this account, or have that account share its certificates",
        ),
    };
    let who = (&*enrolment.scope.api_key, &*enrolment.scope.email);
    alerts::tell_of_codes(service, who, (bank, enrolment.ws_user_id.as_str()), (0, what)).await;
    ServiceRefusal::from(text).with_detail(advice)
}

async fn enrol(
    service: &WsChannelService,
    call: &ServiceCall,
    channel: &dyn BankChannel,
    enrolment: CertificateEnrolment,
    (bank, held, ticket): (Bank, HeldCertSet, String),
) -> Result<(), HandlerFault> {
    let is_open = held.set.state == CertState::Pending;
    let to_drive = CertificateLifeDriver {
        service,
        channel,
        bank,
        held,
        ticket,
        writer: call.settling(service),
        code: Some(enrolment.code),
        company: Some(enrolment.company.as_str().to_owned()),
        audit: call.audit_entry(&enrolment.scope.bank, "done"),
    };
    let mut driver = to_drive.driver()?;
    // Where nothing more is tried by itself, a new code of the bank goes on.
    let may_go_on = is_open || driver.life().stopped.is_some();
    let done = if may_go_on && driver.ready_for_code().await? {
        let enrolled = driver.enrol().await;
        if enrolled.is_ok() {
            call.is_recorded_by_its_step();
        }
        enrolled.map(drop).map_err(HandlerFault::from)
    } else {
        Err((&service_texts::CERTIFICATE_PRESENT).into())
    };
    driver.store().release().await;
    done
}
