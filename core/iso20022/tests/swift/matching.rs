//! A SWIFT statement beside a payment file.

use bankchannel_iso20022::matching::{Outcome, match_status};
use bankchannel_iso20022::{EXAMPLE_PAIN001, read_payment};

use super::read;

/// Case MTS-28.
#[test]
fn a_statement_says_what_became_of_a_payment() {
    let payment = read_payment(EXAMPLE_PAIN001.as_bytes()).unwrap();
    let text = ":20:REF\n:25:FI2112345600000785\n:28C:1/1\n:60F:C260720EUR2000,00\n\
                :61:2607210721D250,05NTRFNONREF//A1\n:86:116?20EREF+SYNTH-E2E-0001?31EE382200221020145685\n\
                :61:2607210721D1200,00NTRFNONREF//A2\n:86:116?20EREF+SYNTH-E2E-0002?31DE89370400440532013000\n\
                :61:2607220722C1200,00NRTINONREF//A3\n:86:159?20EREF+SYNTH-E2E-0002?21SVWZ+AC04/KONTO ERLOSCHEN\n\
                :62F:C260722EUR1749,95\n-\n";
    let matched = match_status(&payment, &[], &read(text).statements);
    let [one, other] = matched.transactions.as_slice() else { panic!("two transactions") };
    assert_eq!((&one.outcome, &other.outcome), (&Outcome::Paid, &Outcome::Returned));
    assert_eq!(other.reason.as_ref().unwrap().code, "AC04");
    // By account, amount and day, where nothing names the transaction.
    let unnamed = text.replace("EREF+SYNTH-E2E-0001", "").replace("?20?31", "?31");
    let matched = match_status(&payment, &[], &read(&unnamed).statements);
    assert_eq!(matched.transactions[0].outcome, Outcome::Probable);
}
