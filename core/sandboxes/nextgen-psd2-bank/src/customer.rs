//! Connects the customer's page to the state: shows a request and carries out the answer (§4.4, §4.5).

use bankchannel_nextgen_psd2::{certificates::Certificate, model::CustomerContext};

use super::{
    pages::{self, AccountChoice, Capacity, Customer, Dead, Form, Notice, Purpose, ScaPage},
    service::Bank,
    state::{self, Decision, Person, ScaProblem, ScaView, Want},
};
use bankchannel_server::http::page::Page;

/// The name attributes of a certificate that identify its holder, preferred first: organizationName, commonName.
const NAMES: [&str; 2] = ["2.5.4.10", "2.5.4.3"];

/// Shows the page when the customer opens it.
pub(crate) fn opened(bank: &Bank, state: &str) -> Page {
    match bank.state.open_redirect(state, bank.now_s()) {
        Ok(view) => asked(bank, &view, None),
        Err(problem) => pages::dead(dead(problem)),
    }
}

/// Handles the form with the customer's answer.
pub(crate) fn answered(bank: &Bank, body: &[u8]) -> Page {
    let Ok(form) = Form::parse(body) else { return pages::dead(Dead::Malformed) };
    let decision = match form.approve {
        true => Decision::Approve { psu: form.customer, accounts: Some(form.accounts) },
        false => Decision::Refuse,
    };
    decided(bank, &form.state, decision)
}

/// Applies the decision and redirects the browser; after an invalid choice, shows the same page again.
pub(crate) fn decided(bank: &Bank, state: &str, decision: Decision) -> Page {
    let problem = match bank.state.decide(state, decision.clone(), bank.now_s()) {
        Ok(url) => return pages::redirect(url),
        Err(problem) => problem,
    };
    let notice = match problem {
        ScaProblem::NoAccount => Notice::NoAccount,
        ScaProblem::NotOffered => Notice::NoCustomer,
        other => return pages::dead(dead(other)),
    };
    match bank.state.open_redirect(state, bank.now_s()) {
        Ok(mut view) => {
            let answering = chosen_before(&mut view, decision);
            asked(bank, &view, Some((notice, answering.as_deref())))
        }
        Err(problem) => pages::dead(dead(problem)),
    }
}

/// Keeps the earlier choice selected on the page; returns the customer's key.
fn chosen_before(view: &mut ScaView, decision: Decision) -> Option<String> {
    let Decision::Approve { psu: Some(psu), accounts } = decision else { return None };
    let person = view.people.iter_mut().find(|person| person.key == psu)?;
    for account in &mut person.accounts {
        account.chosen = accounts.as_ref().is_none_or(|chosen| chosen.contains(&account.id));
    }
    Some(psu)
}

fn asked(bank: &Bank, view: &ScaView, again: Option<(Notice, Option<&str>)>) -> Page {
    let purposes: Vec<Purpose> = view.wants.iter().map(|want| purpose(*want)).collect();
    let customers: Vec<Customer<'_>> = view.people.iter().map(customer).collect();
    ScaPage {
        state: &view.state,
        third_party: name_of(bank, &view.tpp),
        authorisation_number: &view.tpp,
        purposes: &purposes,
        recurring: view.recurring,
        frequency: view.frequency,
        valid_until: view.valid_until.0,
        capacity: view.context.map(|context| match context {
            CustomerContext::Private => Capacity::Private,
            CustomerContext::Corporate => Capacity::Corporate,
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
fn name_of<'a>(bank: &'a Bank, tpp: &str) -> Option<&'a str> {
    let its = |certificate: &&Certificate| certificate.organization_identifier() == Some(tpp);
    let subject = bank.known.iter().find(its)?.subject();
    NAMES.into_iter().find_map(|oid| subject.get(oid)).map(|name| name.value.as_str())
}

fn customer(person: &Person) -> Customer<'_> {
    Customer {
        key: &person.key,
        name: &person.name,
        accounts: person.accounts.iter().map(choice).collect(),
        nothing: person.nothing,
    }
}

fn choice(account: &state::AccountChoice) -> AccountChoice<'_> {
    AccountChoice { key: &account.id, name: &account.name, iban: &account.iban, chosen: account.chosen }
}

fn purpose(want: Want) -> Purpose {
    match want {
        Want::Accounts => Purpose::Accounts,
        Want::Balances => Purpose::Balances,
        Want::Transactions => Purpose::Transactions,
        Want::OwnerNames => Purpose::OwnerNames,
        Want::TrustedBeneficiaries => Purpose::TrustedBeneficiaries,
    }
}

fn dead(problem: ScaProblem) -> Dead {
    match problem {
        ScaProblem::Used => Dead::Used,
        ScaProblem::Expired => Dead::Expired,
        ScaProblem::Withdrawn => Dead::Withdrawn,
        ScaProblem::Unknown | ScaProblem::NotOffered | ScaProblem::NoAccount => Dead::Unknown,
    }
}
