//! Explanations of refusals (§3.3), made outside the tasks that serve connections: one may take many milliseconds.

use std::{sync::Arc, time::Duration};

use bankchannel_foundation::model::write_boundary;
use bankchannel_nextgen_psd2::{
    explain::{self, ExplainInput},
    http::Request,
    model::CheckStatus,
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
/// The maximum length of a check's text and of the refusal's, in characters.
const MAX_TEXT: usize = 500;
/// What shortens an explanation, one after the other, until it fits: what its form requires becomes empty, the rest
/// absent.
const SHORTENED: [fn(&mut ExplainRequestResponse); 10] = [
    |out| out.text.clear(),
    // Together: from the second the page tells whose text the first is.
    |out| (out.actual_signing_string, out.signed_text) = (None, None),
    |out| out.expected_signing_string = None,
    |out| out.diff.iter_mut().for_each(|diff| diff.lines.clear()),
    |out| out.key_id.iter_mut().for_each(|key_id| key_id.issuer.clear()),
    |out| out.hypotheses.retain(|cause| cause.matched),
    // Together: a recovered hash without causes would say that none of them gives it.
    |out| {
        out.hypotheses.clear();
        out.recovered = None;
    },
    |out| (out.diff, out.key_id) = (None, None),
    |out| out.checks.retain(|check| check.status == CheckStatus::Failed),
    |out| {
        let verdict = out.verdict.as_str();
        out.checks.retain(|check| check.id == verdict);
    },
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
    /// For everyone else: without personal data, and without `text`, which says in words what the other members say.
    pub(super) for_others: Value,
}

impl ExplainedRefusal {
    fn new(own: ExplainRequestResponse, mut for_others: ExplainRequestResponse) -> Self {
        for_others.text.clear();
        Self { own: limited(own, None), for_others: limited(for_others, None) }
    }
}

/// Explains a refusal; `None` if too many others wait.
pub(super) async fn of_refusal(bank: &Arc<SandboxBank>, refused: ExplainingInput) -> Option<ExplainedRefusal> {
    if refused.is_unread {
        let check = refused.refusal.as_check(checks::rule_of(&refused.refusal)?);
        let own = ExplainRequestResponse::unread(&check);
        return Some(ExplainedRefusal::new(own.clone(), own));
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
    let for_others = explanation.for_others().into();
    ExplainedRefusal::new(explanation.into(), for_others)
}

/// Explains a request given as text without executing it; `None` if too many others wait.
pub(super) async fn of_text(pipeline: &Arc<BankPipeline>, text: Bytes, headers: &HeaderMap) -> Option<Value> {
    let signing_string = signing_string(headers);
    let note = signing_string.is_err().then_some("X-Sandbox-Signing-String is not base64: it was left out");
    let signing_string = signing_string.unwrap_or_default();
    let work = Arc::clone(pipeline);
    in_turn(&pipeline.bank, move || limited(explained_text(&work, &text, signing_string), note)).await
}

fn explained_text(pipeline: &BankPipeline, text: &[u8], signing_string: Option<Vec<u8>>) -> ExplainRequestResponse {
    let bank = &pipeline.bank;
    let request = match Request::parse(text) {
        Ok(request) => request,
        Err(fault) => return ExplainRequestResponse::unread(&explain::unreadable(&fault)),
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
    explain::explain(&request, &verified, input).into()
}

/// The explanation as `explain_request` answers it, with the bank's note. If it would be longer than [`MAX_JSON`], parts
/// are left out and `truncated` is `true`.
fn limited(mut explained: ExplainRequestResponse, note: Option<&str>) -> Value {
    let refused = explained.refused.as_mut().map(|refused| &mut refused.text);
    for text in explained.checks.iter_mut().map(|check| &mut check.text).chain(refused) {
        let end = text.char_indices().nth(MAX_TEXT).map(|(end, _)| end);
        if let Some(end) = end {
            text.truncate(end);
            text.push('…');
        }
    }
    let mut shortened = SHORTENED.iter();
    let mut is_truncated = false;
    loop {
        let mut out = write_boundary(explained.clone());
        if let Some(note) = note {
            out["note"] = note.into();
        }
        if is_truncated {
            out["truncated"] = true.into();
        }
        if out.to_string().len() <= MAX_JSON {
            return out;
        }
        let Some(shorten) = shortened.next() else { return out };
        shorten(&mut explained);
        is_truncated = true;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_foundation::model::read_boundary;
    use bankchannel_nextgen_psd2::{signing::SigningDialect, verify::RequestVerifier};
    use serde_json::json;

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
            let out = limited(explain::explain(&request, &verified, input).into(), None);
            assert!(out.to_string().len() <= MAX_JSON, "{}", out.to_string().len());
            assert_eq!(out.get("truncated").is_none(), is_whole);
            assert!((out["text"] != "") == is_whole && out["checks"].is_array() && out["digest"].is_object());
            assert_eq!(out["diff"]["line"].is_u64(), !is_whole);
        }
    }

    /// The explanation of a request that fails many checks. Each text of the parts in `large` has `length` letters or
    /// more, and their lists are long.
    fn hostile(letter: &str, length: usize, large: &[&str]) -> Value {
        let of = |part: &str| if large.contains(&part) { letter.repeat(length) } else { "a".to_owned() };
        let count = |part: &str| if large.contains(&part) { 22 } else { 2 };
        let bytes = |part: &str| STANDARD.encode(of(part).repeat(count(part)));
        let byte = json!({"hex": "53", "text": "S"});
        let check = |number: usize| {
            let status = ["ok", "failed", "skipped", "warning"][number % 4];
            json!({"id": format!("V{number:02}"), "status": status, "text": of("checks")})
        };
        let line = json!({"name": of("lines"), "status": "extra"});
        let cause = |number: usize| {
            let (text, advice) = (of("hypotheses"), of("hypotheses"));
            json!({"id": format!("H-{number:02}"), "matched": number.is_multiple_of(2), "text": text, "advice": advice})
        };
        let part = json!({"attribute": "CN", "key_id": of("key_id"), "certificate": of("key_id"), "same": false});
        json!({
            "verdict": "V01",
            "text": of("text").repeat(count("text")),
            "advice": "sign it",
            "refused": {"http_status": 431, "code": "FORMAT_ERROR", "text": of("refused")},
            "checks": (0..38).map(check).collect::<Vec<_>>(),
            "expected_signing_string": bytes("expected"),
            "actual_signing_string": bytes("actual"),
            "signed_text": bytes("signed"),
            "client_text_was_signed": false,
            "diff": {
                "offset": 1, "line": 1, "column": 2, "header": of("header"), "expected": byte, "actual": byte,
                "expected_context": "a", "actual_context": "b", "trailing_newline": false, "crlf": false, "bom": false,
                "lines": vec![line; count("lines")],
            },
            "recovered": {"padding": "pkcs1-v1_5", "hash": "sha256", "value": of("recovered")},
            "hypotheses": (0..22).map(cause).collect::<Vec<_>>(),
            "digest": {"sha256": "SHA-256=a", "sha512": "SHA-512=b", "body_length": 1, "matches": false},
            "key_id": {"serial": part, "issuer": vec![part.clone(); count("key_id")], "issuer_reads": true},
        })
    }

    /// However long its parts are, an explanation fits, has the declared form and keeps the check of its verdict.
    #[test]
    fn no_explanation_is_longer_than_its_limit() {
        let parts = [
            "text",
            "refused",
            "checks",
            "expected",
            "actual",
            "signed",
            "header",
            "lines",
            "recovered",
            "hypotheses",
            "key_id",
        ];
        let alone = parts.iter().map(std::slice::from_ref);
        let note = "n".repeat(100);
        for large in alone.chain([&parts[..], &[][..]]) {
            // Letters of one and of four bytes, and those that JSON writes as two and as six.
            for (letter, length) in
                ["x", "😀", "\"", "\u{1}"].iter().flat_map(|letter| [480, 501, 3_000].map(|length| (letter, length)))
            {
                let explained: ExplainRequestResponse = read_boundary(hostile(letter, length, large)).unwrap();
                let mut out = limited(explained, Some(&note));
                let size = out.to_string().len();
                assert!(size <= MAX_JSON, "{size} bytes: {letter:?} {length} {large:?}");
                assert_eq!(out.get("actual_signing_string").is_some(), out.get("signed_text").is_some());
                assert!(
                    out["checks"].as_array().unwrap().iter().any(|check| check["id"] == "V01"),
                    "{letter:?} {large:?}"
                );
                assert_eq!(out.as_object_mut().unwrap().remove("note"), Some(note.as_str().into()));
                let is_truncated = out.as_object_mut().unwrap().remove("truncated").is_some();
                assert!(is_truncated || !(large.len() > 1 && length == 3_000), "{letter:?} {large:?}");
                let read: ExplainRequestResponse = read_boundary(out.clone()).unwrap();
                assert_eq!(write_boundary(read), out, "the declared form");
            }
        }
    }
}
