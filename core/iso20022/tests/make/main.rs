//! Made payment files: the cases of docs/protocols/iso20022.md, and properties of every file.
#![allow(clippy::unwrap_used)]

mod abroad;
mod cases;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod ids;
mod national;
mod properties;
mod refusals;
mod rows;

use bankchannel_foundation::Error;
use bankchannel_foundation::model::{Date, Decimal, Timestamp};
use bankchannel_iso20022::make::{CreditTransfer, MadePayment, PaymentData, PaymentMaker, PaymentParty};
use bankchannel_iso20022::rules::PaymentVersion;
use bankchannel_iso20022::schema::{self, MessageType};

const DEBTOR: &str = "FI2112345600000785";
const CREDITOR: &str = "FI1410093000123458";

fn decimal(text: &str) -> Decimal {
    Decimal::new(text).unwrap()
}

fn date(text: &str) -> Date {
    Date(text.parse().unwrap())
}

fn party(name: &str, iban: &str) -> PaymentParty {
    PaymentParty { name: Some(name.to_owned()), iban: Some(iban.to_owned()), ..PaymentParty::default() }
}

fn transfer(amount: &str) -> CreditTransfer {
    CreditTransfer::new(decimal(amount), party("Alpha Supplies Ab", CREDITOR))
}

/// The data of a file made on a Friday, to be executed on the following Monday.
fn data() -> PaymentData {
    let created = Some(Timestamp::new("2026-11-20T08:00:00+02:00").unwrap());
    let mut data = PaymentData { created, ..PaymentData::default() };
    data.group.debtor = Some(party("Oy Yritys Ab", DEBTOR));
    data.group.execution_date = Some(date("2026-11-23"));
    data
}

fn now() -> Timestamp {
    Timestamp::new("2026-11-20T09:00:00+02:00").unwrap()
}

fn make(data: PaymentData, transfers: Vec<CreditTransfer>) -> Result<(String, MadePayment), Error> {
    let mut maker = PaymentMaker::new(data, &now());
    for transfer in transfers {
        maker.add(transfer)?;
    }
    finish(maker)
}

fn finish(maker: PaymentMaker) -> Result<(String, MadePayment), Error> {
    let mut out = Vec::new();
    let made = maker.finish(&mut out)?;
    Ok((String::from_utf8(out).unwrap(), made))
}

/// Makes a file, which xmllint and our own schema validators accept.
fn valid(data: PaymentData, transfers: Vec<CreditTransfer>) -> (String, MadePayment) {
    let message = message(data.version);
    let (xml, made) = make(data, transfers).unwrap();
    judge(message, &xml);
    (xml, made)
}

fn message(version: Option<PaymentVersion>) -> MessageType {
    if version == Some(PaymentVersion::V03) { MessageType::Pain00100103 } else { MessageType::Pain00100109 }
}

fn judge(message: MessageType, xml: &str) {
    assert_eq!(schema::validate(message, xml.as_bytes()), Ok(()), "{xml}");
    assert_ne!(common::xmllint(message, xml.as_bytes()), Some(false), "{xml}");
}

/// The problems of a refused file, one per line.
fn problems(data: PaymentData, transfers: Vec<CreditTransfer>) -> Vec<String> {
    let error = make(data, transfers).unwrap_err();
    assert_eq!(error.code(), "iso20022.payment_refused", "{error}");
    lines(&error)
}

fn lines(error: &Error) -> Vec<String> {
    error.detail("problems").unwrap().lines().map(str::to_owned).collect()
}

/// The transfer has one problem, reported in these words.
fn refused(transfer: CreditTransfer, words: &str) {
    refused_with(data(), transfer, words);
}

fn refused_with(data: PaymentData, transfer: CreditTransfer, words: &str) {
    let found = problems(data, vec![transfer]);
    assert!(found.len() == 1 && found[0].contains(words), "{words}: {found:?}");
}

/// The warnings of a made file.
fn warnings(data: PaymentData, transfers: Vec<CreditTransfer>) -> Vec<String> {
    valid(data, transfers).1.warnings.into_iter().map(|found| format!("{}; {}", found.message, found.change)).collect()
}

fn warned(data: PaymentData, transfer: CreditTransfer, words: &str) {
    let found = warnings(data, vec![transfer]);
    assert!(found.len() == 1 && found[0].contains(words), "{words}: {found:?}");
}

fn unwarned(data: PaymentData, transfer: CreditTransfer) {
    assert_eq!(warnings(data, vec![transfer]), [""; 0]);
}
