//! The stored data, in the format of the file.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use bankchannel_nextgen_psd2::model::{ConsentAccess, CustomerContext};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::lifecycle::{AuthorisationState, ConsentState};

/// The version of the file format; other versions are refused.
pub(super) const FORMAT: u32 = 1;
/// The maximum number of consents. A new one replaces the oldest that is not in use.
pub(super) const CONSENTS_MAX: usize = 10_000;
/// How many of the oldest consents are searched for one that is not in use.
const LOOKED_AT: usize = 64;

/// All data that survives a restart.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredData {
    pub(super) format: u32,
    /// Customers by key. The keys are internal to the bank and appear only on its page. Shared, like the members below,
    /// with the copy that is being written.
    #[serde(with = "as_shared")]
    pub(super) psus: Arc<BTreeMap<String, StoredPsu>>,
    /// Third party → PSU-ID → the customer's key.
    #[serde(with = "as_shared")]
    pub(super) pairings: Arc<BTreeMap<String, BTreeMap<String, String>>>,
    /// The number of consents ever created.
    pub(super) counted: u64,
    /// The number of approvals ever given.
    #[serde(default)]
    pub(super) approvals: u64,
    #[serde(with = "as_owned")]
    pub(super) consents: HashMap<String, Arc<StoredConsent>>,
    /// Serial numbers, upper-case hex without leading zeros.
    pub(super) blocked: BTreeSet<String>,
    pub(super) revoked: BTreeSet<String>,
    #[serde(skip)]
    pub(super) index: ConsentIndex,
    /// Whether there are changes to write.
    #[serde(skip)]
    pub(super) changed: bool,
}

/// Indexes to find consents; rebuilt from them at start.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ConsentIndex {
    /// Consent ids, oldest first.
    order: VecDeque<String>,
    /// Redirect state → consent.
    redirects: HashMap<String, String>,
    /// Third party and customer → consents approved by the customer, in the order of approval.
    approved: HashMap<(String, String), Vec<String>>,
}

/// A customer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredPsu {
    pub(super) name: String,
    /// SHA-256 of the personal identifier, base64.
    pub(super) identifier_hash: String,
    /// Corporate agreements.
    pub(super) corporate_ids: Vec<String>,
    pub(super) accounts: Vec<StoredAccount>,
}

/// An account.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredAccount {
    /// The bank's own key; the value of the page's check box.
    pub(super) id: String,
    pub(super) iban: String,
    pub(super) name: String,
    pub(super) currency: String,
    pub(super) savings: bool,
    /// In hundredths of the currency.
    pub(super) balance: i64,
}

/// The dialect in which a consent was requested.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ConsentKind {
    Era,
    Bg,
}

/// A consent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredConsent {
    pub(super) id: String,
    /// The sequence number of the consent.
    pub(super) number: u64,
    /// The sequence number of its approval; `None` in files from before approvals were counted.
    #[serde(default)]
    pub(super) approved: Option<u64>,
    pub(super) kind: ConsentKind,
    pub(super) tpp: String,
    pub(super) status: ConsentState,
    #[serde(with = "as_boundary")]
    pub(super) access: ConsentAccess,
    pub(super) recurring: bool,
    #[serde(with = "as_text")]
    pub(super) valid_until: Date,
    pub(super) frequency: u32,
    #[serde(with = "as_text")]
    pub(super) last_action: Date,
    pub(super) created_s: i64,
    /// The customer's key: at first of the customer named in the request, later of the customer who approved.
    pub(super) psu: Option<String>,
    pub(super) corporate_id: Option<String>,
    #[serde(with = "as_word")]
    pub(super) context: Option<CustomerContext>,
    /// The keys of the accounts that the customer approved.
    pub(super) accounts: Vec<String>,
    /// The session id that the third party receives with the customer's approval (era).
    pub(super) session_id: Option<String>,
    /// The times of uses without the customer within the last day.
    pub(super) unattended: VecDeque<i64>,
    pub(super) authorisations: Vec<StoredAuthorisation>,
}

