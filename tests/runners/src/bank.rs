//! A case's own sandbox bank: how it is started, how third parties reach it, and what holds for each of its answers.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use bankchannel_counterparts::nextgen_psd2::{BankOptions, Running};
use bankchannel_foundation::model;
use serde_json::{Map, Value, json};

use crate::{
    connection::{Answer, Tls},
    world::Told,
};

/// What the data folder keeps of certificates: an authority, the bank's own, and a folder of third parties' ones.
const FILES: [&str; 4] = ["ca.pem", "ca.key", "server.pem", "server.key"];
const FOLDER: &str = "certificates";

/// Where a bank is, and what its third parties need.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its base URL for the dialect `era`.
    pub base_url: String,
    /// That for the dialect `bg`.
    pub bg_base_url: String,
    /// Its control interface.
    pub control_url: String,
    /// Its page of requests.
    pub requests_url: Value,
    /// Its authority's certificate.
    pub ca_file: PathBuf,
    /// The third parties' certificates and keys.
    pub certificates_dir: PathBuf,
}

/// Starts a bank.
///
/// # Errors
/// Why it does not start.
pub async fn start(options: &Value) -> Told<(Running, Known)> {
    let data = PathBuf::from(options["data"].as_str().unwrap_or_default());
    // Making keys takes longer than most cases: those of an earlier bank with the same clock are as good.
    let kept = kept(options["clock"].as_str().unwrap_or_default());
    if let Some(kept) = &kept
        && !data.exists()
    {
        copy_certificates(kept, &data).map_err(|why| why.to_string())?;
    }
    let read: BankOptions = model::read_boundary(options.clone()).map_err(|why| why.to_string())?;
    let running = Running::start(read).await.map_err(|why| why.to_string())?;
    if kept.is_none() {
        keep(options["clock"].as_str().unwrap_or_default(), &data).map_err(|why| why.to_string())?;
    }
    let ready = running.readiness();
    let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
    let known = Known {
        base_url: text("base_url"),
        bg_base_url: text("bg_base_url"),
        control_url: text("control_url"),
        requests_url: ready["requests_url"].clone(),
        ca_file: text("ca_file").into(),
        certificates_dir: text("certificates_dir").into(),
    };
    Ok((running, known))
}

/// Certificates of this run, by the bank's clock.
static KEPT: Mutex<BTreeMap<String, tempfile::TempDir>> = Mutex::new(BTreeMap::new());

