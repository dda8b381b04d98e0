//! Reads the accounts of a consent (§4.5). Their links lead to operations that this bank does not have.

use bankchannel_nextgen_psd2::{
    model::{Account, Amount, Balance, PsuCorporateId, PsuId, TppSessionId},
    operations::accounts::get_accounts::{GetAccountsRequest, GetAccountsResponse},
    signing::SigningDialect,
};

use crate::{
    BankCall, SandboxBank, SandboxRefusal,
    links::links,
    state::{AccountView, ConsentOffer, ReadingAccess, UseProblem},
    web,
};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: GetAccountsRequest,
) -> Result<GetAccountsResponse, SandboxRefusal> {
    let access = match call.dialect {
        SigningDialect::Era => ReadingAccess::Era {
            psu_id: request.psu_id.as_ref().map(PsuId::as_str),
            tpp_session_id: request.tpp_session_id.as_ref().map(TppSessionId::as_str),
        },
        SigningDialect::Bg => ReadingAccess::Bg {
            consent_id: request.consent_id.as_deref().ok_or_else(|| SandboxRefusal {
                path: Some("Consent-ID".into()),
                ..SandboxRefusal::by(
                    "V36",
                    400,
                    "FORMAT_ERROR",
                    "Consent-ID is missing: accounts are read with a consent",
                )
            })?,
        },
    };
    let present = request.psu.as_ref().is_some_and(|psu| psu.ip_address.is_some());
    let read = bank.state.read_accounts(call.tpp, access, present, call.now_s);
    let views = read.map_err(|problem| refused(bank, call, &request, problem))?;
    let with_balance = request.with_balance == Some(true);
    let accounts = views.into_iter().map(|view| account(call.dialect, view, with_balance)).collect();
    Ok(GetAccountsResponse::new(accounts))
}

/// In dialect `era` the error carries a redirect for a new consent (§4.5, step 2). Afterwards the customer returns to
/// the `TPP-Redirect-URI` of this signed request or, if it has none, to a page of the bank (S-11).
fn refused(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: &GetAccountsRequest,
    problem: UseProblem,
) -> SandboxRefusal {
    let (status, code) = problem.answer(call.dialect);
    let mut refusal = SandboxRefusal::new(status, code, problem.text());
    match problem {
        UseProblem::Exceeded { retry_after_s } => refusal.retry_after_s = u32::try_from(retry_after_s).ok(),
        UseProblem::Invalid | UseProblem::Expired if call.dialect == SigningDialect::Era => {
            refusal.sca_redirect = offer(bank, call, request).map(Into::into);
        }
        _ => {}
    }
    refusal
}

fn offer(bank: &SandboxBank, call: &BankCall<'_>, request: &GetAccountsRequest) -> Option<String> {
    let own = format!("{}{}", bank.origin, web::RETURN);
    let psu_id = request.psu_id.as_ref().map(PsuId::as_str).filter(|id| bank.state.knows_psu(call.tpp, id));
    let corporate = request.psu_corporate_id.as_ref().map(PsuCorporateId::as_str);
    let corporate = psu_id.zip(corporate).filter(|(psu, id)| bank.state.corporate_allowed(call.tpp, psu, id));
    let offer = ConsentOffer {
        redirect_uri: call.redirect_uri.unwrap_or(&own),
        psu_id,
        psu_corporate_id: corporate.map(|(_, id)| id),
        psu_context: None,
    };
    let redirect = bank.state.offer(call.tpp, &offer, call.now_s).ok()?;
    Some(bank.sca_redirect(call.dialect, &redirect.state, redirect.context))
}

fn account(dialect: SigningDialect, view: AccountView, with_balance: bool) -> Account {
    let own = format!("/v1/accounts/{}", view.resource_id);
    let balance = view.balance.filter(|_| with_balance).map(|amount| {
        let mut made = Balance::new(Amount::new(view.currency.clone(), amount));
        made.balance_type = Some("interimAvailable".to_owned());
        made.credit_limit_included = Some(false);
        vec![made]
    });
    let mut made = Account::new(links(
        dialect,
        [
            ("balances", format!("{own}/balances")),
            ("transactions", format!("{own}/transactions?bookingStatus=both")),
            ("self", own),
        ],
    ));
    made.resource_id = Some(view.resource_id);
    made.iban = Some(view.iban);
    made.bban = Some(view.bban);
    made.currency = Some(view.currency);
    made.name = Some(view.name);
    made.owner_name = view.owner_name;
    made.product = Some(view.product.to_owned());
    made.cash_account_type = Some(view.cash_account_type.to_owned());
    made.bic = Some(view.bic.to_owned());
    made.balances = balance;
    made
}
