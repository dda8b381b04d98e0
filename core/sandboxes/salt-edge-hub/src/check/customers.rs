//! Whose accounts and data the connector shows: those of the customer who signed in, by whichever method.

use std::collections::BTreeSet;

use super::{
    checker::{CheckFailure, CheckLook, ConnectorChecker, failed, not_run},
    settings::{CheckMode, CheckWay},
};

/// The view of a customer who enrolled by a method.
struct SeenByCustomer<'a> {
    way: &'a CheckWay,
    /// Who signed in; unknown if the settings do not say.
    customer: Option<String>,
    user_id: Option<String>,
    accounts: BTreeSet<String>,
    /// The name in the customer's data, if the connector gives it.
    name: Option<String>,
}

impl SeenByCustomer<'_> {
    /// Whether the accounts may be some that were chosen on a page.
    fn is_chosen(&self) -> bool {
        self.way.mode == CheckMode::Redirect
    }

    fn who(&self) -> String {
        format!("{} by {}", self.customer.as_deref().unwrap_or("the customer"), self.way.code)
    }
}

async fn enrol_and_see<'a>(checker: &ConnectorChecker<'_>, way: &'a CheckWay) -> CheckLook<SeenByCustomer<'a>> {
    let session = checker.enrol(way, |_| {}).await?;
    let user_id =
        checker.hub.state.session_json(&session).and_then(|shown| shown["user_id"].as_str().map(str::to_owned));
    let heard = checker.taken(&checker.about("fetch_accounts", &session)).await?;
    let accounts = heard.body["data"].as_array().into_iter().flatten();
    let accounts = accounts.filter_map(|account| account["id"].as_str().map(str::to_owned)).collect();
    let heard = checker.ask(&checker.about("fetch_customer", &session)).await?;
    let name = heard.body["data"]["name"].as_str().filter(|_| heard.status == 200).map(str::to_owned);
    Ok(SeenByCustomer { way, customer: way.customer(), user_id, accounts, name })
}

pub(super) async fn own_data(checker: &ConnectorChecker<'_>) -> CheckLook {
    let ways = &checker.settings.authorization_types;
    let mut all: Vec<SeenByCustomer<'_>> = Vec::new();
    for way in ways.iter().filter(|way| way.mode == CheckMode::Embedded || checker.psu.is_some()) {
        all.push(enrol_and_see(checker, way).await?);
    }
    for one in &all {
        as_expected(one)?;
    }
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            compare(one, other)?;
        }
    }
    let mut customers: Vec<&str> = all.iter().filter_map(|seen| seen.customer.as_deref()).collect();
    customers.sort_unstable();
    customers.dedup();
    match customers.len() {
        0 | 1 => not_run(
            "two customers are needed: give another customer's data in the settings, and say with customer who signs \
             in on the page",
        ),
        _ => Ok(()),
    }
}

/// Compares with the settings' description of the customer.
fn as_expected(seen: &SeenByCustomer<'_>) -> CheckLook {
    let who = seen.who();
    if let Some(wanted) = &seen.way.user_id
        && seen.user_id.as_ref() != Some(wanted)
    {
        return failed(format!("{who}: the settings say user_id {wanted}, and the connector reports another"));
    }
    if let Some(wanted) = &seen.way.accounts
        && seen.accounts != wanted.iter().cloned().collect()
    {
        return failed(format!("{who}: the accounts shown are not those that the settings name"));
    }
    if let (Some(wanted), Some(name)) = (&seen.way.name, &seen.name)
        && wanted != name
    {
        return failed(format!("{who}: the name in the customer's data is not the one that the settings say"));
    }
    Ok(())
}

/// Compares what two customers are shown, or one customer by two methods.
fn compare(one: &SeenByCustomer<'_>, other: &SeenByCustomer<'_>) -> CheckLook {
    let (Some(first), Some(second)) = (&one.customer, &other.customer) else { return Ok(()) };
    let both = format!("{} and {}", one.who(), other.who());
    if first == second {
        return match () {
            () if one.user_id != other.user_id => failed(format!(
                "{both} are one customer, and sessions/success says two user_ids: whoever signs in on the page is the \
                 customer, or correct customer in the settings"
            )),
            // On a page, the customer may choose some.
            () if !(one.accounts == other.accounts
                || one.is_chosen() && one.accounts.is_subset(&other.accounts)
                || other.is_chosen() && other.accounts.is_subset(&one.accounts)) =>
            {
                failed(format!("{both} are one customer, and are shown different accounts"))
            }
            () if one.name.is_some() && other.name.is_some() && one.name != other.name => {
                failed(format!("{both} are one customer, and the customer's data has two names"))
            }
            () => Ok(()),
        };
    }
    if one.user_id.is_some() && one.user_id == other.user_id {
        return failed(format!("{both} are two customers, and sessions/success says the same user_id"));
    }
    let are_expected = one.way.accounts.is_some() && other.way.accounts.is_some();
    if let Some(shared) = one.accounts.intersection(&other.accounts).next()
        && !are_expected
    {
        return failed(format!(
            "{both} are both shown the account {shared}: each customer is shown their own. If they share it, name the \
             accounts of both in the settings"
        ));
    }
    for (own, foreign) in [(one, second), (other, first)] {
        let Some(name) = own.name.as_ref().filter(|_| own.way.name.is_none()) else { continue };
        let name = name.to_lowercase();
        let is_of = |customer: &str| name.contains(&customer.to_lowercase());
        let is_own = own.customer.as_deref().is_some_and(is_of);
        if !is_own && is_of(foreign) {
            return failed(format!(
                "{}: the customer's data has a name with {foreign} in it, which is the other customer. If it is right, \
                 give name in the settings",
                own.who()
            ));
        }
    }
    let names = [&one.name, &other.name];
    if let [Some(name), Some(same)] = names
        && name == same
        && one.way.name.is_none()
    {
        let why = format!("{both} are two customers with one name: if that is right, give name in the settings");
        return Err(CheckFailure::Warning(why));
    }
    Ok(())
}
