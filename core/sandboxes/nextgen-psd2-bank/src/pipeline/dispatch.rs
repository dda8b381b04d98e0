//! Hands an admitted request to the handler of its operation.

use bankchannel_foundation::{
    Error,
    error::row,
    message::{InRequest, OutResponse},
    model::Boundary as _,
    operation::{CatalogueEntry, Exchange, Operation},
};
use bankchannel_nextgen_psd2::{
    http::Request,
    operations::{self, consents::create_consent::CreateConsent},
    verify::VerificationMode,
};
use serde_json::Value;

use crate::{BankCall, SandboxBank, SandboxRefusal};
use bankchannel_server::http::query::{PlusSign, pairs};

/// The maximum number of query parameters.
const PAIRS_MAX: usize = 64;

/// Runs the operation of a request.
pub(super) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    (entry, index): (&'static CatalogueEntry, usize),
    parameters: &[(&'static str, String)],
    request: &Request,
) -> Result<OutResponse, SandboxRefusal> {
    older_name(bank, entry.declaration.name, &request.body)?;
    let message = InRequest {
        path: parameters.to_vec(),
        query: query(&request.target)?,
        headers: Some(&request.headers),
        body: request.body.clone(),
        content: None,
    };
    let Some(Some(handler)) = HANDLERS.get(index) else {
        tracing::error!(name = entry.declaration.name, "an operation is listed but not served");
        return Err(SandboxRefusal::internal());
    };
    handler(bank, call, message, request)
}

/// Refuses the older name of a member of `access`. Every client accepts it in responses; in requests it is accepted
/// only in mode `lenient` (§4.1).
fn older_name(bank: &SandboxBank, operation: &str, body: &[u8]) -> Result<(), SandboxRefusal> {
    if bank.config.mode == VerificationMode::Lenient || operation != CreateConsent::DECLARATION.name {
        return Ok(());
    }
    // A body that is not JSON is refused later, when it is decoded.
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if body.pointer("/access/availableAccountsWithBalances").is_none() {
        return Ok(());
    }
    let text = "access.availableAccountsWithBalances is an older spelling, accepted in the mode lenient only: write \
                availableAccountsWithBalance";
    let path = Some("access.availableAccountsWithBalances".into());
    Err(SandboxRefusal { path, ..SandboxRefusal::by("V37", 400, "FORMAT_ERROR", text) })
}

fn query(target: &str) -> Result<Vec<(String, String)>, SandboxRefusal> {
    let wrong =
        || SandboxRefusal::by("V36", 400, "FORMAT_ERROR", "the query cannot be read: percent-encode it as UTF-8");
    let Some((_, query)) = target.split_once('?') else { return Ok(Vec::new()) };
    pairs(query, PlusSign::Plus, PAIRS_MAX).map_err(|_| wrong())
}

/// V36 for a header, V37 for the body and everything else.
fn unread<O: Operation>(fault: &Error, request: &Request) -> SandboxRefusal {
    let field = fault.detail("field").unwrap_or_default();
    // `PSU-ID` is a header of most operations, but a body member of one.
    let is_member = O::Request::SHAPE.fields().iter().any(|own| own.wire == field);
    let is_header = !is_member && request.headers.count(field) > 0;
    let check = if is_header { "V36" } else { "V37" };
    let text = if std::ptr::eq(fault.row(), &raw const row::INVALID_JSON) {
        format!("the body is not the JSON that this operation takes: {}", fault.message())
    } else {
        fault.message().to_owned()
    };
    let path = (!field.is_empty()).then(|| field.into());
    SandboxRefusal { path, ..SandboxRefusal::by(check, 400, "FORMAT_ERROR", text) }
}

type BankHandler = fn(&SandboxBank, &BankCall<'_>, InRequest<'_>, &Request) -> Result<OutResponse, SandboxRefusal>;

macro_rules! handlers {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// The handler of each operation, at the operation's index in the catalogue.
        static HANDLERS: &[Option<BankHandler>] = &[$(handlers!(@one $kind $subject $file $name)),+];
    };
    (@one exchange $subject:ident $file:ident $op:ident) => {
        Some(|bank, call, message, sent| {
            type Op = operations::$subject::$file::$op;
            let request = Op::decode_request(message).map_err(|fault| unread::<Op>(&fault, sent))?;
            super::super::$subject::$file::handle(bank, call, request).map(Op::encode_response)
        })
    };
    (@one local $($rest:tt)*) => { None };
}

bankchannel_nextgen_psd2::for_each_operation!(handlers);
