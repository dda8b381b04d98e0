//! The customer at the bank: looks at a request, approves or refuses it (§4.4).

use std::sync::Arc;

use bankchannel_crypto::random;
use bankchannel_foundation::model::Date;
use bankchannel_nextgen_psd2::model::CustomerContext;

use super::{
    State,
    callback::with_parameters,
    data::{Account, Consent, Data, Kind, Psu},
    lifecycle::{REDIRECT_S, Sca, Status, bank_date},
    problem::ScaProblem,
    scope::{Want, asked, fill, is_bank_offered, names_accounts, wants},
};

/// What the browser takes back when the customer refuses, where the third party has no address of its own for that.
const REFUSED: &str = "the customer has refused";
/// And when the customer came but did not decide in time.
const TOO_LATE: &str = "the customer has not answered in time";

/// Most accounts on the page: its form sends those of every customer who is shown.
pub(super) const SHOWN_MAX: usize = 900;

/// What the customer is asked.
pub(crate) struct ScaView {
    /// The redirect state.
    pub(crate) state: String,
    /// Who asks: its organizationIdentifier.
    pub(crate) tpp: String,
    /// For what.
    pub(crate) wants: Vec<Want>,
    /// Whether more than once.
    pub(crate) recurring: bool,
    /// Until when, that day included.
    pub(crate) valid_until: Date,
    /// How often in a day without the customer.
    pub(crate) frequency: u32,
    /// In which quality the customer is asked.
    pub(crate) context: Option<CustomerContext>,
    /// For which corporate agreement.
    pub(crate) corporate_id: Option<String>,
    /// Whether the request names the customer: `people` is that one.
    pub(crate) is_named: bool,
    /// Whether the customer chooses the accounts.
    pub(crate) may_choose: bool,
    /// The customers who can answer it.
    pub(crate) people: Vec<Person>,
    /// Until when it can be answered.
    pub(crate) until_s: i64,
}

/// A customer who can answer.
pub(crate) struct Person {
    /// What the form sends.
    pub(crate) key: String,
    /// The name.
    pub(crate) name: String,
    /// The accounts that the request is about.
    pub(crate) accounts: Vec<AccountChoice>,
    /// Whether there is nothing to approve: the request names accounts, and none is this customer's.
    pub(crate) nothing: bool,
}

/// An account on the page.
pub(crate) struct AccountChoice {
    /// What the form sends.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its IBAN.
    pub(crate) iban: String,
    /// Whether it is chosen beforehand.
    pub(crate) chosen: bool,
}

/// What the customer decides.
#[derive(Clone)]
pub(crate) enum Decision {
    /// Gives the consent.
    Approve {
        /// The key of the customer; left out, the first who can.
        psu: Option<String>,
        /// The keys of the accounts; left out, all that are offered. Without effect where the request names them.
        accounts: Option<Vec<String>>,
    },
    /// Does not.
    Refuse,
}

impl State {
    /// The customer opens the page.
    ///
    /// # Errors
    /// Why there is nothing to decide.
    pub(crate) fn open_redirect(&self, state: &str, now_s: i64) -> Result<ScaView, ScaProblem> {
        // Whoever guesses links makes no work for the writer.
        self.keeper.read().of_redirect(state).ok_or(ScaProblem::Unknown)?;
        let mut data = self.keeper.change();
        let (id, at) = data.open(state, now_s)?;
        let people = shown(data.people(&id));
        let consent = data.consent(&id).ok_or(ScaProblem::Unknown)?;
        consent.authorisations[at].opened = true;
        consent.authorisations[at].status = Sca::Started;
        Ok(ScaView {
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
        })
    }

    /// The customer decides: where the browser goes. A redirect is used up with this.
    ///
    /// # Errors
    /// Why nothing could be decided; after `NotOffered` and `NoAccount`, where the customer can choose again, nothing has changed.
    pub(crate) fn decide(&self, state: &str, decision: Decision, now_s: i64) -> Result<String, ScaProblem> {
        self.keeper.read().of_redirect(state).ok_or(ScaProblem::Unknown)?;
        let mut data = self.keeper.change();
        let (id, at) = match data.open(state, now_s) {
            // Who has seen the page and is too late is sent back all the same, once.
            Err(ScaProblem::Expired) => return data.too_late(state),
            found => found?,
        };
        match decision {
            Decision::Refuse => {
                let consent = data.consent(&id).ok_or(ScaProblem::Unknown)?;
                consent.authorisations[at].used = true;
                consent.end(Status::Rejected);
                consent.last_action = bank_date(now_s);
                Ok(consent.back(at, REFUSED))
            }
            Decision::Approve { psu, accounts } => data.approve((&id, at), psu, accounts, now_s),
        }
    }
}

/// Those whom the page shows.
fn shown(people: Vec<Person>) -> Vec<Person> {
    let mut accounts = 0;
    let fits = |person: &Person| {
        accounts += person.accounts.len();
        accounts <= SHOWN_MAX
    };
    people.into_iter().take_while(fits).collect()
}

impl Data {
    /// The consent and the authorisation that this redirect opens.
    fn open(&mut self, state: &str, now_s: i64) -> Result<(String, usize), ScaProblem> {
        let id = self.of_redirect(state).ok_or(ScaProblem::Unknown)?;
        let consent = self.consent(&id).ok_or(ScaProblem::Unknown)?;
        consent.settle(now_s);
        let found = consent.authorisations.iter().position(|authorisation| authorisation.state == state);
        let at = found.ok_or(ScaProblem::Unknown)?;
        let authorisation = &consent.authorisations[at];
        if authorisation.used {
            Err(ScaProblem::Used)
        } else if consent.status == Status::TerminatedByTpp {
            Err(ScaProblem::Withdrawn)
        } else if now_s >= authorisation.created_s.saturating_add(REDIRECT_S) {
            Err(ScaProblem::Expired)
        } else if consent.status != Status::Received || authorisation.status.is_final() {
            Err(ScaProblem::Used)
        } else {
            Ok((id, at))
        }
    }

