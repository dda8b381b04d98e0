//! The customer's decision at the bank: shows a request, approves or refuses it (§4.4).

use std::sync::Arc;

use bankchannel_crypto::random;
use bankchannel_foundation::model::Date;
use bankchannel_nextgen_psd2::model::CustomerContext;

use super::{
    BankState,
    callback::with_parameters,
    data::{ConsentKind, StoredAccount, StoredConsent, StoredData, StoredPsu},
    lifecycle::{AuthorisationState, ConsentState, REDIRECT_S, bank_date},
    problem::ScaProblem,
    scope::{RequestedAccounts, WantedAccess, fill, is_bank_offered, names_accounts, wants},
};

/// The message in the redirect after a refusal, if the third party has no separate URI for that.
const REFUSED: &str = "the customer has refused";
/// The message if the customer opened the page but did not decide in time.
const TOO_LATE: &str = "the customer has not answered in time";

/// The maximum number of accounts on the page: its form sends those of every customer shown.
pub(super) const SHOWN_MAX: usize = 900;

/// A request, as shown to the customer.
pub(crate) struct ScaView {
    /// The redirect state.
    pub(crate) state: String,
    /// The third party's organizationIdentifier.
    pub(crate) tpp: String,
    /// The requested kinds of access.
    pub(crate) wants: Vec<WantedAccess>,
    /// Whether the consent may be used more than once.
    pub(crate) recurring: bool,
    /// The last day of the consent.
    pub(crate) valid_until: Date,
    /// Uses per day without the customer.
    pub(crate) frequency: u32,
    /// The capacity in which the customer acts.
    pub(crate) context: Option<CustomerContext>,
    /// The corporate agreement.
    pub(crate) corporate_id: Option<String>,
    /// Whether the request names the customer; `people` then holds only that one.
    pub(crate) is_named: bool,
    /// Whether the customer chooses the accounts.
    pub(crate) may_choose: bool,
    /// The customers who can answer.
    pub(crate) people: Vec<ScaCustomer>,
    /// The time until which an answer is possible, seconds since 1970.
    pub(crate) until_s: i64,
}

/// A customer who can answer.
pub(crate) struct ScaCustomer {
    /// The value in the form.
    pub(crate) key: String,
    /// The name.
    pub(crate) name: String,
    /// The accounts that the request is about.
    pub(crate) accounts: Vec<ScaAccount>,
    /// Whether nothing can be approved: the request names accounts, none of which belong to this customer.
    pub(crate) nothing: bool,
}

/// An account on the page.
pub(crate) struct ScaAccount {
    /// The value in the form.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its IBAN.
    pub(crate) iban: String,
    /// Whether it is preselected.
    pub(crate) chosen: bool,
}

/// The customer's decision.
#[derive(Clone)]
pub(crate) enum CustomerDecision {
    /// Approves the consent.
    Approve {
        /// The customer's key; if `None`, the first customer who can approve.
        psu: Option<String>,
        /// The keys of the accounts; if `None`, all that are offered. Ignored if the request names the accounts.
        accounts: Option<Vec<String>>,
    },
    /// Refuses the consent.
    Refuse,
}

impl BankState {
    /// Opens the page for the customer.
    ///
    /// # Errors
    /// Why no decision is possible.
    pub(crate) fn open_redirect(&self, state: &str, now_s: i64) -> Result<ScaView, ScaProblem> {
        let mut data = self.keeper.change();
        let (id, at) = data.open(state, now_s)?;
        let people = data.consents.get(&id).map(|consent| shown_customers(data.people(consent))).unwrap_or_default();
        let consent = data.consent(&id, now_s).ok_or(ScaProblem::Unknown)?;
        let is_first = consent.authorisations[at].status != AuthorisationState::Started;
        consent.authorisations[at].opened = true;
        consent.authorisations[at].status = AuthorisationState::Started;
        let view = ScaView {
            state: state.to_owned(),
            tpp: consent.tpp.clone(),
            wants: wants(&consent.access),
            recurring: consent.recurring,
            valid_until: Date(consent.valid_until),
            frequency: consent.frequency,
            context: consent.context,
            corporate_id: consent.corporate_id.clone(),
            is_named: consent.psu.is_some(),
            may_choose: is_bank_offered(&consent.access),
            people,
            until_s: consent.authorisations[at].created_s.saturating_add(REDIRECT_S),
        };
        data.changed |= is_first;
        Ok(view)
    }

