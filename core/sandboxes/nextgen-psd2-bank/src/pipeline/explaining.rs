//! Explanations of refusals (§3.3), made outside the tasks that serve connections: one may take many milliseconds.

use std::{sync::Arc, time::Duration};

use bankchannel_foundation::model::write_boundary;
use bankchannel_nextgen_psd2::{
    explain::{self, ExplainInput, RefusalExplanation},
    http::Request,
    operations::verification::explain_request::ExplainRequestResponse,
    verify::Policy,
};
use bankchannel_transport::background;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

use super::{
    super::{refusal::SandboxRefusal, service::SandboxBank},
    BankPipeline, checks,
};
use bankchannel_server::http::shell::CounterpartApi as _;

/// How long a refused request waits for its explanation before it is answered without one. A request for an explanation
/// waits as long.
const TURN: Duration = Duration::from_secs(5);
const WANTED: &str = "x-sandbox-explain";
pub(crate) const SIGNING_STRING: &str = "x-sandbox-signing-string";

/// The maximum size of an explanation in an answer, in bytes.
const MAX_JSON: usize = 64 * 1024;
/// The maximum length of a check's text, in characters.
const MAX_TEXT: usize = 500;
/// The parts that are left out, in this order, until the rest fits.
const LEFT_OUT: [&str; 8] = [
    "/text",
    "/signed_text",
    "/actual_signing_string",
    "/expected_signing_string",
    "/diff/lines",
    "/key_id/issuer",
    "/hypotheses",
    "/diff",
];

/// The input for explaining a refusal.
pub(super) struct ExplainingInput {
    pub(super) request: Request,
    pub(super) policy: Policy,
    pub(super) base_path: String,
    pub(super) refusal: SandboxRefusal,
    pub(super) routed: bool,
    /// Whether it was refused before it was read completely; then there is only the reason to report.
    pub(super) is_unread: bool,
    pub(super) signing_string: Option<Vec<u8>>,
}

/// Whether the response should contain the explanation: the client's header decides, otherwise the bank's option.
pub(super) fn is_wanted(bank: &SandboxBank, headers: &HeaderMap) -> bool {
    match headers.get(WANTED).map(hyper::header::HeaderValue::as_bytes) {
        Some(b"0") => false,
        // Beyond loopback only the option decides (S-15).
        Some(b"1") => bank.config.explain || bank.config.listen.ip().is_loopback(),
        _ => bank.config.explain,
    }
}

/// The signing string that the client reports.
///
/// # Errors
/// For a header that is not base64.
pub(super) fn signing_string(headers: &HeaderMap) -> Result<Option<Vec<u8>>, ()> {
    let Some(value) = headers.get(SIGNING_STRING) else { return Ok(None) };
    STANDARD.decode(value.as_bytes().trim_ascii()).map(Some).map_err(|_| ())
}

/// The explanation of a refusal.
pub(super) struct ExplainedRefusal {
    /// For the sender.
    pub(super) own: Value,
    /// For everyone else: without personal data.
    pub(super) for_others: Value,
}

/// Explains a refusal; `None` if too many others wait.
pub(super) async fn of_refusal(bank: &Arc<SandboxBank>, refused: ExplainingInput) -> Option<ExplainedRefusal> {
    if refused.is_unread {
        let own = explain::refused_unread(refused.refusal.check, &refused.refusal.text);
        return Some(ExplainedRefusal { for_others: own.clone(), own });
    }
    let work = Arc::clone(bank);
    in_turn(bank, move || explained(&work, &refused)).await
}

/// Runs `work` when a slot is free, and to completion: the slot stays taken while it runs, even if the client
/// disconnects.
async fn in_turn<T: Send + 'static>(bank: &SandboxBank, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let turn = tokio::time::timeout(TURN, Arc::clone(&bank.explaining).acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return None };
    let worked = background::blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    worked.await.ok()
}

fn explained(bank: &SandboxBank, refused: &ExplainingInput) -> ExplainedRefusal {
    let policy = Policy { stop_at_failure: false, ..refused.policy.clone() };
    let mut verified = bank.verifier.verify(&refused.request, &policy);
    if refused.routed {
        checks::note_route(&mut verified);
    }
    checks::note_refusal(&mut verified, &refused.refusal);
    let input = ExplainInput {
        client_signing_string: refused.signing_string.as_deref(),
        known: &bank.known,
        tls_client: policy.tls_client.as_ref(),
        base_path: &refused.base_path,
    };
    let explanation = explain::explain(&refused.request, &verified, input);
    ExplainedRefusal { for_others: limited(explanation.for_others()), own: limited(explanation) }
}

