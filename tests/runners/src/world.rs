//! The environment of a scenario: its own counterpart, its clock, its outbox, and keys made for it.

use std::{collections::BTreeMap, path::PathBuf, sync::Mutex, time::SystemTime};

use bankchannel_counterparts::{EmbeddedServer, counterpart};
use bankchannel_openpgp as openpgp;
use serde_json::{Value, json};

use crate::{connection::Tls, peers::Peer, scenario::Case, template, wire};

/// A folder for one case, and, if needed, a counterpart started for it.
pub struct World {
    /// The running counterpart; `None` while it is stopped, and if there is none.
    running: Option<EmbeddedServer>,
    /// The sandbox bank behind it.
    bank: Option<EmbeddedServer>,
    peer: Option<&'static dyn Peer>,
    options: Value,
    folder: tempfile::TempDir,
    /// The readiness line of the counterpart.
    ready: Value,
    /// The additional values of the counterpart for cases.
    told: BTreeMap<String, Value>,
    /// How far its clock was moved, in seconds.
    pub advanced_s: i64,
    /// Values that steps have saved.
    pub values: BTreeMap<String, Value>,
}

/// Errors are text: a person reads a scenario's failure.
pub type Outcome<T> = Result<T, String>;

impl World {
    /// A folder without a counterpart: for operations that only compute.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn without_peer() -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
        Ok(Self::of(folder, None, Value::Null))
    }

    /// The environment of a case, with its values.
    ///
    /// # Errors
    /// The counterpart does not start.
    pub async fn of_case(case: &Case, common: &BTreeMap<String, Value>) -> Outcome<Self> {
        let mut world = match case.peer()? {
            Some(peer) => {
                let bank = Self::start_bank(&case.banks).await?;
                let mut options = case.options.clone();
                if let Some(bank) = &bank {
                    reach(&mut options, &case.banks, &bank.readiness());
                }
                let mut world = Self::start(peer, &case.config, &options).await?;
                world.bank = bank;
                world
            }
            None => Self::without_peer()?,
        };
        world.values = template::given(&world, common, &case.values);
        Ok(world)
    }

    fn of(folder: tempfile::TempDir, peer: Option<&'static dyn Peer>, options: Value) -> Self {
        Self {
            running: None,
            bank: None,
            peer,
            options,
            folder,
            ready: Value::Null,
            told: BTreeMap::new(),
            advanced_s: 0,
            values: BTreeMap::new(),
        }
    }

    /// Starts the bank behind a service; its files appear at once.
    async fn start_bank(banks: &[String]) -> Outcome<Option<EmbeddedServer>> {
        if banks.is_empty() {
            return Ok(None);
        }
        let options = json!({"plain": true, "control": true, "report_after_s": 0});
        let kind = counterpart("sepa-bank").map_err(|why| why.to_string())?;
        let begun = EmbeddedServer::begin(kind, options.into()).map_err(|why| why.to_string())?;
        begun.await.map(Some).map_err(|why| why.to_string())
    }

    /// Starts a counterpart with this configuration and these options.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn start(peer: &'static dyn Peer, config: &Value, options: &Value) -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
        let mut all = peer.options(folder.path(), config)?;
        for (name, value) in options.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let mut world = Self::of(folder, Some(peer), all);
        world.resume().await?;
        Ok(world)
    }

    /// The counterpart.
    #[must_use]
    pub fn peer(&self) -> Option<&'static dyn Peer> {
        self.peer
    }

    /// The readiness line of the counterpart.
    #[must_use]
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// The counterpart's values for cases: the members of its readiness line, and more.
    #[must_use]
    pub fn known(&self) -> BTreeMap<String, Value> {
        let line = self.ready.as_object().into_iter().flatten().filter(|(name, _)| *name != "kind");
        line.map(|(name, value)| (name.clone(), value.clone())).chain(self.told.clone()).collect()
    }

    /// One of these values, as text; empty if it is missing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.told.get(name).or_else(|| self.ready.get(name)).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its base URL.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.text("base_url")
    }

    /// The settings of a client, completed if it is of this counterpart's protocol.
    ///
    /// # Errors
    /// There is no such counterpart.
    pub fn settings(&self, step: &Value, settings: Value) -> Outcome<Value> {
        let Some(peer) = self.peer else { return Ok(settings) };
        let counterpart = counterpart(peer.kind()).map_err(|why| why.to_string())?;
        let protocol = match &settings["protocol"] {
            Value::Null => bankchannel::protocols::PROTOCOLS.first().map(|protocol| protocol.name),
            named => named.as_str(),
        };
        if protocol != Some(counterpart.protocol) {
            return Ok(settings);
        }
        Ok(peer.fill(&self.ready, &self.told, step, &settings))
    }

    /// Stops the counterpart and starts it again on the same data.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn restart(&mut self) -> Outcome<()> {
        self.stop().await;
        self.resume().await?;
        // It has a new address now.
        let moved = self.known();
        self.values.extend(moved);
        Ok(())
    }

    /// Stops the counterpart.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    async fn resume(&mut self) -> Outcome<()> {
        let Some(peer) = self.peer else { return Ok(()) };
        peer.before_start(&self.options)?;
        let start = || EmbeddedServer::begin(counterpart(peer.kind())?, self.options.clone().into());
        let running = start().map_err(|why| why.to_string())?.await.map_err(|why| why.to_string())?;
        peer.after_start(&self.options)?;
        self.ready = running.readiness();
        self.told = peer.values(&self.ready)?;
        self.running = Some(running);
        if self.advanced_s != 0 {
            // After a restart its clock is reset; time must not go back in a case.
            self.control("POST", "clock", &json!({"advance_s": self.advanced_s})).await?;
        }
        Ok(())
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder for the files of this case.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        let path = self.folder.path().join("scratch");
        let _ = std::fs::create_dir_all(&path);
        path
    }

    /// Calls the control interface.
    ///
    /// # Errors
    /// Its answer.
    pub async fn control(&self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        self.control_at(self.text("control_url"), method, path, body).await
    }

    /// Calls the control interface of the bank behind the service.
    ///
    /// # Errors
    /// There is none; its answer.
    pub async fn control_bank(&self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let bank = self.bank.as_ref().ok_or("no bank is behind this service")?;
        let ready = bank.readiness();
        self.control_at(ready["control_url"].as_str().unwrap_or_default(), method, path, body).await
    }

    async fn control_at(&self, url: &str, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = wire::exchange(&format!("{url}/{path}"), method, &[], text.as_bytes()).await?;
        if answer.status / 100 != 2 {
            return Err(format!("control {method} {path}: HTTP {} {}", answer.status, answer.text()));
        }
        Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    /// Every message that would have been sent, oldest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.data().join("outbox.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The last code sent to this user for this purpose.
    #[must_use]
    pub fn last_code(&self, email: &str, mode: &str, purpose: &str) -> Option<String> {
        let is = |message: &Value, name: &str, value: &str| {
            message[name].as_str().is_some_and(|text| text.eq_ignore_ascii_case(value))
        };
        self.outbox()
            .iter()
            .rev()
            .find(|message| is(message, "email", email) && is(message, "mode", mode) && is(message, "purpose", purpose))
            .and_then(|message| Some(message["code"].as_str()?.to_owned()))
    }

    /// The time of the counterpart's clock, in seconds.
    #[must_use]
    pub fn now_s(&self) -> i64 {
        let standing = self.options["clock"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
        standing.unwrap_or_else(jiff::Timestamp::now).as_second() + self.advanced_s
    }

    /// TLS to the bank as this third party, or as a browser; `None` without TLS.
    ///
    /// # Errors
    /// Unusable files.
    pub fn tls(&self, tpp: Option<u64>) -> Outcome<Option<Tls>> {
        match self.peer {
            Some(peer) => peer.tls(&self.ready, tpp),
            None => Ok(None),
        }
    }
}

/// Adds the options with which a service reaches these families of a sandbox bank.
fn reach(options: &mut Value, banks: &[String], ready: &Value) {
    let family = |bank: &str| match bank {
        "nordea" => "nordea",
        "osuuspankki" => "op",
        _ => "samlink",
    };
    let all = |value: &dyn Fn(&Value) -> Value| -> Value {
        let text =
            |bank: &String| format!("{bank}={}", value(&ready["families"][family(bank)]).as_str().unwrap_or_default());
        banks.iter().map(text).collect()
    };
    options["bank"] = all(&|family| family["file_url"].clone());
    options["bank_anchors"] = all(&|family| family["anchors_file"].clone());
}

/// The lifetime of a key whose name begins with `brief`, from a minute before it is made.
const BRIEF: std::time::Duration = std::time::Duration::from_secs(30 * 60);

/// The PGP key with this name: made on first use, the same for the whole run. `rsa…` names give RSA-2048 keys, `brief…`
/// names keys that expire after half an hour.
///
/// # Panics
/// If no key can be made.
#[must_use]
pub fn pgp_key(name: &str) -> openpgp::OpenPgpPrivateKey {
    static KEYS: Mutex<BTreeMap<String, openpgp::OpenPgpPrivateKey>> = Mutex::new(BTreeMap::new());
    let mut keys = KEYS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    keys.entry(name.to_owned())
        .or_insert_with(|| {
            let algorithm = if name.starts_with("rsa") {
                openpgp::GeneratedAlgorithm::Rsa2048
            } else {
                openpgp::GeneratedAlgorithm::Ed25519
            };
            openpgp::OpenPgpPrivateKey::generate(openpgp::KeyGeneration {
                name: name.to_owned(),
                email: format!("{name}@example.test"),
                algorithm,
                // Slightly in the past: a case may use the key with a clock that lags.
                created: SystemTime::now() - std::time::Duration::from_secs(60),
                expires: name.starts_with("brief").then(|| SystemTime::now() + BRIEF),
                passphrase: None,
            })
            .expect("a PGP key can be made")
        })
        .clone()
}
