//! The settings file of `wscli`: `~/.wscli/settings.yaml`, or the one that `-c` names (docs/protocols/ws-channel.md §8.4).

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use bankchannel::protocols::PROTOCOLS;
use bankchannel_foundation::shown;
use bankchannel_private_files::{FileAccess, FileFacts, UnfinishedFile, make_folders, plain_canonical};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{edit, filed_name};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    platform::{self, HOME_VARIABLE},
};

/// The largest settings file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// The keys that are used here and are no settings of a client, without their underscores. All others are kept unchanged.
const KEYS: &[&str] = &[
    "filetype",
    "filestatus",
    "idtokenexpiry",
    "idtokenmode",
    "idtokenbaseurl",
    "waitinglogin",
    "waitingloginkey",
    "waitingloginfor",
    "accesstoken",
    "session",
    "code",
    "pincode",
    "wsuserid",
    "pgpkeyid",
    "pgpkeycontents",
    "pgpkeypurpose",
    "certificate",
    "privatekey",
    "enccertificate",
    "encprivatekey",
    "extemail",
    "filename",
    "filecontents",
    "filereference",
    "signatures",
    "syncdir",
];

/// Whether a key is used here: it is in the list, or a setting of a client with sessions.
fn is_used(key: &str) -> bool {
    let clients = PROTOCOLS.iter().filter(|protocol| protocol.sessions.is_some()).filter_map(|one| one.client.as_ref());
    KEYS.contains(&key)
        || clients.flat_map(|client| client.settings.fields()).any(|field| filed_name(field.name) == key)
}

/// A parsed settings file.
pub(crate) struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl SettingsFile {
    /// Reads a file, which nobody but its owner may use: it holds a password and a session.
    pub(crate) fn open(path: &Path) -> CommandOutcome<Self> {
        let text = read(path)?;
        let values = parse(&text).map_err(|why| {
            CommandFailure::usage(format!("the settings file {} cannot be used: {why}", shown::path(path)))
        })?;
        Ok(Self { path: path.to_owned(), values })
    }

    /// Reads the user's own file, if there is one, from a folder that nobody else may use.
    pub(crate) fn open_default() -> CommandOutcome<Option<Self>> {
        let Some(folder) = default_folder() else { return Ok(None) };
        let path = folder.join("settings.yaml");
        if !path.exists() {
            return Ok(None);
        }
        require_own_folder(&folder)?;
        Self::open(&path).map(Some)
    }

    /// Creates the user's own file.
    pub(crate) fn create_default() -> CommandOutcome<Self> {
        let folder = default_folder().ok_or_else(|| {
            CommandFailure::usage(format!("{HOME_VARIABLE} is not set: name a settings file with -c"))
        })?;
        if !folder.exists() {
            make_folders(&folder).map_err(|why| unwritable(&folder, &why))?;
        }
        require_own_folder(&folder)?;
        Ok(Self { path: folder.join("settings.yaml"), values: BTreeMap::new() })
    }

    /// A value by its key without underscores; empty values count as absent.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that [`change`](Self::change) will be possible, and changes nothing.
    pub(crate) fn check_changeable(&self) -> CommandOutcome {
        let path = self.written();
        let text = if path.exists() { read(&path)? } else { String::new() };
        let probe = [("idtoken", Some("probe".to_owned())), ("apikey", Some("probe".to_owned()))];
        let changed = edit::change(&text, &probe).ok().filter(|changed| verify(&text, changed, &probe).is_some());
        if changed.is_none() {
            return Err(unsafe_form(&path));
        }
        UnfinishedFile::beside(&path, FileAccess::Owner).map(drop).map_err(|(_, why)| unwritable(&path, &why))
    }

    /// The file that is written: a link stays a link, and its target is replaced.
    fn written(&self) -> PathBuf {
        plain_canonical(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    /// Changes values and leaves everything else in the file unchanged, including comments. The file is replaced in one
    /// step: a reader sees the old or the new one, also after a crash.
    pub(crate) fn change(&mut self, changes: &[(&str, Option<String>)]) -> CommandOutcome {
        let path = self.written();
        // Read again: another run may have written it since.
        let text = if path.exists() { read(&path)? } else { String::new() };
        let changed = edit::change(&text, changes).map_err(|why| {
            CommandFailure::usage(format!("the settings file {} cannot be changed: {why}", shown::path(&path)))
        })?;
        self.values = verify(&text, &changed, changes).ok_or_else(|| unsafe_form(&path))?;
        replace(&path, &changed).map_err(|why| unwritable(&path, &why))
    }
}

/// The values of a settings file, by their keys without underscores.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let text = text.strip_prefix(edit::BYTE_ORDER_MARK).unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    // Place and kind of the fault, without the lines of the file: they contain a password.
    let root: Root = serde_saphyr::from_str(text).map_err(|why| why.without_snippet().to_string())?;
    Ok(root.settings.unwrap_or_default().0)
}

#[derive(Deserialize)]
struct Root {
    settings: Option<Known>,
}

/// The known keys as texts, without YAML's types (`no`, `012`, a phone number); the others are skipped.
#[derive(Default)]
struct Known(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SettingsFileReader;
        impl<'de> Visitor<'de> for SettingsFileReader {
            type Value = Known;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("keys and values under `settings`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Known, A::Error> {
                let mut known = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    let name = key.replace(['_', '-'], "");
                    if is_used(&name) {
                        if let Some(value) = map.next_value::<Option<String>>()? {
                            known.insert(name, value);
                        }
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Known(known))
            }
        }
        deserializer.deserialize_map(SettingsFileReader)
    }
}

