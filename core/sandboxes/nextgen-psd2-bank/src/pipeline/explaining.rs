//! Explanations of refusals (§3.3), made outside the tasks that serve connections: one may take many milliseconds.

use std::{sync::Arc, time::Duration};

use bankchannel_nextgen_psd2::{
    explain::{self, ExplainInput},
    http::Request,
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
    ExplainedRefusal { own: explanation.to_json(), for_others: explanation.for_others().to_json() }
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
    explain::explain(&request, &verified, input).to_json()
}