fn kept(clock: &str) -> Option<PathBuf> {
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

impl Known {
    /// Whether it speaks TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// The values that cases may name.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, Value> {
        BTreeMap::from([
            ("base_url".to_owned(), json!(self.base_url)),
            ("bg_base_url".to_owned(), json!(self.bg_base_url)),
            ("control_url".to_owned(), json!(self.control_url)),
            ("requests_url".to_owned(), self.requests_url.clone()),
            ("ca_file".to_owned(), json!(self.ca_file)),
            ("certificates_dir".to_owned(), json!(self.certificates_dir)),
        ])
    }

    /// A file of a third party, such as `qseal.pem` of the first.
    #[must_use]
    pub fn file(&self, tpp: u64, name: &str) -> PathBuf {
        self.certificates_dir.join(format!("tpp{tpp}-{name}"))
    }

    /// TLS as a browser does it, which shows no certificate, or as this third party does.
    ///
    /// # Errors
    /// Files that cannot be used.
    pub fn tls(&self, tpp: Option<u64>) -> Told<Option<Tls>> {
        if !self.is_tls() {
            return Ok(None);
        }
        let files = tpp.map(|tpp| (self.file(tpp, "qwac.pem"), self.file(tpp, "qwac.key")));
        let identity = files.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        Tls::new(&self.ca_file, identity).map(Some)
    }

    /// Fills in the settings of a third party's client that they leave out. What they set to null stays left out.
    #[must_use]
    pub fn fill(&self, tpp: u64, settings: &Value) -> Value {
        let mut all = settings.as_object().cloned().unwrap_or_default();
        let is_given = |name: &str| settings.get(name).is_some();
        let file = |name: &str| json!(self.file(tpp, name));
        let key = |name: &str| json!({ "file": self.file(tpp, name) });
        let mut fill = |fields: &[(&str, Value)], unless: &[&str]| {
            if !unless.iter().any(|name| is_given(name)) {
                all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            }
        };
        let is_bg = settings["signing"]["dialect"] == "bg";
        fill(&[("base_url", json!(if is_bg { &self.bg_base_url } else { &self.base_url }))], &["base_url"]);
        let seal = [("certificate_file", file("qseal.pem")), ("private_key", key("qseal.key"))];
        fill(&seal, &["certificate", "certificate_file", "private_key"]);
        if self.is_tls() {
            fill(&[("ca_file", json!(self.ca_file))], &["ca_file"]);
            let connection = [("client_certificate_file", file("qwac.pem")), ("client_key", key("qwac.key"))];
            fill(&connection, &["client_certificate", "client_certificate_file", "client_key"]);
        }
        Value::Object(all.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
    }
}

/// What holds for every answer of the bank's API: JSON, not to be stored, and the request's id where it had a good one (R2).
///
/// # Errors
/// What does not hold.
pub fn check_answer(answer: &Answer, sent: &[(String, String)]) -> Told<()> {
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

/// What holds for every answer that has a body, to third parties and to browsers.
///
/// # Errors
/// What does not hold.
pub fn check_page(answer: &Answer) -> Told<()> {
    if answer.header("cache-control") != "no-store" {
        return Err(format!("the header cache-control is {:?}, not no-store", answer.header("cache-control")));
    }
    if answer.headers.contains_key("content-encoding") {
        return Err("the answer has a content coding".into());
    }
    let kind = answer.header("content-type");
    if answer.body.is_empty() {
        return match answer.status {
            204 | 300..400 => Ok(()),
            status => Err(format!("the answer {status} has no body")),
        };
    }
    if kind.starts_with("application/json") {
        return match serde_json::from_slice::<Value>(&answer.body) {
            Ok(_) => Ok(()),
            Err(why) => Err(format!("the answer says that it is JSON, and is not: {why}")),
        };
    }
    if kind.starts_with("text/html") { Ok(()) } else { Err(format!("the answer is {kind:?}, neither JSON nor HTML")) }
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

    fn known() -> Known {
        Known {
            base_url: "http://127.0.0.1:1/api".into(),
            bg_base_url: "http://127.0.0.1:1/bg".into(),
            control_url: "http://127.0.0.1:2".into(),
            requests_url: Value::Null,
            ca_file: "/d/ca.pem".into(),
            certificates_dir: "/d/certificates".into(),
        }
    }

    #[test]
    fn settings_are_filled_in_unless_they_say_otherwise() {
        let filled = known().fill(1, &json!({"protocol": "nextgen-psd2"}));
        let wanted = json!({"protocol": "nextgen-psd2", "base_url": "http://127.0.0.1:1/api",
            "certificate_file": "/d/certificates/tpp1-qseal.pem", "private_key": {"file": "/d/certificates/tpp1-qseal.key"}});
        assert_eq!(filled, wanted);
        let bg = known().fill(3, &json!({"signing": {"dialect": "bg"}, "certificate": "PEM"}));
        assert_eq!(
            bg,
            json!({"signing": {"dialect": "bg"}, "certificate": "PEM", "base_url": "http://127.0.0.1:1/bg"})
        );
        let tls = Known { base_url: "https://127.0.0.1:1/api".into(), ..known() };
        let filled = tls.fill(2, &json!({"client_key": null, "client_certificate_file": null}));
        assert_eq!((&filled["ca_file"], filled.get("client_key")), (&json!("/d/ca.pem"), None));
        assert_eq!(tls.fill(2, &json!({}))["client_key"], json!({"file": "/d/certificates/tpp2-qwac.key"}));
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
}
