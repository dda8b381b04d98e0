//! The sandbox bank of NextGenPSD2: how it is started, how third parties reach it, and the checks of each of its
//! answers.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde_json::{Map, Value, json};

use super::{Peer, Sent, text};
use crate::{
    browser::check_page,
    connection::{Answer, Tls},
    world::Outcome,
};

/// The certificates in the data folder: an authority, the bank's own, and a folder with those of third parties.
const FILES: [&str; 4] = ["ca.pem", "ca.key", "server.pem", "server.key"];
const FOLDER: &str = "certificates";

/// The sandbox bank.
pub(super) struct Bank;

impl Peer for Bank {
    fn word(&self) -> &'static str {
        "bank"
    }

    fn kind(&self) -> &'static str {
        "nextgen-psd2-bank"
    }

    /// Without TLS, unless a case says otherwise.
    fn options(&self, folder: &Path, _: &Value) -> Outcome<Value> {
        Ok(json!({"data": folder.join("data"), "plain": true, "control": true, "auto_answer": true}))
    }

    /// Making keys takes longer than most cases: those of an earlier bank with the same clock are reused.
    fn before_start(&self, options: &Value) -> Outcome<()> {
        let data = Path::new(text(options, "data"));
        match data_kept_for(text(options, "clock")) {
            Some(kept) if !data.exists() => copy_certificates(&kept, data).map_err(|why| why.to_string()),
            _ => Ok(()),
        }
    }

    fn after_start(&self, options: &Value) -> Outcome<()> {
        let clock = text(options, "clock");
        if data_kept_for(clock).is_some() {
            return Ok(());
        }
        keep(clock, Path::new(text(options, "data"))).map_err(|why| why.to_string())
    }

    fn tls(&self, ready: &Value, third_party: Option<u64>) -> Outcome<Option<Tls>> {
        if !is_tls(ready) {
            return Ok(None);
        }
        let files = third_party.map(|tpp| (file(ready, tpp, "qwac.pem"), file(ready, tpp, "qwac.key")));
        let identity = files.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        Tls::new(Path::new(text(ready, "ca_file")), identity).map(Some)
    }

    fn fill(&self, ready: &Value, _: &BTreeMap<String, Value>, step: &Value, settings: &Value) -> Value {
        fill(ready, step["tpp"].as_u64().unwrap_or(1), settings)
    }

    fn check_answer(&self, step: &Value, sent: Sent<'_>, answer: &Answer) -> Outcome<()> {
        // Requests refused by the HTTP library itself never reach the bank.
        if step["by_http"] == true {
            return match answer.body.is_empty() && answer.status >= 400 {
                true => Ok(()),
                false => Err("this was to be refused by the HTTP library".into()),
            };
        }
        if sent.path.starts_with("/api/") || sent.path.starts_with("/bg/") {
            check_answer(answer, sent.headers)
        } else {
            check_page(answer)
        }
    }

    fn found<'a>(&self, name: &str, seen: &'a Value) -> Option<&'a Value> {
        let (code, text, verdict) = refusal(&seen["body"]);
        match name {
            "page" => Some(&seen["page"]),
            "code" => Some(code),
            "text" => Some(text),
            "verdict" => Some(verdict),
            _ => None,
        }
    }
}

fn is_tls(ready: &Value) -> bool {
    text(ready, "base_url").starts_with("https://")
}

/// A file of a third party, such as `qseal.pem` of the first.
#[must_use]
pub fn file(ready: &Value, tpp: u64, name: &str) -> PathBuf {
    Path::new(text(ready, "certificates_dir")).join(format!("tpp{tpp}-{name}"))
}

/// Completes the settings of a third party's client. Members set to null stay left out.
fn fill(ready: &Value, tpp: u64, settings: &Value) -> Value {
    let mut all = settings.as_object().cloned().unwrap_or_default();
    let is_given = |name: &str| settings.get(name).is_some();
    let path = |name: &str| json!(file(ready, tpp, name));
    let key = |name: &str| json!({ "file": file(ready, tpp, name) });
    let mut fill = |fields: &[(&str, Value)], unless: &[&str]| {
        if !unless.iter().any(|name| is_given(name)) {
            all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
    };
    let is_bg = settings["signing"]["dialect"] == "bg";
    fill(&[("base_url", ready[if is_bg { "bg_base_url" } else { "base_url" }].clone())], &["base_url"]);
    let seal = [("certificate_file", path("qseal.pem")), ("private_key", key("qseal.key"))];
    fill(&seal, &["certificate", "certificate_file", "private_key"]);
    if is_tls(ready) {
        fill(&[("ca_file", ready["ca_file"].clone())], &["ca_file"]);
        let connection = [("client_certificate_file", path("qwac.pem")), ("client_key", key("qwac.key"))];
        fill(&connection, &["client_certificate", "client_certificate_file", "client_key"]);
    }
    Value::Object(all.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

/// Certificates of this run, by the bank's clock.
static KEPT: Mutex<BTreeMap<String, tempfile::TempDir>> = Mutex::new(BTreeMap::new());

fn data_kept_for(clock: &str) -> Option<PathBuf> {
    let kept = KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    kept.get(clock).map(|folder| folder.path().join("data"))
}

fn keep(clock: &str, data: &Path) -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    copy_certificates(data, &folder.path().join("data"))?;
    KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner).entry(clock.to_owned()).or_insert(folder);
    Ok(())
}

fn copy_certificates(from: &Path, to: &Path) -> std::io::Result<()> {
    let private = |path: &Path| fs::DirBuilder::new().mode(0o700).create(path);
    private(to)?;
    private(&to.join(FOLDER))?;
    for name in FILES {
        fs::copy(from.join(name), to.join(name))?;
    }
    for entry in fs::read_dir(from.join(FOLDER))? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(FOLDER).join(entry.file_name()))?;
    }
    Ok(())
}

