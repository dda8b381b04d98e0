//! Answers of a bank, opened as a client does: believed or not, their content, the outcome of the request.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use bankchannel_foundation::{
    CallOutcome, Error,
    message::{Headers, InResponse, Response},
    model::Boundary as _,
    operation::Exchange as _,
};
use bankchannel_sepa_web_services::{
    answer::{ANSWER_HEADERS, AnswerExpectation, BelievedMessage, UnpackingLimits, open_answer},
    codec::SepaWebServicesCodec,
    model::BankFileStatus,
    operations::{
        files::{
            list_files::{ListBankFiles, ListBankFilesResponse},
            upload_file::UploadBankFileResponse,
        },
        users::get_user_info::{GetUserInfo, GetUserInfoResponse},
    },
};
use common::{BANK, RESPONSE_END, answer_body, response, rules};

const CUSTOMER: &str = "7700112233";
const REQUEST_ID: &str = "4b1d5c1e9a3f4f6d8c7e2a0b9d8f7e6c";

fn http(message: &str) -> InResponse {
    let mut headers = Headers::default();
    headers.push(ANSWER_HEADERS[0], "text/xml; charset=utf-8");
    InResponse { message: Response { status: 200, headers, body: message.to_owned().into() }, ..InResponse::default() }
}

/// Opens an answer to a list, or to an upload.
fn opened(message: &str, is_upload: bool, serial: Option<&str>) -> Result<BelievedMessage, Error> {
    opened_as(http(message), is_upload, serial)
}

fn opened_as(message: InResponse, is_upload: bool, serial: Option<&str>) -> Result<BelievedMessage, Error> {
    let fields = if is_upload { UploadBankFileResponse::SHAPE.fields() } else { ListBankFilesResponse::SHAPE.fields() };
    let rules = rules();
    let expected = AnswerExpectation {
        rules: &rules,
        operation: if is_upload { "upload_file" } else { "list_files" },
        is_once: is_upload,
        certificates: None,
        sender_id: CUSTOMER,
        customer_id: CUSTOMER,
        request_id: REQUEST_ID,
        request_timestamp: "2031-03-04T05:06:07.089Z",
        request_digest: &[7; 32],
        execution_serial: serial,
        fields,
        limits: UnpackingLimits::CLIENT,
    };
    open_answer(message, &expected)
}

fn listed(document: &str) -> Result<ListBankFilesResponse, Error> {
    let message = opened(&BANK.envelope(&answer_body(&BANK.document(document, RESPONSE_END))), false, Some("RUN-1"))?;
    SepaWebServicesCodec::answer_of::<ListBankFiles>(message.fields, None)
}

fn verdict_of(result: Result<BelievedMessage, Error>) -> (String, Option<CallOutcome>) {
    let error = result.expect_err("it is not believed");
    (error.code().to_owned(), error.outcome())
}

#[test]
fn t18_t25_t44_an_answer_to_something_else_is_not_ours() {
    let good = BANK.document(&response("00"), RESPONSE_END);
    let unknown = ("peer.protocol".to_owned(), Some(CallOutcome::Unknown));
    for (from, to) in [
        ("downloadFileListout", "getUserInfoout"),
        (REQUEST_ID, "another"),
        ("<mod:SenderId>7700112233", "<mod:SenderId>7700112244"),
    ] {
        let body = answer_body(&good).replace(from, to);
        for is_upload in [false, true] {
            // Of an upload even the right operation is another one here.
            assert_eq!(verdict_of(opened(&BANK.envelope(&body), is_upload, None)), unknown, "{to}");
        }
    }
    for (document, serial) in [
        (response("00").replace("7700112233", "7700112244"), None),
        (format!("{}<ExecutionSerial>RUN-2</ExecutionSerial>", response("00")), Some("RUN-1")),
    ] {
        let message = BANK.envelope(&answer_body(&BANK.document(&document, RESPONSE_END)));
        assert_eq!(verdict_of(opened(&message, false, serial)), unknown, "{document}");
    }
    // The bank may leave the serial out, and one that was not sent is not compared.
    for serial in [None, Some("RUN-1")] {
        opened(&BANK.envelope(&answer_body(&good)), false, serial).unwrap();
    }
}