/// An authorisation: one redirect of the customer to the bank.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredAuthorisation {
    pub(super) id: String,
    /// The redirect state, a random UUID.
    pub(super) state: String,
    pub(super) status: AuthorisationState,
    pub(super) created_s: i64,
    /// Whether the customer has seen the page.
    pub(super) opened: bool,
    /// Whether the browser was redirected back: this happens only once.
    pub(super) used: bool,
    pub(super) redirect_uri: String,
    pub(super) nok_redirect_uri: Option<String>,
}

impl StoredData {
    /// The consent, updated for the elapsed time. The caller sets `changed` after further changes.
    pub(super) fn consent(&mut self, id: &str, now_s: i64) -> Option<&mut StoredConsent> {
        let consent = self.consents.get_mut(id).map(Arc::make_mut)?;
        self.changed |= consent.settle(now_s);
        Some(consent)
    }

    /// The consent, if it belongs to this third party.
    pub(super) fn owned(&mut self, tpp: &str, id: &str, now_s: i64) -> Option<&mut StoredConsent> {
        self.consent(id, now_s).filter(|consent| consent.tpp == tpp)
    }

    /// The id of the consent with this redirect state.
    pub(super) fn of_redirect(&self, state: &str) -> Option<String> {
        self.index.redirects.get(state).cloned()
    }

    /// Adds a new consent; this may remove the oldest one.
    pub(super) fn insert(&mut self, consent: StoredConsent) {
        while self.consents.len() >= CONSENTS_MAX {
            self.forget_one();
        }
        self.changed = true;
        self.index.add(&consent);
        self.consents.insert(consent.id.clone(), Arc::new(consent));
    }

    fn forget_one(&mut self) {
        let in_use = |id: &String| self.consents.get(id).is_some_and(|consent| consent.status == ConsentState::Valid);
        let at = self.index.order.iter().take(LOOKED_AT).position(|id| !in_use(id)).unwrap_or(0);
        let Some(gone) = self.index.order.remove(at).and_then(|id| self.consents.remove(&id)) else { return };
        for authorisation in &gone.authorisations {
            self.index.redirects.remove(&authorisation.state);
        }
        if let Some(psu) = &gone.psu {
            let key = (gone.tpp.clone(), psu.clone());
            let empty = self.index.approved.get_mut(&key).is_some_and(|ids| {
                ids.retain(|id| *id != gone.id);
                ids.is_empty()
            });
            if empty {
                self.index.approved.remove(&key);
            }
        }
    }

    /// Records an approval by the customer.
    pub(super) fn note_approval(&mut self, psu: &str, consent_id: &str) {
        let Some(consent) = self.consents.get_mut(consent_id).map(Arc::make_mut) else { return };
        self.approvals += 1;
        consent.approved = Some(self.approvals);
        self.index.note_approval(&consent.tpp, psu, consent_id);
        self.changed = true;
    }

    /// Records another redirect of a consent.
    pub(super) fn note_redirect(&mut self, state: &str, consent_id: &str) {
        self.index.redirects.insert(state.to_owned(), consent_id.to_owned());
    }

