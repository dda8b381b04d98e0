//! The standalone checker: runs its own hub for the connector's reports, with settings from a file.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use bankchannel_foundation::{Error, Result, model::read_boundary};
use serde_json::{Value, json};

use super::{ActingCustomer, CHECKS, CheckDone, CheckReport, CheckSettings};
use crate::{HubOptions, RunningHub};
use bankchannel_server::{
    counterpart::ServerKind as _,
    folder::{unusable, write_whole},
};

/// A started checker: its hub is listening.
pub struct CheckRun {
    running: RunningHub,
    settings: CheckSettings,
    ca_file: Option<String>,
}

impl CheckRun {
    /// Reads the settings and starts a hub for the connector's reports.
    ///
    /// # Errors
    /// `configuration.invalid`, `input.*` for the settings, `resource.storage`.
    pub async fn open(settings: &Path, listen: Option<SocketAddr>) -> Result<Self> {
        let mut read = read_settings(settings)?;
        let hub_folder = read.hub_folder.as_deref();
        let hub_folder = hub_folder.ok_or_else(|| {
            Error::invalid_field(
                "hub_folder",
                "is missing: name the folder with the hub's keys, such as check.hub; it is made if it is not there",
            )
        })?;
        let folder = settings.parent().unwrap_or(Path::new("."));
        let beside = |path: &str| folder.join(path).display().to_string();
        for way in &mut read.authorization_types {
            way.codes_file = way.codes_file.as_deref().map(beside);
        }
        read.ca_file = read.ca_file.as_deref().map(beside);
        let ca_file = read.ca_file.clone();
        let options = HubOptions {
            listen: listen.map(|address| address.to_string()),
            data: Some(beside(hub_folder)),
            connector_public_key: read.connector_public_key_file.as_deref().map(beside),
            ..HubOptions::default()
        };
        let running = RunningHub::begin(options).await?;
        Ok(Self { running, settings: read, ca_file })
    }

    /// The URL that the connector must report to.
    #[must_use]
    pub fn hub_url(&self) -> String {
        self.running.ready().base_url
    }

    /// Checks the connector at this URL. `only` holds ids of checks or prefixes of them. `told` is called after each
    /// check.
    ///
    /// # Errors
    /// `configuration.invalid` for the URL, `input.invalid_field` for an unknown id.
    pub async fn run(
        &self,
        connector_url: &str,
        psu: Option<&ActingCustomer>,
        only: &[String],
        told: &(dyn Fn(&CheckDone) + Send + Sync),
    ) -> Result<CheckReport> {
        let set = self.running.hub().link.set(connector_url, self.ca_file.as_deref());
        set.map_err(|why| Error::invalid_setting("URL", why.message()))?;
        super::run(self.running.hub(), &self.settings, psu, only, told).await
    }

    /// Stops the hub.
    pub async fn close(self) {
        self.running.end().await;
    }
}

fn read_settings(file: &Path) -> Result<CheckSettings> {
    let text = std::fs::read_to_string(file).map_err(|why| unusable(file, &why))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|why| Error::invalid_setting("settings", format!("they are not JSON: line {}", why.line())))?;
    let read: CheckSettings = read_boundary(value)?;
    read.check()?;
    Ok(read)
}

/// The ids of all checks, with their titles.
pub fn check_ids() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHECKS.iter().map(|check| (check.id, check.title))
}

/// Writes a settings file for the checker, with the hub's keys next to it. Returns the matching settings of the
/// connector, and whether the file is new. An existing file stays unchanged.
///
/// # Errors
/// `configuration.invalid` for an existing file without such settings, `resource.storage`.
pub async fn write_settings(file: &Path, listen: SocketAddr) -> Result<(Value, bool)> {
    let is_new = !file.exists();
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(PathBuf::from("."), PathBuf::from);
    let default = || format!("{}.hub", file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("check"));
    let (name, connector_public_key) = match is_new {
        true => (default(), None),
        false => {
            let wrong = |why: Error| {
                Error::invalid_setting("init", format!("the file is there and cannot be used: {}", why.message()))
            };
            let kept = read_settings(file).map_err(wrong)?;
            let missing =
                || Error::invalid_setting("init", format!("the file is there: add \"hub_folder\": {:?}", default()));
            let key = kept.connector_public_key_file.map(|key| folder.join(key).display().to_string());
            (kept.hub_folder.ok_or_else(missing)?, key)
        }
    };
    let options = HubOptions {
        data: Some(folder.join(&name).display().to_string()),
        connector_public_key,
        ..HubOptions::default()
    };
    let running = RunningHub::begin(options).await?;
    let ready = running.ready();
    running.end().await;
    let example = json!({
        "hub_folder": name,
        "authorization_types": [
            {"code": "oauth", "mode": "redirect", "customer": "anna"},
            {
                "code": "login_password", "mode": "embedded",
                "right": {"login": "anna", "password": "anna-password"},
                "wrong": {"login": "anna", "password": "wrong"},
            },
            {
                "code": "login_password_sms", "mode": "embedded",
                "right": {"login": "ben", "password": "ben-password"},
                "wrong": {"login": "ben", "password": "wrong"},
                "code_field": "sms", "codes_file": "connector/outbox.jsonl",
            },
        ],
    });
    if is_new {
        let text = serde_json::to_string_pretty(&example).unwrap_or_default();
        write_whole(file, format!("{text}\n").as_bytes())?;
    }
    let of_connector = json!({
        "base_url": format!("http://{listen}"),
        "hub_public_key_file": ready.hub_public_key_file,
        "app_id": ready.app_id,
        "app_secret_file": ready.app_secret_file,
        "provider_code": ready.provider_code,
        "private_key_file": ready.private_key_file,
    });
    Ok((of_connector, is_new))
}