/// An answer that is no message of the channel keeps its status and its words, and no advice for files stands under it.
#[test]
fn an_answer_without_a_message_says_what_the_server_says() {
    const FAULT_12: &str = "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><e:Fault><e:Code>\
        <e:Value>e:Receiver</e:Value></e:Code><e:Reason><e:Text xml:lang=\"en\">closed for maintenance</e:Text>\
        </e:Reason></e:Fault></e:Body></e:Envelope>";
    for (status, media, body, code, says) in [
        (500, "text/xml", "", "sepa_web_services.bank_failed", "HTTP 500"),
        (500, "", "  ", "sepa_web_services.bank_failed", "HTTP 500"),
        (500, "text/html", "<html>Oops 4711</html>", "sepa_web_services.bank_failed", "Oops 4711"),
        (500, "text/xml", "out of order", "sepa_web_services.bank_failed", "out of order"),
        (403, "text/html", "<html>Request rejected, support ID 4711</html>", "peer.http_status", "support ID 4711"),
        (404, "text/xml", "", "peer.http_status", "HTTP 404"),
        (503, "text/html", "<p>back at <b>noon</b></p>", "peer.unavailable", "back at noon"),
        (500, "application/soap+xml", FAULT_12, "sepa_web_services.fault", "closed for maintenance"),
        (200, "text/xml", FAULT_12, "sepa_web_services.fault", "closed for maintenance"),
        (200, "text/xml", "", "peer.protocol", "is empty"),
        (200, "text/html", "<h1>Welcome</h1>", "peer.protocol", "Welcome"),
        (200, "text/xml", "no message", "peer.protocol", "cannot be read"),
    ] {
        let mut headers = Headers::default();
        headers.push(ANSWER_HEADERS[0], media);
        let answer = Response { status, headers, body: body.to_owned().into() };
        let answer = InResponse { message: answer, ..InResponse::default() };
        for is_upload in [false, true] {
            let error = opened_as(answer.clone(), is_upload, None).expect_err("it is not believed");
            let found = (error.code(), error.outcome(), error.http_status());
            assert_eq!(found, (code, Some(CallOutcome::Unknown), Some(status)), "{body}: {error}");
            assert!(error.message().contains(says), "{body}: {error}");
            for advice in ["choose the", "export", "transfer it"] {
                assert!(!error.message().contains(advice), "{body}: {error}");
            }
        }
    }
}

#[test]
fn t40_both_codes_count() {
    for (soap, document, is_upload, outcome) in [
        ("00", "00", true, None),
        ("0", "000", true, None),
        ("", "00", true, None),
        ("00", "23", true, Some(CallOutcome::Refused)),
        ("23", "00", true, Some(CallOutcome::Unknown)),
        ("23", "23", true, Some(CallOutcome::Refused)),
        ("00", "26", true, Some(CallOutcome::Unknown)),
        ("00", "AB", true, Some(CallOutcome::Unknown)),
        ("00", "24", true, Some(CallOutcome::Refused)),
        ("24", "24", false, None),
        ("00", "24", false, None),
        ("00", "23", false, Some(CallOutcome::Refused)),
        ("23", "00", false, Some(CallOutcome::Refused)),
        ("00", "26", false, Some(CallOutcome::Unknown)),
    ] {
        let operation = if is_upload { "uploadFileout" } else { "downloadFileListout" };
        let body = answer_body(&BANK.document(&response(document), RESPONSE_END))
            .replace("downloadFileListout", operation)
            .replace("<mod:ResponseCode>00", &format!("<mod:ResponseCode>{soap}"));
        let result = opened(&BANK.envelope(&body), is_upload, None);
        assert_eq!(
            result.as_ref().err().map(|error| error.outcome().unwrap()),
            outcome,
            "{soap} {document} {result:?}"
        );
    }
}

#[test]
fn t41_content_of_an_error_is_shown_and_never_a_file() {
    let explanation = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "element Foo is not allowed");
    let document = format!("{}<Content>{explanation}</Content>", response("12"));
    let body = answer_body(&BANK.document(&document, RESPONSE_END));
    let error = opened(&BANK.envelope(&body), false, None).unwrap_err();
    assert_eq!(
        (error.detail("explanation"), error.outcome()),
        (Some("element Foo is not allowed"), Some(CallOutcome::Refused))
    );
}

/// A descriptor with each element that the schema has.
const DESCRIPTOR: &str = "<FileDescriptor><FileReference>31030400017</FileReference><TargetId>7700112233B1</TargetId><ServiceId>S</ServiceId>\
     <ServiceIdOwnerName>O</ServiceIdOwnerName><UserFilename>f &amp; g.xml</UserFilename><ParentFileReference>1</ParentFileReference>\
     <FileType>NDCAMT53L</FileType><FileTimestamp>2006-03-03T00:00:00.0Z</FileTimestamp><Status>NEW</Status><AmountTotal>1.5E3</AmountTotal>\
     <TransactionCount>2</TransactionCount><LastDownloadTimestamp>2031-03-04T05:06:07</LastDownloadTimestamp>\
     <ForwardedTimestamp>no time</ForwardedTimestamp><Confirmable>0</Confirmable><Deletable>true</Deletable><SubStatus>HIGH</SubStatus>\
     <SubStatusText>high</SubStatusText><MissingTransactions>1</MissingTransactions><SubType>T</SubType><FeedbackFileAttributes>\
     <FeedbackFileReference>2</FeedbackFileReference><FeedbackFileType>X</FeedbackFileType><FeedbackFileDate>2031-03-04</FeedbackFileDate>\
     <FeedbackFilestamp>2031-03-04T05:06:07+02:00</FeedbackFilestamp></FeedbackFileAttributes></FileDescriptor>";

