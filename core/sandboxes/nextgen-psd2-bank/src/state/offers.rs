//! Bank-offered consents: the customer chooses the accounts at the bank (§4.5).

use bankchannel_crypto::random;
use bankchannel_nextgen_psd2::model::{ConsentAccess, CustomerContext};

use super::{
    BankState,
    authorisations::authorisation,
    data::{ConsentKind, StoredConsent, StoredData, word},
    lifecycle::{ConsentState, bank_date, last_day},
    problem::ConsentProblem,
};

/// How often accounts may be read per day without the customer.
pub(super) const UNATTENDED: u32 = 4;

/// The parameters of a bank-offered consent.
pub(crate) struct ConsentOffer<'a> {
    /// `TPP-Redirect-URI`, as it was signed.
    pub(crate) redirect_uri: &'a str,
    /// `PSU-ID`.
    pub(crate) psu_id: Option<&'a str>,
    /// `PSU-Corporate-ID`.
    pub(crate) psu_corporate_id: Option<&'a str>,
    /// `PSU-Context`.
    pub(crate) psu_context: Option<CustomerContext>,
}

/// The parameters of the customer's link.
#[derive(Debug)]
pub(crate) struct CustomerRedirect {
    /// A random UUID; it can be used once, within ten minutes.
    pub(crate) state: String,
    /// The value of `PSU-Context`, if it was sent.
    pub(crate) context: Option<&'static str>,
}

impl BankState {
    /// Stores a bank-offered consent that the customer has not approved yet.
    ///
    /// # Errors
    /// For an unknown PSU-ID or corporate agreement, or an unsuitable redirect URI.
    pub(crate) fn offer(
        &self,
        tpp: &str,
        offer: &ConsentOffer<'_>,
        now_s: i64,
    ) -> Result<CustomerRedirect, ConsentProblem> {
        let authorisation = authorisation(offer.redirect_uri, None, now_s)?;
        let state = authorisation.state.clone();
        let mut data = self.keeper.change();
        let psu = data.named(tpp, offer.psu_id, offer.psu_corporate_id)?;
        let mut access = ConsentAccess::default();
        for accounts in [&mut access.accounts, &mut access.balances, &mut access.transactions] {
            *accounts = Some(Vec::new());
        }
        let consent = StoredConsent {
            id: random::uuid_v4(),
            number: data.count(),
            approved: None,
            kind: ConsentKind::Era,
            tpp: tpp.to_owned(),
            status: ConsentState::Received,
            access,
            recurring: true,
            valid_until: last_day(now_s),
            frequency: UNATTENDED,
            last_action: bank_date(now_s),
            created_s: now_s,
            psu,
            corporate_id: offer.psu_corporate_id.map(ToOwned::to_owned),
            context: offer.psu_context,
            accounts: Vec::new(),
            session_id: None,
            unattended: Default::default(),
            authorisations: vec![authorisation],
        };
        data.insert(consent);
        Ok(CustomerRedirect { state, context: offer.psu_context.map(word) })
    }
}

impl StoredData {
    /// Returns the next sequence number of a consent.
    pub(super) fn count(&mut self) -> u64 {
        self.counted += 1;
        self.counted
    }

    /// The key of the customer named in a request, if any.
    pub(super) fn named(
        &self,
        tpp: &str,
        psu_id: Option<&str>,
        corporate_id: Option<&str>,
    ) -> Result<Option<String>, ConsentProblem> {
        let key = self.named_psu(tpp, psu_id)?;
        self.agree(key.as_deref(), corporate_id)?;
        Ok(key)
    }

    /// The same without a check of the corporate agreement.
    pub(super) fn named_psu(&self, tpp: &str, psu_id: Option<&str>) -> Result<Option<String>, ConsentProblem> {
        let key = psu_id.map(|psu_id| self.psu_of(tpp, psu_id).ok_or(ConsentProblem::PsuUnknown));
        key.transpose().map(Option::<&String>::cloned)
    }

    /// Checks that the customer has the agreement or, if no customer is named, that any customer has it.
    pub(super) fn agree(&self, psu: Option<&str>, corporate_id: Option<&str>) -> Result<(), ConsentProblem> {
        let Some(corporate_id) = corporate_id else { return Ok(()) };
        let found = match psu {
            Some(key) => self.psus.get(key).is_some_and(|psu| psu.has_agreement(corporate_id)),
            None => self.psus.values().any(|psu| psu.has_agreement(corporate_id)),
        };
        if found { Ok(()) } else { Err(ConsentProblem::CorporateUnknown) }
    }
}