/// Checks every answer of the bank's API: JSON, not to be stored, and the request's id if it had a valid one (R2).
///
/// # Errors
/// The violated rule.
pub fn check_answer(answer: &Answer, sent: &[(String, String)]) -> Outcome<()> {
    let ids: Vec<&str> = sent
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("x-request-id"))
        .map(|(_, value)| value.trim_matches([' ', '\t']))
        .collect();
    let echoed = answer.headers.get("x-request-id").map(String::as_str);
    let wanted = match ids[..] {
        [id] if !id.is_empty() && id.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => Some(id),
        _ => None,
    };
    if echoed != wanted {
        return Err(format!("the header x-request-id is {echoed:?}, and the request's was {wanted:?}"));
    }
    check_page(answer)
}

/// The code, text and verdict of a refusal, whichever dialect it is in.
#[must_use]
pub fn refusal(body: &Value) -> (&Value, &Value, &Value) {
    let message = &body["tppMessages"][0];
    let (code, text) =
        if message.is_object() { (&message["code"], &message["text"]) } else { (&body["code"], &body["message"]) };
    (code, text, &body["explain"]["verdict"])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ready() -> Value {
        json!({
            "base_url": "http://127.0.0.1:1/api",
            "bg_base_url": "http://127.0.0.1:1/bg",
            "ca_file": "/d/ca.pem",
            "certificates_dir": "/d/certificates",
        })
    }

    #[test]
    fn settings_are_filled_in_unless_they_say_otherwise() {
        let filled = fill(&ready(), 1, &json!({"protocol": "nextgen-psd2"}));
        let wanted = json!({"protocol": "nextgen-psd2", "base_url": "http://127.0.0.1:1/api",
            "certificate_file": "/d/certificates/tpp1-qseal.pem", "private_key": {"file": "/d/certificates/tpp1-qseal.key"}});
        assert_eq!(filled, wanted);
        let bg = fill(&ready(), 3, &json!({"signing": {"dialect": "bg"}, "certificate": "PEM"}));
        assert_eq!(
            bg,
            json!({"signing": {"dialect": "bg"}, "certificate": "PEM", "base_url": "http://127.0.0.1:1/bg"})
        );
        let mut tls = ready();
        tls["base_url"] = json!("https://127.0.0.1:1/api");
        let filled = fill(&tls, 2, &json!({"client_key": null, "client_certificate_file": null}));
        assert_eq!((&filled["ca_file"], filled.get("client_key")), (&json!("/d/ca.pem"), None));
        assert_eq!(fill(&tls, 2, &json!({}))["client_key"], json!({"file": "/d/certificates/tpp2-qwac.key"}));
    }

    #[test]
    fn an_answer_repeats_a_good_request_id_and_no_other() {
        let answer = |id: Option<&str>, kind: &str, body: &str| {
            let mut headers = BTreeMap::from([("cache-control".to_owned(), "no-store".to_owned())]);
            headers.insert("content-type".into(), kind.into());
            headers.extend(id.map(|id| ("x-request-id".to_owned(), id.to_owned())));
            Answer { status: 400, headers, body: body.as_bytes().to_vec() }
        };
        let sent = |ids: &[&str]| -> Vec<(String, String)> {
            ids.iter().map(|id| ("X-Request-ID".to_owned(), (*id).to_owned())).collect()
        };
        assert_eq!(check_answer(&answer(Some("a"), "application/json", "{}"), &sent(&["a"])), Ok(()));
        assert!(check_answer(&answer(Some("b"), "application/json", "{}"), &sent(&["a"])).is_err());
        assert!(check_answer(&answer(None, "application/json", "{}"), &sent(&["a"])).is_err());
        assert_eq!(check_answer(&answer(None, "application/json", "{}"), &sent(&["a", "b"])), Ok(()));
        assert_eq!(check_answer(&answer(None, "text/html; charset=utf-8", "<p>"), &sent(&[])), Ok(()));
        assert!(check_answer(&answer(None, "text/plain", "no"), &sent(&[])).is_err());
        assert!(check_answer(&answer(None, "application/json", "no"), &sent(&[])).is_err());
        assert!(check_answer(&answer(None, "application/json", ""), &sent(&[])).is_err());
    }

    #[test]
    fn a_refusal_is_seen_in_both_dialects() {
        let era = json!({"status": 401, "body": {"code": "A", "message": "V30: x", "explain": {"verdict": "V30"}}});
        let bg = json!({"status": 401, "body": {"tppMessages": [{"code": "A", "text": "V30: x"}], "explain": {"verdict": "V30"}}});
        let wanted = json!({"code": "A", "text": "V30: x", "verdict": "V30"});
        for seen in [era, bg] {
            for name in ["code", "text", "verdict"] {
                assert_eq!(Bank.found(name, &seen), Some(&wanted[name]), "{name}");
            }
            assert_eq!(Bank.found("status", &seen), None);
        }
    }
}