#[test]
fn t36_every_element_is_read_and_one_more_is_passed_over() {
    let document = format!(
        "{}<ExecutionSerial>RUN-1</ExecutionSerial><Encrypted>false</Encrypted><Compressed>false</Compressed><AmountTotal>0</AmountTotal>\
         <FileDescriptors>{DESCRIPTOR}</FileDescriptors><CustomerExtension><Any>x</Any></CustomerExtension><New>x</New>",
        response("00")
    );
    let answer = listed(&document).unwrap();
    assert_eq!(answer.answer.execution_serial.as_deref(), Some("RUN-1"));
    let file = &answer.file_descriptors[0];
    assert_eq!((file.user_filename.as_deref(), file.transaction_count), (Some("f & g.xml"), Some(2)));
    assert_eq!(file.amount_total.as_ref().map(|sum| sum.as_str()), Some("1500"));
    assert_eq!((file.confirmable, file.deletable, file.missing_transactions), (Some(false), Some(true), Some(true)));
    assert_eq!(file.last_download_timestamp.as_ref().map(|at| at.as_str()), Some("2031-03-04T05:06:07Z"));
    assert!(file.forwarded_timestamp.is_none(), "what cannot be read and may be left out is left out");
    let feedback = file.feedback_file_attributes.as_ref().unwrap();
    assert_eq!((feedback.feedback_file_reference.as_str(), feedback.feedback_file_date.unwrap().day()), ("2", 4));
}

#[test]
fn t37_lists_of_any_length_and_all_statuses() {
    const SHORT: &str = "<FileDescriptor><FileReference>1</FileReference><TargetId>T</TargetId><FileType>X</FileType>\
         <FileTimestamp>2031-03-04T05:06:07Z</FileTimestamp><Status>NEW</Status></FileDescriptor>";
    for count in [0, 1, 2, 10_000] {
        let files = SHORT.repeat(count);
        let list = if count == 0 { String::new() } else { format!("<FileDescriptors>{files}</FileDescriptors>") };
        let answer = listed(&format!("{}{list}", response(if count == 0 { "24" } else { "00" }))).unwrap();
        assert_eq!(answer.file_descriptors.len(), count);
    }
    for (word, status) in [
        ("NEW", BankFileStatus::New),
        ("DLD", BankFileStatus::Downloaded),
        ("WFP", BankFileStatus::WaitingForProcessing),
        ("WFC", BankFileStatus::WaitingForConfirmation),
        ("FWD", BankFileStatus::Forwarded),
        ("DEL", BankFileStatus::Deleted),
        ("KIN", BankFileStatus::KeyedIn),
        ("XYZ", BankFileStatus::Other("XYZ".to_owned())),
    ] {
        let file = DESCRIPTOR.replace("<Status>NEW", &format!("<Status>{word}"));
        let answer = listed(&format!("{}<FileDescriptors>{file}</FileDescriptors>", response("00"))).unwrap();
        assert_eq!(answer.file_descriptors[0].status, status);
    }
    let without = DESCRIPTOR.replace("<FileReference>31030400017</FileReference>", "");
    let error = listed(&format!("{}<FileDescriptors>{without}</FileDescriptors>", response("00"))).unwrap_err();
    assert!(error.message().contains("FileReference"), "{error}");
}

#[test]
fn t38_user_file_types_are_read() {
    let document = format!(
        "{}<UserFileTypes><UserFileType><TargetId>T</TargetId><FileType>NDCORPAYS</FileType><FileTypeName>Payments</FileTypeName>\
         <Country>FI</Country><Direction>Upload</Direction><FileTypeServices><FileTypeService><ServiceId>S</ServiceId>\
         <ServiceIdType>A</ServiceIdType></FileTypeService></FileTypeServices></UserFileType><UserFileType><TargetId/></UserFileType>\
         </UserFileTypes>",
        response("00")
    );
    let message = InResponse::new(200, format!("{document}{RESPONSE_END}"));
    let answer: GetUserInfoResponse = GetUserInfo::decode_response(message).unwrap();
    assert_eq!(answer.user_file_types.len(), 2);
    assert_eq!(answer.user_file_types[0].file_type_services[0].service_id_type.as_deref(), Some("A"));
    assert!(answer.user_file_types[1].file_type.is_none() && answer.user_file_types[1].target_id.is_none());
}
