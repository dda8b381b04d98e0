//! The same through the operation, with the results of the reading operations.

use bankchannel_foundation::model::{Content, read_boundary, write_boundary};
use bankchannel_foundation::{
    Error,
    clock::FixedClock,
    operation::{Local, LocalContext},
};
use bankchannel_iso20022::operations::matching::match_status::{MatchStatus, MatchStatusRequest};

use super::*;

const FILE: &str = "<Document><CstmrCdtTrfInitn><GrpHdr><MsgId>M1</MsgId></GrpHdr><PmtInf><PmtInfId>P1</PmtInfId><CdtTrfTxInf>\
                    <PmtId><EndToEndId>E1</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">100.00</InstdAmt></Amt></CdtTrfTxInf>\
                    </PmtInf></CstmrCdtTrfInitn></Document>";

fn run(file: &str, reports: Option<Vec<StatusReport>>, statements: Option<Vec<Statement>>) -> Result<Matched, Error> {
    let content = Content::Bytes(file.as_bytes().to_vec().into());
    let mut request = MatchStatusRequest::new(content);
    request.reports = reports;
    request.statements = statements;
    MatchStatus::run(request, LocalContext::new(&FixedClock::at_ms(0)))
}

#[test]
fn matches_what_other_operations_gave() {
    // Over the boundary and back, as every language passes them.
    let said: StatusReport = read_boundary(write_boundary(report(&group_status("ACSC"), ""))).unwrap();
    let booked: Statement =
        read_boundary(write_boundary(statement(&[debit("100.00", &details(&end_to_end("E1")))]))).unwrap();
    let found = run(FILE, Some(vec![said]), Some(vec![booked])).unwrap();
    assert_eq!(outcomes(&found), [Outcome::Paid]);
    let shown = write_boundary(found.clone());
    assert_eq!(shown["transactions"][0]["outcome"], "paid");
    assert_eq!(shown["transactions"][0]["status_from"], "group");
    assert_eq!(shown["transactions"][0]["again"], "no");
    assert_eq!(read_boundary::<Matched>(shown).unwrap(), found);
    assert_eq!(outcomes(&run(FILE, None, None).unwrap()), [Outcome::Unknown]);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let error = run("<Document/>", None, None).unwrap_err();
    assert_eq!(error.code(), "iso20022.file_unreadable");
}