/// The values after a change, if nothing else has changed.
fn verify(before: &str, after: &str, changes: &[(&str, Option<String>)]) -> Option<BTreeMap<String, String>> {
    let mut expected = parse(before).ok()?;
    for (key, value) in changes {
        match value {
            Some(value) => expected.insert((*key).to_owned(), value.clone()),
            None => expected.remove(*key),
        };
    }
    parse(after).ok().filter(|values| *values == expected)
}

fn read(path: &Path) -> CommandOutcome<String> {
    let no_file = || CommandFailure::usage(format!("{} is not a file", shown::path(path)));
    // Checked before opening too: opening a pipe waits for its writer.
    if !std::fs::metadata(path).map_err(|why| unreadable(path, &why))?.is_file() {
        return Err(no_file());
    }
    let mut file = File::open(path).map_err(|why| unreadable(path, &why))?;
    let facts = FileFacts::of(&file).map_err(|why| unreadable(path, &why))?;
    let found = facts.metadata();
    if !found.is_file() {
        return Err(no_file());
    }
    // Checked on the open file, so that the checked file is the one that is read.
    require_owner_alone(path, &facts)?;
    if found.len() > MAX_BYTES {
        return Err(CommandFailure::usage(format!(
            "the settings file {} is larger than {MAX_BYTES} bytes",
            shown::path(path)
        )));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|why| unreadable(path, &why))?;
    Ok(text)
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // Its owner's alone from the start.
    let mut file = UnfinishedFile::beside(path, FileAccess::Owner).map_err(|(_, why)| why)?;
    file.file().write_all(text.as_bytes())?;
    file.replace(path)
}

fn unsafe_form(path: &Path) -> CommandFailure {
    CommandFailure::usage(format!(
        "the settings file {} has a form that cannot be changed safely; write its values one per line",
        path.display()
    ))
}

fn require_own_folder(folder: &Path) -> CommandOutcome {
    require_owner_alone(folder, &FileFacts::at(folder).map_err(|why| unreadable(folder, &why))?)
}

fn require_owner_alone(path: &Path, found: &FileFacts) -> CommandOutcome {
    let path = path.display().to_string();
    found.require_owner_alone(&path).map_err(|why| CommandFailure::usage(format!("{path} {why}")))
}

fn default_folder() -> Option<PathBuf> {
    platform::home_folder().map(|home| home.join(".wscli"))
}

fn unreadable(path: &Path, why: &std::io::Error) -> CommandFailure {
    CommandFailure::usage(format!("{} cannot be read: {why}", shown::path(path)))
}

fn unwritable(path: &Path, why: &std::io::Error) -> CommandFailure {
    CommandFailure::usage(format!("{} cannot be written: {why}", shown::path(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_texts_whatever_yaml_would_make_of_them() {
        let values = parse(
            "settings:\n  apikey: 0\n  phone: +358401234567\n  code: 012345\n  company: no\n  base_url: http://127.0.0.1:1/v2\n  \
             idtokenexpiry: \"2026-11-20 12:00:00\"\n  other: [1, 2]\n  deep: {a: b}\n  name:\n",
        )
        .unwrap();
        let value = |key: &str| values.get(key).map(String::as_str);
        assert_eq!(value("apikey"), Some("0"));
        assert_eq!(value("phone"), Some("+358401234567"));
        assert_eq!(value("code"), Some("012345"));
        assert_eq!(value("company"), Some("no"));
        assert_eq!(value("baseurl"), Some("http://127.0.0.1:1/v2"));
        assert_eq!(value("idtokenexpiry"), Some("2026-11-20 12:00:00"));
        assert_eq!(value("other"), None);
        assert_eq!(value("name"), None);
    }

    #[test]
    fn a_file_of_windows_has_the_same_values() {
        let values = parse("\u{feff}# mine\r\nsettings:\r\n  email: a@example.test\r\n  apikey: 0\r\n").unwrap();
        assert_eq!(values.get("email").map(String::as_str), Some("a@example.test"));
        assert_eq!(values.get("apikey").map(String::as_str), Some("0"));
        assert!(parse("\u{feff}\r\n").unwrap().is_empty());
    }

    #[test]
    fn a_key_twice_is_refused_with_its_place() {
        let why = parse("settings:\n  email: a@example.test\n  email: b@example.test\n").unwrap_err();
        assert!(why.contains("email") || why.contains('3'), "{why}");
    }

    #[test]
    fn a_change_that_would_change_more_is_not_made() {
        assert!(
            verify("settings:\n  email: a\n", "settings:\n  idtoken: x\n", &[("idtoken", Some("x".into()))]).is_none()
        );
    }
}
