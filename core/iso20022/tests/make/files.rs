//! The operation: its output, and its files after a failure.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use bankchannel_foundation::clock::FixedClock;
use bankchannel_foundation::model::{Reader, Representation, read_boundary, write_boundary};
use bankchannel_foundation::{
    Error,
    model::{Boundary as _, Content},
    operation::{Local as _, LocalContext},
};
use bankchannel_iso20022::make::{CreditTransfer, PaymentTable, RowFormat};
use bankchannel_iso20022::operations::making::make_payment::{MakePayment, MakePaymentRequest, MakePaymentResponse};
use bytes::Bytes;
use serde_json::json;

use super::{data, transfer};

fn request(transfers: Vec<CreditTransfer>, path: Option<&str>) -> MakePaymentRequest {
    let path = path.map(str::to_owned);
    let mut made = MakePaymentRequest::new(data());
    made.transactions = Some(transfers);
    made.path = path;
    made
}

fn run(request: MakePaymentRequest) -> Result<MakePaymentResponse, Error> {
    let clock = FixedClock::at_ms(1_795_154_400_000);
    MakePayment::run(request, LocalContext::new(&clock))
}

/// ISO-009, ISO-010: nothing is left behind when no file is made.
#[test]
fn the_file_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let entries = || fs::read_dir(folder.path()).unwrap().count();
    let path = folder.path().join("payment.xml");
    let name = path.to_str().unwrap();
    for wrong in [vec![transfer("0")], Vec::new()] {
        let error = run(request(wrong, Some(name))).unwrap_err();
        assert_eq!((error.code(), entries()), ("iso20022.payment_refused", 0));
    }
    let answer = run(request(vec![transfer("1")], Some(name))).unwrap();
    let text = run(request(vec![transfer("1")], None)).unwrap();
    assert_eq!(Some(fs::read_to_string(&path).unwrap()), text.xml);
    assert_eq!((answer.sha256.len(), &answer.sha256), (64, &text.sha256));
    assert_eq!(answer.path.as_deref(), Some(name));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = run(request(vec![transfer("2")], Some(name))).unwrap_err();
    assert!(again.code() == "iso20022.file_exists" && again.message().contains("exists already"), "{again}");
    let nowhere = run(request(vec![transfer("1")], Some(&format!("{name}.d/payment.xml")))).unwrap_err();
    assert_eq!((nowhere.code(), entries()), ("resource.storage", 1));
}

/// An existing path is reported before any row is read.
#[test]
fn a_path_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payment.xml");
    fs::write(&path, "x").unwrap();
    let unreadable = PaymentTable { delimiter: Some("?".to_owned()), ..PaymentTable::default() };
    let mut request = request(Vec::new(), path.to_str());
    request.content = Some(Content::from(Bytes::new()));
    request.transactions = None;
    request.format = Some(RowFormat::Csv);
    request.table = Some(unreadable);
    assert_eq!(run(request).unwrap_err().code(), "iso20022.file_exists");
}

#[test]
fn transfers_come_in_one_way() {
    let mut both = request(vec![transfer("1")], None);
    both.content = Some(Content::from(Bytes::new()));
    assert_eq!(run(both).unwrap_err().code(), "input.invalid_field");
    let mut none = request(Vec::new(), None);
    none.transactions = None;
    assert_eq!(run(none).unwrap_err().detail("field"), Some("transactions"));
}

/// The boundary form, as passed by users of every language.
#[test]
fn the_boundary_form() {
    let debtor = json!({"name": "Oy Yritys Ab", "iban": "FI2112345600000785"});
    let given = json!({
        "transactions": [
            {"amount": "10.50", "creditor": {"name": "A", "iban": "FI1410093000123458"}, "reference": "RF18539007547034"},
            {"amount": "3.10", "creditor": {"name": "B", "iban": "EE382200221020145685"}, "category": "SALA"},
        ],
        "debtor": debtor,
        "execution_date": "2026-11-23",
        "created": "2026-11-20T08:00:00+02:00",
        "profile": {"base": "nordea"},
    });
    let written = write_boundary(run(read_boundary::<MakePaymentRequest>(given).unwrap()).unwrap());
    assert_eq!((&written["transactions"], &written["control_sum"]), (&json!(2), &json!("13.60")));
    assert_eq!(written["sums"], json!([{"amount": "13.60", "currency": "EUR"}]));
    assert_eq!(written["batches"][1]["sum"]["amount"], "3.10");
    assert!(written["xml"].as_str().unwrap().contains("<Cd>SALA</Cd>"));

    let table = Content::from(Bytes::from("creditor_name,creditor_iban,amount\nA,FI1410093000123458,1.00\n"));
    let mut reader = Reader::new(Representation::Boundary).with_content(Some(table));
    let given = json!({"format": "csv", "execution_date": "2026-11-30", "debtor": debtor});
    let answer = run(MakePaymentRequest::read(given.into(), &mut reader).unwrap()).unwrap();
    assert_eq!(answer.made.transactions, 1);
    assert!(answer.xml.unwrap().contains("<CreDtTm>2026-11-2"), "the time is the clock's");
}