    /// The consents approved by this customer for this third party, in the order of approval.
    pub(super) fn approved(&self, tpp: &str, psu: &str) -> &[String] {
        self.index.approved.get(&(tpp.to_owned(), psu.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// All consents, latest first.
    pub(super) fn latest(&self) -> impl Iterator<Item = &StoredConsent> {
        self.index.order.iter().rev().filter_map(|id| self.consents.get(id).map(Arc::as_ref))
    }

    /// A copy for writing, without the indexes. It must be quick: all requests wait for it.
    pub(super) fn snapshot(&self) -> Self {
        Self {
            format: self.format,
            psus: Arc::clone(&self.psus),
            pairings: Arc::clone(&self.pairings),
            counted: self.counted,
            approvals: self.approvals,
            consents: self.consents.clone(),
            blocked: self.blocked.clone(),
            revoked: self.revoked.clone(),
            index: ConsentIndex::default(),
            changed: false,
        }
    }

    /// Rebuilds the indexes after reading the file.
    pub(super) fn rebuild(&mut self) {
        let mut consents: Vec<&StoredConsent> = self.consents.values().map(Arc::as_ref).collect();
        consents.sort_by_key(|consent| consent.number);
        let mut index = ConsentIndex::default();
        consents.iter().for_each(|consent| index.add(consent));
        // Consents approved before approvals were counted come first.
        consents.sort_by_key(|consent| (consent.approved, consent.number));
        for consent in consents.into_iter().filter(|consent| consent.is_approved()) {
            if let Some(psu) = &consent.psu {
                index.note_approval(&consent.tpp, psu, &consent.id);
            }
        }
        self.index = index;
    }
}

impl ConsentIndex {
    fn add(&mut self, consent: &StoredConsent) {
        self.order.push_back(consent.id.clone());
        for authorisation in &consent.authorisations {
            self.redirects.insert(authorisation.state.clone(), consent.id.clone());
        }
    }

    fn note_approval(&mut self, tpp: &str, psu: &str, consent_id: &str) {
        self.approved.entry((tpp.to_owned(), psu.to_owned())).or_default().push(consent_id.to_owned());
    }
}

impl StoredConsent {
    /// Whether the customer approved it, even if it has ended since.
    pub(super) fn is_approved(&self) -> bool {
        self.authorisations.iter().any(|authorisation| authorisation.status == AuthorisationState::Finalised)
    }
}

impl StoredAccount {
    /// The national account number: a Norwegian IBAN without its first four characters.
    pub(super) fn bban(&self) -> &str {
        self.iban.get(4..).unwrap_or_default()
    }
}

/// Serialises the content of an `Arc`.
mod as_shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(shared: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
        shared.as_ref().serialize(to)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Arc<T>, D::Error> {
        T::deserialize(from).map(Arc::new)
    }
}

/// Serialises the consents without their `Arc`.
mod as_owned {
    use std::{collections::HashMap, sync::Arc};

    use serde::{Deserialize, Deserializer, Serializer};

    use super::StoredConsent;

    type Shared = HashMap<String, Arc<StoredConsent>>;

    pub(super) fn serialize<S: Serializer>(consents: &Shared, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(consents.iter().map(|(id, consent)| (id, consent.as_ref())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Shared, D::Error> {
        let consents = HashMap::<String, StoredConsent>::deserialize(from)?;
        Ok(consents.into_iter().map(|(id, consent)| (id, Arc::new(consent))).collect())
    }
}

/// Serialises a type of the protocol in its boundary format.
mod as_boundary {
    use bankchannel_foundation::model::{read_boundary, write_boundary};
    use bankchannel_nextgen_psd2::model::ConsentAccess;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(access: &ConsentAccess, to: S) -> Result<S::Ok, S::Error> {
        write_boundary(access.clone()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ConsentAccess, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        read_boundary(value).map_err(|_| D::Error::custom("an access object that cannot be read"))
    }
}

/// Serialises a date as text.
mod as_text {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(date: &Date, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(date)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
        String::deserialize(from)?.parse().map_err(|_| D::Error::custom("a date that cannot be read"))
    }
}

/// Serialises the capacity in which a customer acts as the value of the header.
mod as_word {
    use bankchannel_nextgen_psd2::model::CustomerContext;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(context: &Option<CustomerContext>, to: S) -> Result<S::Ok, S::Error> {
        context.map(super::word).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<CustomerContext>, D::Error> {
        match Option::<String>::deserialize(from)?.as_deref() {
            None => Ok(None),
            Some("PRIVATE") => Ok(Some(CustomerContext::Private)),
            Some("CORPORATE") => Ok(Some(CustomerContext::Corporate)),
            Some(_) => Err(D::Error::custom("a context that is neither PRIVATE nor CORPORATE")),
        }
    }
}

/// The value of the header `PSU-Context`.
pub(super) fn word(context: CustomerContext) -> &'static str {
    match context {
        CustomerContext::Private => "PRIVATE",
        CustomerContext::Corporate => "CORPORATE",
    }
}
