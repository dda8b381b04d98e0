//! What a consent's access object asks for, and which accounts that is (§4.1).

use bankchannel_nextgen_psd2::model::{AccountReference, AccountSelection, ConsentAccess};

use super::{
    data::{Account, Psu},
    sca::AccountChoice,
};

/// One thing that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Names and numbers of the accounts.
    Accounts,
    /// What is on them.
    Balances,
    /// What came and went.
    Transactions,
    /// Whose they are.
    OwnerNames,
    /// Whom the customer trusts.
    TrustedBeneficiaries,
}

/// The three lists of accounts.
fn lists(access: &ConsentAccess) -> impl Iterator<Item = &Vec<AccountReference>> {
    [&access.accounts, &access.balances, &access.transactions].into_iter().flatten()
}

/// Whether the customer chooses the accounts (§4.1: an empty list).
pub(super) fn is_bank_offered(access: &ConsentAccess) -> bool {
    lists(access).any(Vec::is_empty)
}

pub(super) fn names_accounts(access: &ConsentAccess) -> bool {
    lists(access).any(|list| !list.is_empty())
}

/// The accounts of a customer that a request is about.
pub(super) fn asked<'a>(access: &'a ConsentAccess, psu: &'a Psu) -> impl Iterator<Item = &'a Account> {
    let of_kind = |account: &Account| {
        let kinds = access.restricted_to.as_deref().unwrap_or_default();
        kinds.is_empty() || kinds.iter().any(|kind| kind == account.kind())
    };
    let named = names_accounts(access);
    psu.accounts
        .iter()
        .filter(move |account| of_kind(account) && (!named || lists(access).any(|list| names(list, account))))
}

/// Whether a list names an account.
pub(super) fn names(list: &[AccountReference], account: &Account) -> bool {
    let same = |written: &str, own: &str| {
        let written = written.bytes().filter(|byte| *byte != b' ').map(|byte| byte.to_ascii_uppercase());
        written.eq(own.bytes())
    };
    list.iter().any(|reference| {
        let by_number = reference.iban.as_deref().is_some_and(|iban| same(iban, &account.iban))
            || reference.bban.as_deref().is_some_and(|bban| same(bban, account.bban()));
        by_number
            && reference.currency.as_deref().is_none_or(|currency| currency == account.currency)
            && reference.cash_account_type.as_deref().is_none_or(|kind| kind == account.kind())
    })
}

/// Writes the accounts that the customer chose where the request left the choice.
pub(super) fn fill(access: &mut ConsentAccess, accounts: &[AccountChoice]) {
    let chosen: Vec<AccountReference> = accounts
        .iter()
        .map(|account| AccountReference { iban: Some(account.iban.clone()), ..AccountReference::default() })
        .collect();
    let more = access.additional_information.as_mut();
    let (owner, trusted) = match more {
        Some(more) => (more.owner_name.as_mut(), more.trusted_beneficiaries.as_mut()),
        None => (None, None),
    };
    let lists = [access.accounts.as_mut(), access.balances.as_mut(), access.transactions.as_mut(), owner, trusted];
    for list in lists.into_iter().flatten().filter(|list| list.is_empty()) {
        list.clone_from(&chosen);
    }
}

pub(super) fn wants(access: &ConsentAccess) -> Vec<Want> {
    let with_owner =
        |selection: &Option<AccountSelection>| matches!(selection, Some(AccountSelection::AllAccountsWithOwnerName));
    let all = access.all_psd2.is_some();
    let more = access.additional_information.as_ref();
    let selections = [&access.available_accounts, &access.available_accounts_with_balance, &access.all_psd2];
    let balances = access.balances.is_some() || access.available_accounts_with_balance.is_some() || all;
    let owners = more.is_some_and(|more| more.owner_name.is_some()) || selections.into_iter().any(with_owner);
    let trusted = more.is_some_and(|more| more.trusted_beneficiaries.is_some());
    let wanted = [
        (Want::Accounts, true),
        (Want::Balances, balances),
        (Want::Transactions, access.transactions.is_some() || all),
        (Want::OwnerNames, owners),
        (Want::TrustedBeneficiaries, trusted),
    ];
    wanted.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(want, _)| want).collect()
}

impl Account {
    /// The code of ISO 20022.
    pub(super) fn kind(&self) -> &'static str {
        if self.savings { "SVGS" } else { "CACC" }
    }
}
