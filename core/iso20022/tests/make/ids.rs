//! Ids made from the data: different for different payments, the same for the same file.

use bankchannel_foundation::model::Timestamp;
use bankchannel_iso20022::make::{ChargeBearer, CreditTransfer, PaymentData, PaymentMaker, TransferKind};
use bankchannel_iso20022::rules::PaymentVersion;

use jiff::tz::TimeZone;

use super::{data, date, finish, now, problems, refused_with, transfer, valid};

/// The texts of all elements of this name.
fn all(xml: &str, name: &str) -> Vec<String> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap().to_owned()).collect()
}

fn with_reference(reference: &str) -> CreditTransfer {
    CreditTransfer { reference: Some(reference.to_owned()), ..transfer("1") }
}

fn with_bic(bic: &str) -> CreditTransfer {
    let mut one = transfer("1");
    one.creditor.bic = Some(bic.to_owned());
    one
}

#[test]
fn one_reference_written_in_two_ways_gets_two_ids() {
    let data = PaymentData { uetr: Some(true), ..data() };
    let transfers = vec![with_reference("RF18539007547034"), with_reference("RF18 5390 0754 7034")];
    let (xml, made) = valid(data, transfers);
    let (ids, uetrs) = (all(&xml, "EndToEndId"), all(&xml, "UETR"));
    assert_eq!(ids[1], format!("{}-2", ids[0]));
    assert_ne!(uetrs[0], uetrs[1]);
    assert_eq!(made.warning_count, 1, "{:?}", made.warnings);
}

#[test]
fn a_given_batch_id_leaves_the_message_id_to_the_content() {
    let of = |amount: &str, day: &str| {
        let mut data = data();
        data.group.batch_id = Some("SALARIES".to_owned());
        data.group.execution_date = Some(date(day));
        valid(data, vec![transfer(amount)]).1.message_id
    };
    let first = of("1", "2026-11-23");
    assert_eq!(first, of("1.00", "2026-11-23"));
    assert_ne!(first, of("2", "2026-11-23"), "a file that was corrected");
    assert_ne!(first, of("1", "2026-12-23"), "the next month");
}

#[test]
fn what_is_written_alike_has_the_same_ids() {
    let (plain, _) = valid(data(), vec![with_bic("NDEAFIHH")]);
    assert_eq!(plain, valid(data(), vec![with_bic("ndea fihh")]).0);

    let mut said = transfer("2");
    said.group.charge_bearer = Some(ChargeBearer::Slev);
    said.group.service_level = Some("SEPA".to_owned());
    said.creditor.person = Some(false);
    let (xml, made) = valid(data(), vec![transfer("1"), said]);
    assert_eq!(made.batches.len(), 1, "{xml}");
    assert_eq!(xml, valid(data(), vec![transfer("1"), transfer("2")]).0);

    let mut urgent = data();
    urgent.group.kind = Some(TransferKind::Urgent);
    let mut debtor_pays = transfer("2");
    debtor_pays.group.charge_bearer = Some(ChargeBearer::Debt);
    assert_eq!(valid(urgent, vec![transfer("1"), debtor_pays]).1.batches.len(), 2);
}

/// A creation time in UTC is an instant; one with an offset is local time.
#[test]
fn the_time_of_making_is_local() {
    let created = |text: &str| {
        let data = PaymentData { created: Some(Timestamp::new(text).unwrap()), ..data() };
        let mut maker = PaymentMaker::in_zone(data, &now(), &TimeZone::fixed(jiff::tz::offset(2)));
        maker.add(transfer("1")).unwrap();
        all(&finish(maker).unwrap().0, "CreDtTm").remove(0)
    };
    assert_eq!(created("2026-11-20T23:30:00Z"), "2026-11-21T01:30:00");
    assert_eq!(created("2026-11-20T23:30:00+00:00"), "2026-11-21T01:30:00");
    assert_eq!(created("2026-11-20T23:30:00+01:00"), "2026-11-20T23:30:00");
}

#[test]
fn a_uetr_is_given_once() {
    let given = |amount: &str, day: &str| {
        let mut one = transfer(amount);
        one.uetr = Some("9f7a5893-562a-4207-a91e-dd3e484fd85b".to_owned());
        one.group.execution_date = Some(date(day));
        one
    };
    let found = problems(data(), vec![given("1", "2026-11-23"), given("2", "2026-11-24")]);
    assert!(
        found.len() == 1 && found[0].starts_with("transaction 2, uetr: ") && found[0].contains("same UETR"),
        "{found:?}"
    );
}

#[test]
fn the_bics_of_version_3_are_those_of_its_schema() {
    let v03 = || PaymentData { version: Some(PaymentVersion::V03), ..data() };
    refused_with(v03(), with_bic("NDEAFI1O"), "version 3 does not allow");
    valid(v03(), vec![with_bic("NDEAFI2N")]);
    valid(data(), vec![with_bic("NDEAFI1O")]);
}
