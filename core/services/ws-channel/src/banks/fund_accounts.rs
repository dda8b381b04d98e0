//! Funds the debtor accounts of a payment file at the simulator.

use std::collections::BTreeMap;

use bankchannel_bank_simulator::DEFAULT_BALANCE_CENTS;
use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_iso20022::read_payment;
use bankchannel_storage::ws_channel::{EffectiveCerts, FileScope, NewLedger};
use bankchannel_ws_channel::model::Bank;

use crate::service::BackgroundService;

/// Opens the debtor accounts of a payment file at the simulator for an account that has a certificate there, own or
/// shared. Each gets at least the amount that the file debits; an account that has more keeps it. Returns the IBANs.
///
/// # Errors
/// `input.invalid_field` when the file cannot be read or the account has no certificate at the simulator.
pub(crate) async fn fund_simulator(
    service: &BackgroundService,
    email: &str,
    payment_file: &[u8],
) -> Result<Vec<String>> {
    let stored = |why: bankchannel_storage::ws_channel::StoreError| Error::because(&row::STORAGE, why.to_string());
    let debits = debits(payment_file)?;
    let now = service.now_ms();
    let email = email.to_ascii_lowercase();
    let account = service.store.account(&email).await.map_err(stored)?;
    let account = account.ok_or_else(|| Error::invalid_field("email", "is not registered"))?;
    let bank = Bank::Simulator.as_str();
    let set = match service.store.effective_certs(&email, bank, now).await.map_err(stored)? {
        EffectiveCerts::Usable { set, .. } => set,
        _ => return Err(Error::invalid_field("email", "has no certificate at the simulator: enrol first")),
    };
    let scope = FileScope { api_key: account.api_key, email: set.email.clone(), bank: bank.to_owned() };
    let ledgers = service.store.ledgers(&scope).await.map_err(stored)?;
    for (iban, debit) in &debits {
        let there = ledgers.iter().find(|ledger| ledger.iban == *iban).map_or(0, |ledger| ledger.balance_cents);
        let wanted = DEFAULT_BALANCE_CENTS.max(*debit);
        if there < wanted {
            let ledger = NewLedger { iban: iban.clone(), balance_cents: wanted, statement: 0 };
            service.writer().fund_ledger(&scope, ledger).await.map_err(stored)?;
        }
    }
    Ok(debits.into_keys().collect())
}

/// The amounts that the file debits, by account, in hundredths.
fn debits(payment_file: &[u8]) -> Result<BTreeMap<String, i64>> {
    let refused = |why: &dyn std::fmt::Display| Error::invalid_field("payment_file", why.to_string());
    let payment = read_payment(payment_file).map_err(|why| refused(&why))?;
    let too_large = || refused(&"debits an account by more than its books can hold");
    let debits = bankchannel_bank_simulator::debits(&payment).into_iter();
    debits.map(|(iban, sum)| Ok((iban, sum.and_then(|sum| sum.to_cents()).ok_or_else(too_large)?))).collect()
}
