//! Customers and their PSU-IDs: random, different for each third party, and permanent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bankchannel_crypto::{digest::constant_time_eq, random};
use bankchannel_foundation::{Error, Result, Secret, model::Boundary};
use bankchannel_nextgen_psd2::signing::customer_id;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    BankState,
    data::{StoredAccount, StoredData, StoredPsu},
    fixtures,
};

/// The maximum number of customers.
const PSUS_MAX: usize = 1_000;
/// The maximum length of a PSU-ID (§1.2), a name and a corporate agreement, in bytes.
const TEXT_MAX: usize = 256;
/// The maximum number of accounts of a customer.
const ACCOUNTS_MAX: usize = 100;
/// The number of digits in a Norwegian personal identifier.
const IDENTIFIER_DIGITS: usize = 11;

/// A new customer.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NewPsu {
    /// The name on the page.
    pub name: String,
    /// The personal identifier, eleven digits. Only its hash is stored.
    pub personal_identifier: Secret,
    /// The PSU-IDs by third party (organizationIdentifier); other third parties get a random one.
    pub psu_ids: Option<BTreeMap<String, String>>,
    /// Corporate agreements.
    pub corporate_ids: Option<Vec<String>>,
    /// The accounts.
    pub accounts: Option<Vec<NewPsuAccount>>,
}

/// An account of a new customer.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NewPsuAccount {
    /// A Norwegian IBAN, with its right check digits.
    pub iban: String,
    /// The name on the page.
    pub name: String,
    /// Whether it is a savings account. Default: false.
    pub savings: Option<bool>,
    /// The balance in øre. Default: 0.
    pub balance: Option<i64>,
}

impl BankState {
    /// Whether a third party knows this PSU-ID and the customer has this personal identifier (SHA-256). Takes the same
    /// time for an unknown PSU-ID as for a wrong hash (S-14).
    pub(crate) fn psu_exists(&self, tpp: &str, psu_id: &str, hash: &[u8]) -> bool {
        let data = self.keeper.read();
        let psu = data.psu_of(tpp, psu_id).and_then(|key| data.psus.get(key));
        let stored = psu.map_or(UNKNOWN, |psu| psu.identifier_hash.as_str());
        let same = constant_time_eq(stored.as_bytes(), STANDARD.encode(hash).as_bytes());
        same & psu.is_some()
    }

    /// Whether a third party knows this PSU-ID.
    pub(crate) fn knows_psu(&self, tpp: &str, psu_id: &str) -> bool {
        self.keeper.read().psu_of(tpp, psu_id).is_some()
    }

    /// Whether the customer has this corporate agreement.
    pub(crate) fn corporate_allowed(&self, tpp: &str, psu_id: &str, corporate_id: &str) -> bool {
        let data = self.keeper.read();
        let psu = data.psu_of(tpp, psu_id).and_then(|key| data.psus.get(key));
        psu.is_some_and(|psu| psu.has_agreement(corporate_id))
    }

    /// Adds customers: all of them or none.
    ///
    /// # Errors
    /// `input.invalid_field`.
    pub(crate) fn add_psus(&self, new: Vec<NewPsu>) -> Result<()> {
        new.iter().try_for_each(check)?;
        let mut data = self.keeper.change();
        if data.psus.len() + new.len() > PSUS_MAX {
            return Err(Error::invalid_field("psus", format!("are too many: a bank has at most {PSUS_MAX} customers")));
        }
        let mut ids = BTreeSet::new();
        for id @ (tpp, psu_id) in new.iter().filter_map(|psu| psu.psu_ids.as_ref()).flatten() {
            if data.psu_of(tpp, psu_id).is_some() || !ids.insert(id) {
                return Err(Error::invalid_field("psu_ids", "has one that another customer has"));
            }
        }
        new.into_iter().for_each(|psu| data.add_psu(psu));
        Ok(())
    }
}

