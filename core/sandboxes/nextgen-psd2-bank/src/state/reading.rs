//! Reading accounts with a consent (§4.4, §4.5).

use std::sync::Arc;

use bankchannel_crypto::digest::Sha256;
use bankchannel_foundation::model::Decimal;
use bankchannel_nextgen_psd2::model::{AccountSelection, ConsentAccess};
use base64::{Engine, engine::general_purpose::URL_SAFE};

use super::{
    BankState,
    data::{ConsentKind, StoredAccount, StoredConsent, StoredData, StoredPsu},
    lifecycle::{ConsentState, DAY_S, bank_date},
    problem::UseProblem,
    scope::names,
};

/// The bank's BIC. Its eighth character is a zero, which marks a test BIC that no payment reaches.
const BIC: &str = "BKCHNOK0XXX";
/// How many bytes of the hash are used in a resource id.
const RESOURCE_BYTES: usize = 20;

/// How a third party identifies the consent when it reads accounts.
#[derive(Clone, Copy)]
pub(crate) enum ReadingAccess<'a> {
    /// By the customer, and by the session of the approval.
    Era {
        /// `PSU-ID`.
        psu_id: Option<&'a str>,
        /// `TPP-Session-ID`; if sent, it must be that of the consent.
        tpp_session_id: Option<&'a str>,
    },
    /// By the consent's id.
    Bg {
        /// `Consent-ID`.
        consent_id: &'a str,
    },
}

/// An account as returned to the third party.
pub(crate) struct AccountView {
    /// The bank's id of the account: permanent, but different for each third party.
    pub(crate) resource_id: String,
    /// Its IBAN.
    pub(crate) iban: String,
    /// Its national account number.
    pub(crate) bban: String,
    /// Its currency.
    pub(crate) currency: String,
    /// Its name.
    pub(crate) name: String,
    /// The owner's name, if the consent covers it.
    pub(crate) owner_name: Option<String>,
    /// The bank's product.
    pub(crate) product: &'static str,
    /// Its type: the name of the product type in dialect era, the ISO 20022 code in bg.
    pub(crate) cash_account_type: &'static str,
    /// The bank's BIC.
    pub(crate) bic: &'static str,
    /// Its balance, if the consent covers it.
    pub(crate) balance: Option<Decimal>,
}

impl BankState {
    /// Reads the accounts of a consent. This is a use of the consent, which is counted if the customer is absent
    /// (`psu_present` stands for the header `PSU-IP-Address`).
    ///
    /// # Errors
    /// Why no consent can be used now.
    pub(crate) fn read_accounts(
        &self,
        tpp: &str,
        access: ReadingAccess<'_>,
        psu_present: bool,
        now_s: i64,
    ) -> Result<Vec<AccountView>, UseProblem> {
        let mut data = self.keeper.change();
        let id = data.addressed(tpp, access, now_s)?;
        let data = &mut *data;
        let consent = data.consents.get_mut(&id).map(Arc::make_mut).ok_or(UseProblem::Unknown)?;
        let psu = consent.psu.as_ref().and_then(|key| data.psus.get(key)).ok_or(UseProblem::Invalid)?;
        if !psu_present {
            consent.count(now_s)?;
        }
        let accounts = psu.accounts.iter().filter(|account| consent.accounts.contains(&account.id));
        let read = accounts.map(|account| consent.view(psu, account, access)).collect();
        let today = bank_date(now_s);
        data.changed |= !psu_present || consent.last_action != today || !consent.recurring;
        consent.last_action = today;
        if !consent.recurring {
            consent.end(ConsentState::Expired);
        }
        Ok(read)
    }
}

impl StoredData {
    /// The id of the valid consent that the request refers to.
    fn addressed(&mut self, tpp: &str, access: ReadingAccess<'_>, now_s: i64) -> Result<String, UseProblem> {
        let (id, session) = match access {
            ReadingAccess::Bg { consent_id } => (consent_id.to_owned(), None),
            ReadingAccess::Era { psu_id, tpp_session_id } => {
                let psu = psu_id.and_then(|psu_id| self.psu_of(tpp, psu_id)).ok_or(UseProblem::Invalid)?;
                let approved = self.approved(tpp, psu);
                let is_era =
                    |id: &&String| self.consents.get(*id).is_some_and(|consent| consent.kind == ConsentKind::Era);
                (approved.iter().rfind(is_era).ok_or(UseProblem::Invalid)?.clone(), tpp_session_id)
            }
        };
        let consent = self.owned(tpp, &id, now_s).ok_or(UseProblem::Unknown)?;
        match (access, consent.status) {
            (_, ConsentState::Valid) => {}
            (_, ConsentState::Expired) => return Err(UseProblem::Expired),
            (ReadingAccess::Era { .. }, ConsentState::RevokedByPsu) => return Err(UseProblem::Unknown),
            _ => return Err(UseProblem::Invalid),
        }
        if session.is_some() && session != consent.session_id.as_deref() {
            return Err(UseProblem::Invalid);
        }
        Ok(id)
    }
}

impl StoredConsent {
    /// Counts a use without the customer.
    fn count(&mut self, now_s: i64) -> Result<(), UseProblem> {
        let is_recent = |at: &i64| now_s.saturating_sub(*at) < DAY_S;
        let mut recent = self.unattended.iter().copied().filter(is_recent);
        let allowed = usize::try_from(self.frequency).unwrap_or(usize::MAX);
        if recent.clone().count() >= allowed {
            let first = recent.next().unwrap_or(now_s);
            return Err(UseProblem::Exceeded {
                retry_after_s: first.saturating_add(DAY_S).saturating_sub(now_s).max(1),
            });
        }
        self.unattended.retain(is_recent);
        self.unattended.push_back(now_s);
        Ok(())
    }

    fn view(&self, psu: &StoredPsu, account: &StoredAccount, access: ReadingAccess<'_>) -> AccountView {
        let (product, word) = if account.savings { ("Sparekonto", "Savings") } else { ("Brukskonto", "Current") };
        AccountView {
            resource_id: resource_id(&self.tpp, &account.id),
            iban: account.iban.clone(),
            bban: account.bban().to_owned(),
            currency: account.currency.clone(),
            name: account.name.clone(),
            owner_name: covers_owner(&self.access, account).then(|| psu.name.clone()),
            product,
            cash_account_type: match access {
                ReadingAccess::Era { .. } => word,
                ReadingAccess::Bg { .. } => account.kind(),
            },
            bic: BIC,
            balance: covers_balance(&self.access, account).then(|| Decimal::from_cents(account.balance)),
        }
    }
}

fn covers_balance(access: &ConsentAccess, account: &StoredAccount) -> bool {
    access.available_accounts_with_balance.is_some()
        || access.all_psd2.is_some()
        || access.balances.as_deref().is_some_and(|list| names(list, account))
}

fn covers_owner(access: &ConsentAccess, account: &StoredAccount) -> bool {
    let listed = access.additional_information.as_ref().and_then(|more| more.owner_name.as_deref());
    [&access.available_accounts, &access.available_accounts_with_balance, &access.all_psd2]
        .into_iter()
        .any(|selection| matches!(selection, Some(AccountSelection::AllAccountsWithOwnerName)))
        || listed.is_some_and(|list| names(list, account))
}

/// Resembles the ids of real banks: opaque, with characters that clients must not encode again.
fn resource_id(tpp: &str, account: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(tpp.as_bytes());
    hash.update(b"\0");
    hash.update(account.as_bytes());
    let hash = hash.finish();
    format!("enc!!{}", URL_SAFE.encode(&hash[..RESOURCE_BYTES]))
}