    /// Carries out the customer's decision and returns the URL for the browser. The redirect is then used up.
    ///
    /// # Errors
    /// Why the decision was not accepted. `NotOffered` and `NoAccount` change nothing: the customer can choose again.
    pub(crate) fn decide(&self, state: &str, decision: CustomerDecision, now_s: i64) -> Result<String, ScaProblem> {
        let mut data = self.keeper.change();
        let (id, at) = match data.open(state, now_s) {
            // A customer who has seen the page and is too late is still redirected back, once.
            Err(ScaProblem::Expired) => return data.too_late(state, now_s),
            found => found?,
        };
        match decision {
            CustomerDecision::Refuse => {
                let consent = data.consent(&id, now_s).ok_or(ScaProblem::Unknown)?;
                consent.authorisations[at].used = true;
                consent.end(ConsentState::Rejected);
                consent.last_action = bank_date(now_s);
                let back = consent.back(at, REFUSED);
                data.changed = true;
                Ok(back)
            }
            CustomerDecision::Approve { psu, accounts } => data.approve((&id, at), psu, accounts, now_s),
        }
    }
}

/// The customers shown on the page: as many as fit.
fn shown_customers(people: impl Iterator<Item = ScaCustomer>) -> Vec<ScaCustomer> {
    let mut accounts = 0;
    let fits = |person: &ScaCustomer| {
        accounts += person.accounts.len();
        accounts <= SHOWN_MAX
    };
    people.take_while(fits).collect()
}

impl StoredData {
    /// The consent and the index of the authorisation of this redirect.
    fn open(&mut self, state: &str, now_s: i64) -> Result<(String, usize), ScaProblem> {
        let id = self.of_redirect(state).ok_or(ScaProblem::Unknown)?;
        let consent = self.consent(&id, now_s).ok_or(ScaProblem::Unknown)?;
        let found = consent.authorisations.iter().position(|authorisation| authorisation.state == state);
        let at = found.ok_or(ScaProblem::Unknown)?;
        let authorisation = &consent.authorisations[at];
        if authorisation.used {
            Err(ScaProblem::Used)
        } else if consent.status == ConsentState::TerminatedByTpp {
            Err(ScaProblem::Withdrawn)
        } else if consent.is_decided() {
            Err(ScaProblem::Used)
        } else if now_s >= authorisation.created_s.saturating_add(REDIRECT_S) {
            Err(ScaProblem::Expired)
        } else if consent.status != ConsentState::Received || authorisation.status.is_final() {
            Err(ScaProblem::Used)
        } else {
            Ok((id, at))
        }
    }

    fn too_late(&mut self, state: &str, now_s: i64) -> Result<String, ScaProblem> {
        let id = self.of_redirect(state).ok_or(ScaProblem::Expired)?;
        let consent = self.consent(&id, now_s).ok_or(ScaProblem::Expired)?;
        let found = consent.authorisations.iter().position(|authorisation| authorisation.state == state);
        let at = found.filter(|&at| consent.authorisations[at].opened).ok_or(ScaProblem::Expired)?;
        consent.authorisations[at].used = true;
        let back = consent.back(at, TOO_LATE);
        self.changed = true;
        Ok(back)
    }

    /// The customers who can answer, with the accounts of the request; computed lazily.
    fn people(&self, consent: &StoredConsent) -> impl Iterator<Item = ScaCustomer> {
        let asked = RequestedAccounts::by(&consent.access);
        let people = self.psus.iter().filter(|(key, psu)| consent.can_be_answered(key, psu));
        people.map(move |(key, psu)| self.person(consent, &asked, key, psu))
    }

    /// One of these customers, by key.
    fn one(&self, consent: &StoredConsent, key: &str) -> Option<ScaCustomer> {
        let psu = self.psus.get(key).filter(|psu| consent.can_be_answered(key, psu))?;
        Some(self.person(consent, &RequestedAccounts::by(&consent.access), key, psu))
    }

    fn person(
        &self,
        consent: &StoredConsent,
        asked: &RequestedAccounts<'_>,
        key: &str,
        psu: &StoredPsu,
    ) -> ScaCustomer {
        let before = self.current(&consent.tpp, key, consent.kind);
        let is_chosen = |account: &StoredAccount| before.is_none_or(|before| before.accounts.contains(&account.id));
        let choice = |account: &StoredAccount| ScaAccount {
            id: account.id.clone(),
            name: account.name.clone(),
            iban: account.iban.clone(),
            chosen: is_chosen(account),
        };
        let accounts: Vec<ScaAccount> = asked.accounts_of(psu).map(choice).collect();
        // A customer without accounts can still approve a request that names none: an empty list is a valid answer.
        let nothing = accounts.is_empty() && (!psu.accounts.is_empty() || names_accounts(&consent.access));
        ScaCustomer { key: key.to_owned(), name: psu.name.clone(), accounts, nothing }
    }