impl StoredData {
    fn add_psu(&mut self, new: NewPsu) {
        self.changed = true;
        let key = random::base32_lower(12);
        let pairings = Arc::make_mut(&mut self.pairings);
        for (tpp, psu_id) in new.psu_ids.unwrap_or_default() {
            pairings.entry(tpp).or_default().insert(psu_id, key.clone());
        }
        let accounts = new.accounts.unwrap_or_default().into_iter().enumerate().map(|(at, account)| StoredAccount {
            id: format!("{key}-{}", at + 1),
            iban: account.iban,
            name: account.name,
            currency: "NOK".to_owned(),
            savings: account.savings == Some(true),
            balance: account.balance.unwrap_or_default(),
        });
        let psu = StoredPsu {
            name: new.name,
            identifier_hash: fixtures::hash_of(new.personal_identifier.expose()),
            corporate_ids: new.corporate_ids.unwrap_or_default(),
            accounts: accounts.collect(),
        };
        Arc::make_mut(&mut self.psus).insert(key, psu);
    }
}

/// Has the length of an identifier's hash, but is never equal to one.
const UNKNOWN: &str = "--------------------------------------------";

fn check(new: &NewPsu) -> Result<()> {
    let is_text = |text: &str| !text.is_empty() && text.len() <= TEXT_MAX && !text.contains(char::is_control);
    if !is_text(&new.name) {
        return Err(Error::invalid_field("name", "must have 1 to 256 bytes and no control characters"));
    }
    let identifier = new.personal_identifier.expose();
    if identifier.len() != IDENTIFIER_DIGITS || !identifier.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid_field("personal_identifier", "must have eleven digits"));
    }
    if !new
        .psu_ids
        .iter()
        .flat_map(BTreeMap::keys)
        .all(|tpp| is_text(tpp) && tpp.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        return Err(Error::invalid_field("psu_ids", "must have third parties such as PSDNO-FSA-987654321"));
    }
    // An id that is not valid in a header would be useless.
    let psu_ids = new.psu_ids.iter().flat_map(BTreeMap::values).map(|id| ("psu_ids", id));
    for (field, id) in psu_ids.chain(new.corporate_ids.iter().flatten().map(|id| ("corporate_ids", id))) {
        customer_id(id.as_bytes()).map_err(|why| Error::invalid_field(field, why))?;
    }
    let accounts = new.accounts.as_deref().unwrap_or_default();
    if accounts.len() > ACCOUNTS_MAX {
        return Err(Error::invalid_field("accounts", format!("must be at most {ACCOUNTS_MAX}")));
    }
    if !accounts.iter().all(|account| is_text(&account.name)) {
        return Err(Error::invalid_field("accounts", "must have names of 1 to 256 bytes without control characters"));
    }
    if !accounts.iter().all(|account| is_norwegian_iban(&account.iban)) {
        return Err(Error::invalid_field("accounts", "must have Norwegian IBANs with their right check digits"));
    }
    Ok(())
}

/// Whether the check digits are correct by ISO 13616 and by the rules for Norwegian account numbers.
pub(super) fn is_norwegian_iban(iban: &str) -> bool {
    const WEIGHTS: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    let are_digits = |rest: &&str| rest.len() == 13 && rest.bytes().all(|byte| byte.is_ascii_digit());
    let Some(digits) = iban.strip_prefix("NO").filter(are_digits) else { return false };
    // 2324 stands for NO: each letter is replaced by its number.
    let Ok(number) = format!("{}2324{}", &digits[2..], &digits[..2]).parse::<u64>() else { return false };
    let weighed = digits[2..].bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight);
    number % 97 == 1 && weighed.sum::<u32>() % 11 == 0
}

impl StoredData {
    /// The key of the customer whose PSU-ID this is for the third party.
    pub(super) fn psu_of(&self, tpp: &str, psu_id: &str) -> Option<&String> {
        self.pairings.get(tpp)?.get(psu_id)
    }

    /// The customer's PSU-ID for a third party; generated if there is none.
    pub(super) fn psu_id_for(&mut self, tpp: &str, psu: &str) -> String {
        let known = self.pairings.get(tpp).and_then(|known| known.iter().find(|(_, key)| *key == psu));
        if let Some((psu_id, _)) = known {
            return psu_id.clone();
        }
        let psu_id = format!("psu-{}", random::base32_lower(16));
        let pairings = Arc::make_mut(&mut self.pairings);
        pairings.entry(tpp.to_owned()).or_default().insert(psu_id.clone(), psu.to_owned());
        self.changed = true;
        psu_id
    }
}

impl StoredPsu {
    pub(super) fn has_agreement(&self, corporate_id: &str) -> bool {
        self.corporate_ids.iter().any(|id| id == corporate_id)
    }
}
