//! The initial customers (§4.6). Names, numbers and amounts are invented: the bank code 9999 is not assigned, the check
//! digits are valid.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use bankchannel_crypto::digest::sha256;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::data::{ConsentIndex, FORMAT, StoredAccount, StoredData, StoredPsu};

/// The third party that knows both initial customers.
pub(super) const TPP_1: &str = "PSDNO-FSA-987654321";
/// The customer with accounts: its key, and its PSU-ID for that third party.
pub(super) const PSU_1: (&str, &str) = ("kari", "psu-7f3a91");
/// The customer without accounts.
pub(super) const PSU_2: (&str, &str) = ("ola", "psu-b20c44");

/// The initial state.
pub(super) fn data() -> StoredData {
    let kari = StoredPsu {
        name: "Kari Nordmann".to_owned(),
        identifier_hash: hash_of("00000000000"),
        corporate_ids: vec!["corp-42".to_owned()],
        accounts: vec![
            account("kari-1", "NO8299990100000", "Brukskonto", (false, 4_821_550)),
            account("kari-2", "NO5499990100019", "Sparekonto", (true, 21_500_000)),
        ],
    };
    let ola = StoredPsu {
        name: "Ola Nordmann".to_owned(),
        identifier_hash: hash_of("11111111111"),
        corporate_ids: Vec::new(),
        accounts: Vec::new(),
    };
    let known = [PSU_1, PSU_2].map(|(key, psu_id)| (psu_id.to_owned(), key.to_owned()));
    StoredData {
        format: FORMAT,
        psus: Arc::new(BTreeMap::from([(PSU_1.0.to_owned(), kari), (PSU_2.0.to_owned(), ola)])),
        pairings: Arc::new(BTreeMap::from([(TPP_1.to_owned(), BTreeMap::from(known))])),
        counted: 0,
        approvals: 0,
        consents: HashMap::new(),
        blocked: BTreeSet::new(),
        revoked: BTreeSet::new(),
        index: ConsentIndex::default(),
        changed: false,
    }
}

/// SHA-256 of a personal identifier, base64 (§1.2).
pub(super) fn hash_of(identifier: &str) -> String {
    STANDARD.encode(sha256(identifier.as_bytes()))
}

fn account(id: &str, iban: &str, name: &str, (savings, balance): (bool, i64)) -> StoredAccount {
    StoredAccount {
        id: id.to_owned(),
        iban: iban.to_owned(),
        name: name.to_owned(),
        currency: "NOK".to_owned(),
        savings,
        balance,
    }
}
