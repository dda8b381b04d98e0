//! Connects the customer's page to the state: shows a request and carries out the answer (§4.4, §4.5).

use bankchannel_nextgen_psd2::{certificates::Certificate, model::CustomerContext};

use super::{
    pages::{
        self, AccessPurpose, AnsweringCustomer, CustomerCapacity, CustomerForm, DeadLink, ListedAccount, ScaPage,
        ScaPageNotice,
    },
    service::SandboxBank,
    state::{self, CustomerDecision, ScaCustomer, ScaProblem, ScaView, WantedAccess},
};
use bankchannel_server::http::page::HtmlPage;

/// The name attributes of a certificate that identify its holder, preferred first: organizationName, commonName.
const NAMES: [&str; 2] = ["2.5.4.10", "2.5.4.3"];

/// Shows the page when the customer opens it.
pub(crate) fn opened(bank: &SandboxBank, state: &str) -> HtmlPage {
    match bank.state.open_redirect(state, bank.now_s()) {
        Ok(view) => approval_page(bank, &view, None),
        Err(problem) => pages::dead(dead(problem)),
    }
}

/// Handles the form with the customer's answer.
pub(crate) fn answered(bank: &SandboxBank, body: &[u8]) -> HtmlPage {
    let Ok(form) = CustomerForm::parse(body) else { return pages::dead(DeadLink::Malformed) };
    let decision = match form.approve {
        true => CustomerDecision::Approve { psu: form.customer, accounts: Some(form.accounts) },
        false => CustomerDecision::Refuse,
    };
    decided(bank, &form.state, decision)
}

/// Applies the decision and redirects the browser; after an invalid choice, shows the same page again.
pub(crate) fn decided(bank: &SandboxBank, state: &str, decision: CustomerDecision) -> HtmlPage {
    let problem = match bank.state.decide(state, decision.clone(), bank.now_s()) {
        Ok(url) => return pages::redirect(url),
        Err(problem) => problem,
    };
    let notice = match problem {
        ScaProblem::NoAccount => ScaPageNotice::NoAccount,
        ScaProblem::NotOffered => ScaPageNotice::NoCustomer,
        other => return pages::dead(dead(other)),
    };
    match bank.state.open_redirect(state, bank.now_s()) {
        Ok(mut view) => {
            let answering = chosen_before(&mut view, decision);
            approval_page(bank, &view, Some((notice, answering.as_deref())))
        }
        Err(problem) => pages::dead(dead(problem)),
    }
}

/// Keeps the earlier choice selected on the page; returns the customer's key.
fn chosen_before(view: &mut ScaView, decision: CustomerDecision) -> Option<String> {
    let CustomerDecision::Approve { psu: Some(psu), accounts } = decision else { return None };
    let person = view.people.iter_mut().find(|person| person.key == psu)?;
    for account in &mut person.accounts {
        account.chosen = accounts.as_ref().is_none_or(|chosen| chosen.contains(&account.id));
    }
    Some(psu)
}

fn approval_page(bank: &SandboxBank, view: &ScaView, again: Option<(ScaPageNotice, Option<&str>)>) -> HtmlPage {
    let purposes: Vec<AccessPurpose> = view.wants.iter().map(|want| purpose(*want)).collect();
    let customers: Vec<AnsweringCustomer<'_>> = view.people.iter().map(customer).collect();
    ScaPage {
        state: &view.state,
        third_party: name_of(bank, &view.tpp),
        authorisation_number: &view.tpp,
        purposes: &purposes,
        recurring: view.recurring,
        frequency: view.frequency,
        valid_until: view.valid_until.0,
        capacity: view.context.map(|context| match context {
            CustomerContext::Private => CustomerCapacity::Private,
            CustomerContext::Corporate => CustomerCapacity::Corporate,
        }),
        corporate_id: view.corporate_id.as_deref(),
        is_named: view.is_named,
        may_choose: view.may_choose,
        customers: &customers,
        until_s: view.until_s,
        notice: again.map(|(notice, _)| notice),
        answering: again.and_then(|(_, customer)| customer),
    }
    .page()
}

/// The third party's name, if the bank has its certificate.
fn name_of<'a>(bank: &'a SandboxBank, tpp: &str) -> Option<&'a str> {
    let its = |certificate: &&Certificate| certificate.organization_identifier() == Some(tpp);
    let subject = bank.known.iter().find(its)?.subject();
    NAMES.into_iter().find_map(|oid| subject.get(oid)).map(|name| name.value.as_str())
}

fn customer(person: &ScaCustomer) -> AnsweringCustomer<'_> {
    AnsweringCustomer {
        key: &person.key,
        name: &person.name,
        accounts: person.accounts.iter().map(choice).collect(),
        nothing: person.nothing,
    }
}

fn choice(account: &state::ScaAccount) -> ListedAccount<'_> {
    ListedAccount { key: &account.id, name: &account.name, iban: &account.iban, chosen: account.chosen }
}

fn purpose(want: WantedAccess) -> AccessPurpose {
    match want {
        WantedAccess::Accounts => AccessPurpose::Accounts,
        WantedAccess::Balances => AccessPurpose::Balances,
        WantedAccess::Transactions => AccessPurpose::Transactions,
        WantedAccess::OwnerNames => AccessPurpose::OwnerNames,
        WantedAccess::TrustedBeneficiaries => AccessPurpose::TrustedBeneficiaries,
    }
}

fn dead(problem: ScaProblem) -> DeadLink {
    match problem {
        ScaProblem::Used => DeadLink::Used,
        ScaProblem::Expired => DeadLink::Expired,
        ScaProblem::Withdrawn => DeadLink::Withdrawn,
        ScaProblem::Unknown | ScaProblem::NotOffered | ScaProblem::NoAccount => DeadLink::Unknown,
    }
}