/// Explains a request given as text without executing it; `None` if too many others wait.
pub(super) async fn of_text(pipeline: &Arc<BankPipeline>, text: Bytes, headers: &HeaderMap) -> Option<Value> {
    let signing_string = signing_string(headers);
    let note = signing_string.is_err().then_some("X-Sandbox-Signing-String is not base64: it was left out");
    let signing_string = signing_string.unwrap_or_default();
    let work = Arc::clone(pipeline);
    let mut out = in_turn(&pipeline.bank, move || explained_text(&work, &text, signing_string)).await?;
    if let (Some(note), Some(members)) = (note, out.as_object_mut()) {
        members.insert("note".to_owned(), note.into());
    }
    Some(out)
}

fn explained_text(pipeline: &BankPipeline, text: &[u8], signing_string: Option<Vec<u8>>) -> Value {
    let bank = &pipeline.bank;
    let request = match Request::parse(text) {
        Ok(request) => request,
        Err(fault) => return explain::unreadable(&fault),
    };
    let path = request.target.split('?').next().unwrap_or_default();
    let (mount, found) = pipeline.route(&request.method, path);
    let mount = &pipeline.mounts[mount];
    let policy =
        Policy { stop_at_failure: false, ..checks::policy(bank, mount, None, mount.endpoint(&found), bank.now_s()) };
    let mut verified = bank.verifier.verify(&request, &policy);
    match checks::on_its_way(&found) {
        Ok(()) => checks::note_route(&mut verified),
        Err(refusal) => checks::note_refusal(&mut verified, &refusal),
    }
    let input = ExplainInput {
        client_signing_string: signing_string.as_deref(),
        known: &bank.known,
        tls_client: None,
        base_path: mount.mount.prefix(),
    };
    limited(explain::explain(&request, &verified, input))
}

/// The explanation as `explain_request` answers it. If it would be longer than [`MAX_JSON`], parts are left out and
/// `truncated` is `true`.
fn limited(explanation: RefusalExplanation) -> Value {
    let mut out = write_boundary(ExplainRequestResponse::from(explanation));
    for check in out["checks"].as_array_mut().into_iter().flatten() {
        if let Some((end, _)) = check["text"].as_str().and_then(|text| text.char_indices().nth(MAX_TEXT)) {
            check["text"] = format!("{}…", &check["text"].as_str().unwrap_or_default()[..end]).into();
        }
    }
    for part in LEFT_OUT {
        if out.to_string().len() <= MAX_JSON {
            break;
        }
        if let Some(part) = out.pointer_mut(part) {
            *part = Value::Null;
        }
        out["truncated"] = true.into();
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_nextgen_psd2::{signing::SigningDialect, verify::RequestVerifier};

    use super::*;

    #[test]
    fn an_explanation_has_a_limit() {
        let head = "POST /v1/consents HTTP/1.1\nSignature: keyId=\"SN=1,CA=CN=A\",headers=\"psu-id psu-corporate-id\",signature=\"AAAA\"";
        let long = "x".repeat(15_000);
        let text = format!("{head}\nPSU-ID: {long}\nPSU-Corporate-ID: {long}\n\n");
        let request = Request::parse(text.as_bytes()).unwrap();
        let verified = RequestVerifier::default().verify(&request, &Policy::at(0, SigningDialect::Era));
        let said = "y\n".repeat(16_000);
        for (client_signing_string, is_whole) in [(None, true), (Some(said.as_bytes()), false)] {
            let input = ExplainInput { client_signing_string, ..ExplainInput::default() };
            let out = limited(explain::explain(&request, &verified, input));
            assert!(out.to_string().len() <= MAX_JSON, "{}", out.to_string().len());
            assert_eq!(out.get("truncated").is_none(), is_whole);
            assert!(out["text"].is_string() == is_whole && out["checks"].is_array() && out["digest"].is_object());
            assert_eq!(out["diff"]["line"].is_u64(), !is_whole);
        }
    }
}
