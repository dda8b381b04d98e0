//! The scope of a consent: the requested kinds of access, and the accounts (§4.1).

use std::collections::HashSet;

use bankchannel_nextgen_psd2::model::{AccountReference, AccountSelection, ConsentAccess};

use super::{
    data::{StoredAccount, StoredPsu},
    sca::ScaAccount,
};

/// A requested kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantedAccess {
    /// Names and numbers of the accounts.
    Accounts,
    /// Balances.
    Balances,
    /// Transactions.
    Transactions,
    /// The owners' names.
    OwnerNames,
    /// Trusted beneficiaries.
    TrustedBeneficiaries,
}

/// The maximum number of accounts and account types in an access object, over all its lists.
pub(super) const NAMED_MAX: usize = 1_000;
/// The maximum length of a text in it, in bytes.
const TEXT_MAX: usize = 256;

/// Checks the size of an access object: the bank may store thousands of them.
pub(super) fn bounded(access: &ConsentAccess) -> Result<(), &'static str> {
    let more = access.additional_information.as_ref();
    let further = more.into_iter().flat_map(|more| [&more.owner_name, &more.trusted_beneficiaries]).flatten();
    let kinds = access.restricted_to.as_deref().unwrap_or_default();
    let named: usize = lists(access).chain(further.clone()).map(Vec::len).sum();
    if named + kinds.len() > NAMED_MAX {
        return Err("names more than 1,000 accounts");
    }
    let short = |text: &String| text.len() <= TEXT_MAX;
    let texts = lists(access).chain(further).flatten().flat_map(texts).flatten();
    if texts.chain(kinds).all(short) { Ok(()) } else { Err("has a text of more than 256 bytes") }
}

fn texts(of: &AccountReference) -> [&Option<String>; 8] {
    [&of.iban, &of.bban, &of.pan, &of.masked_pan, &of.msisdn, &of.other, &of.currency, &of.cash_account_type]
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

/// Selects the accounts of a request, customer by customer.
pub(super) struct RequestedAccounts<'a> {
    access: &'a ConsentAccess,
    /// The account numbers in the request, normalised; `None` if it covers all accounts.
    numbers: Option<HashSet<String>>,
}

impl<'a> RequestedAccounts<'a> {
    pub(super) fn by(access: &'a ConsentAccess) -> Self {
        let plain = |written: &String| written.replace(' ', "").to_ascii_uppercase();
        let references = lists(access).flatten();
        let numbers = references.flat_map(|reference| [&reference.iban, &reference.bban]).flatten().map(plain);
        Self { access, numbers: names_accounts(access).then(|| numbers.collect()) }
    }

    pub(super) fn accounts_of<'p>(&self, psu: &'p StoredPsu) -> impl Iterator<Item = &'p StoredAccount> {
        psu.accounts.iter().filter(|account| self.is_about(account))
    }

    fn is_about(&self, account: &StoredAccount) -> bool {
        let kinds = self.access.restricted_to.as_deref().unwrap_or_default();
        let of_kind = kinds.is_empty() || kinds.iter().any(|kind| kind == account.kind());
        // This excludes most accounts: a search through many customers need not compare each reference.
        let may_be = |numbers: &HashSet<String>| numbers.contains(&account.iban) || numbers.contains(account.bban());
        let is_named =
            |numbers: &HashSet<String>| may_be(numbers) && lists(self.access).any(|list| names(list, account));
        of_kind && self.numbers.as_ref().is_none_or(is_named)
    }
}

/// Whether a list names an account.
pub(super) fn names(list: &[AccountReference], account: &StoredAccount) -> bool {
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

/// Inserts the accounts that the customer chose into the lists that the request left empty.
pub(super) fn fill(access: &mut ConsentAccess, accounts: &[ScaAccount]) {
    let chosen: Vec<AccountReference> = accounts
        .iter()
        .map(|account| {
            let mut reference = AccountReference::default();
            reference.iban = Some(account.iban.clone());
            reference
        })
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

pub(super) fn wants(access: &ConsentAccess) -> Vec<WantedAccess> {
    let with_owner =
        |selection: &Option<AccountSelection>| matches!(selection, Some(AccountSelection::AllAccountsWithOwnerName));
    let all = access.all_psd2.is_some();
    let more = access.additional_information.as_ref();
    let selections = [&access.available_accounts, &access.available_accounts_with_balance, &access.all_psd2];
    let balances = access.balances.is_some() || access.available_accounts_with_balance.is_some() || all;
    let owners = more.is_some_and(|more| more.owner_name.is_some()) || selections.into_iter().any(with_owner);
    let trusted = more.is_some_and(|more| more.trusted_beneficiaries.is_some());
    let wanted = [
        (WantedAccess::Accounts, true),
        (WantedAccess::Balances, balances),
        (WantedAccess::Transactions, access.transactions.is_some() || all),
        (WantedAccess::OwnerNames, owners),
        (WantedAccess::TrustedBeneficiaries, trusted),
    ];
    wanted.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(want, _)| want).collect()
}

impl StoredAccount {
    /// The ISO 20022 code.
    pub(super) fn kind(&self) -> &'static str {
        if self.savings { "SVGS" } else { "CACC" }
    }
}
