//! Certificates that the bank has blocked, and certificates that count as revoked by their issuers.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use bankchannel_foundation::{Error, Result};

use super::{BankState, data::StoredData};

/// The maximum number of digits in a serial number: 21 octets.
const DIGITS_MAX: usize = 42;
/// The maximum number of certificates in each list.
const LISTED_MAX: usize = 1_000;

/// Serial numbers, big-endian without leading zeros.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SerialNumbers {
    /// Blocked by the bank.
    pub(crate) blocked: Vec<Vec<u8>>,
    /// Revoked.
    pub(crate) revoked: Vec<Vec<u8>>,
}

/// The lists, shared with every request.
pub(super) struct ListedSerials(RwLock<Arc<SerialNumbers>>);

impl ListedSerials {
    pub(super) fn from_data(data: &StoredData) -> Self {
        Self(RwLock::new(Arc::new(serials(data))))
    }

    pub(super) fn refresh(&self, data: &StoredData) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(serials(data));
    }
}

impl BankState {
    /// Both lists.
    pub(crate) fn serials(&self) -> Arc<SerialNumbers> {
        Arc::clone(&self.listed.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Blocks the certificate with this serial number, in hex.
    ///
    /// # Errors
    /// `input.invalid_field` for an invalid serial number.
    pub(crate) fn block(&self, serial: &str) -> Result<()> {
        self.list(serial, |data| &mut data.blocked)
    }

    /// Marks the certificate with this serial number, in hex, as revoked.
    ///
    /// # Errors
    /// As [`block`](Self::block).
    pub(crate) fn revoke_certificate(&self, serial: &str) -> Result<()> {
        self.list(serial, |data| &mut data.revoked)
    }

    fn list(&self, serial: &str, which: fn(&mut StoredData) -> &mut BTreeSet<String>) -> Result<()> {
        let digits = serial.trim_start_matches('0').to_ascii_uppercase();
        if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::invalid_field("serial", "must be a serial number in hexadecimal"));
        }
        let mut data = self.keeper.change();
        let list = which(&mut data);
        if list.len() >= LISTED_MAX && !list.contains(&digits) {
            return Err(Error::invalid_field(
                "serial",
                format!("is one entry too many: at most {LISTED_MAX} can be listed"),
            ));
        }
        if list.insert(digits) {
            data.changed = true;
            self.listed.refresh(&data);
        }
        Ok(())
    }
}

fn serials(data: &StoredData) -> SerialNumbers {
    let bytes = |list: &BTreeSet<String>| list.iter().map(|digits| bytes_of(digits)).collect();
    SerialNumbers { blocked: bytes(&data.blocked), revoked: bytes(&data.revoked) }
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let even = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    let nibble = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default();
    let pair = |pair: &[u8]| u8::try_from(nibble(pair[0]) * 16 + nibble(pair[1])).unwrap_or_default();
    even.as_bytes().chunks_exact(2).map(pair).collect()
}