    fn too_late(&mut self, state: &str) -> Result<String, ScaProblem> {
        let id = self.of_redirect(state).ok_or(ScaProblem::Expired)?;
        let consent = self.consent(&id).ok_or(ScaProblem::Expired)?;
        let found = consent.authorisations.iter().position(|authorisation| authorisation.state == state);
        let at = found.filter(|&at| consent.authorisations[at].opened).ok_or(ScaProblem::Expired)?;
        consent.authorisations[at].used = true;
        Ok(consent.back(at, TOO_LATE))
    }

    /// The customers who can answer, with the accounts that they are asked about.
    fn people(&self, id: &str) -> Vec<Person> {
        let Some(consent) = self.consents.get(id) else { return Vec::new() };
        let can = |key: &str, psu: &Psu| match &consent.psu {
            Some(named) => named == key,
            None => {
                let is_corporate = consent.context == Some(CustomerContext::Corporate);
                consent.corporate_id.as_ref().map_or(!is_corporate || !psu.corporate_ids.is_empty(), |corporate_id| {
                    psu.has_agreement(corporate_id)
                })
            }
        };
        let people = self.psus.iter().filter(|(key, psu)| can(key, psu));
        people.map(|(key, psu)| self.person(consent, key, psu)).collect()
    }

    fn person(&self, consent: &Consent, key: &str, psu: &Psu) -> Person {
        let before = self.current(&consent.tpp, key, consent.kind);
        let is_chosen = |account: &Account| before.is_none_or(|before| before.accounts.contains(&account.id));
        let choice = |account: &Account| AccountChoice {
            id: account.id.clone(),
            name: account.name.clone(),
            iban: account.iban.clone(),
            chosen: is_chosen(account),
        };
        let accounts: Vec<AccountChoice> = asked(&consent.access, psu).map(choice).collect();
        // A customer without any account can still approve what names none: an empty list is an answer too.
        let nothing = accounts.is_empty() && (!psu.accounts.is_empty() || names_accounts(&consent.access));
        Person { key: key.to_owned(), name: psu.name.clone(), accounts, nothing }
    }

    /// The consent that a new one would take the place of: its accounts are chosen beforehand.
    fn current(&self, tpp: &str, psu: &str, kind: Kind) -> Option<&Consent> {
        let approved = self.approved(tpp, psu);
        let mut latest = approved.iter().rev().filter_map(|id| self.consents.get(id).map(Arc::as_ref));
        latest.find(|consent| consent.kind == kind && consent.recurring && consent.status == Status::Valid)
    }

    fn approve(
        &mut self,
        (id, at): (&str, usize),
        psu: Option<String>,
        chosen: Option<Vec<String>>,
        now_s: i64,
    ) -> Result<String, ScaProblem> {
        let people = self.people(id);
        let person = match &psu {
            Some(key) => people.into_iter().find(|person| person.key == *key),
            None => people.into_iter().find(|person| !person.nothing),
        };
        let person = person.ok_or(if psu.is_some() { ScaProblem::NotOffered } else { ScaProblem::NoAccount })?;
        let consent = self.consents.get(id).ok_or(ScaProblem::Unknown)?;
        let may_choose = is_bank_offered(&consent.access);
        let tpp = consent.tpp.clone();
        let (recurring, kind) = (consent.recurring, consent.kind);
        let accounts: Vec<AccountChoice> = match chosen.filter(|_| may_choose) {
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
        self.note_approval(&tpp, &person.key, id);
        let consent = self.consent(id).ok_or(ScaProblem::Unknown)?;
        consent.status = Status::Valid;
        consent.last_action = bank_date(now_s);
        fill(&mut consent.access, &accounts);
        consent.accounts = accounts.into_iter().map(|account| account.id).collect();
        consent.psu = Some(person.key);
        for (place, authorisation) in consent.authorisations.iter_mut().enumerate() {
            if place == at {
                (authorisation.status, authorisation.opened, authorisation.used) = (Sca::Finalised, true, true);
            } else if !authorisation.status.is_final() {
                authorisation.status = Sca::Failed;
            }
        }
        let uri = consent.authorisations[at].redirect_uri.clone();
        if kind == Kind::Bg {
            return Ok(uri);
        }
        let session_id = random::uuid_v4();
        let back = with_parameters(&uri, &[("psu-id", &psu_id), ("tpp-session-id", &session_id)]);
        consent.session_id = Some(session_id);
        Ok(back)
    }

    /// Ends the recurring consents that a new one takes the place of.
    fn replace(&mut self, tpp: &str, psu: &str, now_s: i64) {
        for id in self.approved(tpp, psu) {
            if let Some(older) = self.consent(&id).filter(|older| older.recurring) {
                older.settle(now_s);
                if older.status == Status::Valid {
                    older.end(Status::Expired);
                    older.last_action = bank_date(now_s);
                }
            }
        }
    }
}

impl Consent {
    /// Where the browser goes when the customer has not approved.
    fn back(&self, at: usize, message: &str) -> String {
        let authorisation = &self.authorisations[at];
        match &authorisation.nok_redirect_uri {
            Some(nok) => nok.clone(),
            None => with_parameters(&authorisation.redirect_uri, &[("message", message)]),
        }
    }
}