    /// The consent that a new one would replace: its accounts are preselected.
    fn current(&self, tpp: &str, psu: &str, kind: ConsentKind) -> Option<&StoredConsent> {
        let mut latest = self.approved(tpp, psu).iter().rev().filter_map(|id| self.consents.get(id).map(Arc::as_ref));
        latest.find(|consent| consent.kind == kind && consent.recurring && consent.status == ConsentState::Valid)
    }

    fn approve(
        &mut self,
        (id, at): (&str, usize),
        psu: Option<String>,
        chosen: Option<Vec<String>>,
        now_s: i64,
    ) -> Result<String, ScaProblem> {
        let consent = self.consents.get(id).ok_or(ScaProblem::Unknown)?;
        let person = match &psu {
            Some(key) => self.one(consent, key).ok_or(ScaProblem::NotOffered)?,
            None => self.people(consent).find(|person| !person.nothing).ok_or(ScaProblem::NoAccount)?,
        };
        let may_choose = is_bank_offered(&consent.access);
        let tpp = consent.tpp.clone();
        let (recurring, kind) = (consent.recurring, consent.kind);
        let accounts: Vec<ScaAccount> = match chosen.filter(|_| may_choose) {
            None => person.accounts,
            Some(chosen) => {
                let of_person = |id: &String| person.accounts.iter().any(|account| account.id == *id);
                if !chosen.iter().all(of_person) || (chosen.is_empty() && !person.accounts.is_empty()) {
                    return Err(ScaProblem::NoAccount);
                }
                person.accounts.into_iter().filter(|account| chosen.contains(&account.id)).collect()
            }
        };
        if person.nothing {
            return Err(ScaProblem::NoAccount);
        }
        if recurring {
            self.replace(&tpp, &person.key, now_s);
        }
        let psu_id = self.psu_id_for(&tpp, &person.key);
        self.note_approval(&person.key, id);
        let consent = self.consent(id, now_s).ok_or(ScaProblem::Unknown)?;
        consent.status = ConsentState::Valid;
        consent.last_action = bank_date(now_s);
        fill(&mut consent.access, &accounts);
        consent.accounts = accounts.into_iter().map(|account| account.id).collect();
        consent.psu = Some(person.key);
        for (place, authorisation) in consent.authorisations.iter_mut().enumerate() {
            if place == at {
                (authorisation.status, authorisation.opened, authorisation.used) =
                    (AuthorisationState::Finalised, true, true);
            } else if !authorisation.status.is_final() {
                authorisation.status = AuthorisationState::Failed;
            }
        }
        let uri = consent.authorisations[at].redirect_uri.clone();
        if kind == ConsentKind::Bg {
            return Ok(uri);
        }
        let session_id = random::uuid_v4();
        let back = with_parameters(&uri, &[("psu-id", &psu_id), ("tpp-session-id", &session_id)]);
        consent.session_id = Some(session_id);
        Ok(back)
    }

    /// Ends the recurring consents that a new one replaces.
    fn replace(&mut self, tpp: &str, psu: &str, now_s: i64) {
        for id in self.approved(tpp, psu).to_vec() {
            let older = self.consent(&id, now_s);
            if let Some(older) = older.filter(|older| older.recurring && older.status == ConsentState::Valid) {
                older.end(ConsentState::Expired);
                older.last_action = bank_date(now_s);
                self.changed = true;
            }
        }
    }
}

impl StoredConsent {
    /// Whether this customer can answer. A named customer must also have the agreement, if there is one.
    fn can_be_answered(&self, key: &str, psu: &StoredPsu) -> bool {
        let has = |corporate_id: &String| psu.has_agreement(corporate_id);
        match (&self.psu, &self.corporate_id) {
            (Some(named), corporate_id) => named == key && corporate_id.as_ref().is_none_or(has),
            (None, Some(corporate_id)) => has(corporate_id),
            (None, None) => self.context != Some(CustomerContext::Corporate) || !psu.corporate_ids.is_empty(),
        }
    }

    /// Whether the customer has decided, with any redirect. A customer who was too late for one of them may still use
    /// another.
    fn is_decided(&self) -> bool {
        let is_used = self.authorisations.iter().any(|authorisation| authorisation.used);
        self.is_approved() || (self.status != ConsentState::Received && is_used)
    }

    /// The URL for the browser if the customer has not approved.
    fn back(&self, at: usize, message: &str) -> String {
        let authorisation = &self.authorisations[at];
        match &authorisation.nok_redirect_uri {
            Some(nok) => nok.clone(),
            None => with_parameters(&authorisation.redirect_uri, &[("message", message)]),
        }
    }
}
