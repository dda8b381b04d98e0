//! The settings file of `wscli`: `~/.wscli/settings.yaml`, or the one that `-c` names (docs/protocols/ws-channel.md §8.4).

use std::{
    collections::BTreeMap,
    fmt,
    fs::{DirBuilder, File, Metadata},
    io::{Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use bankchannel::protocols::PROTOCOLS;
use bankchannel_foundation::shown;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{edit, filed_name};
use crate::exit::{CommandFailure, CommandOutcome};

/// The permissions that the file must have, exactly: it holds a password and a session.
const FILE_MODE: u32 = 0o600;
/// The exact permissions of its folder.
const FOLDER_MODE: u32 = 0o700;
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
    /// Reads a file; its mode must be 0600.
    pub(crate) fn open(path: &Path) -> CommandOutcome<Self> {
        let text = read(path)?;
        let values = parse(&text).map_err(|why| {
            CommandFailure::usage(format!("the settings file {} cannot be used: {why}", shown::path(path)))
        })?;
        Ok(Self { path: path.to_owned(), values })
    }

    /// Reads the user's own file, if there is one; its folder must have mode 0700.
    pub(crate) fn open_default() -> CommandOutcome<Option<Self>> {
        let Some(folder) = default_folder() else { return Ok(None) };
        let path = folder.join("settings.yaml");
        if !path.exists() {
            return Ok(None);
        }
        let found = std::fs::metadata(&folder).map_err(|why| unreadable(&folder, &why))?;
        require_mode(&folder, &found, FOLDER_MODE)?;
        Self::open(&path).map(Some)
    }

    /// Creates the user's own file.
    pub(crate) fn create_default() -> CommandOutcome<Self> {
        let folder =
            default_folder().ok_or_else(|| CommandFailure::usage("HOME is not set: name a settings file with -c"))?;
        if !folder.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(&folder)
                .map_err(|why| unwritable(&folder, &why))?;
        }
        let found = std::fs::metadata(&folder).map_err(|why| unreadable(&folder, &why))?;
        require_mode(&folder, &found, FOLDER_MODE)?;
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
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let text = if path.exists() { read(&path)? } else { String::new() };
        let probe = [("idtoken", Some("probe".to_owned())), ("apikey", Some("probe".to_owned()))];
        let changed = edit::change(&text, &probe).ok().filter(|changed| verify(&text, changed, &probe).is_some());
        if changed.is_none() {
            return Err(unsafe_form(&path));
        }
        tempfile::Builder::new()
            .prefix(".settings-")
            .tempfile_in(folder_of(&path))
            .map(drop)
            .map_err(|why| unwritable(&path, &why))
    }

    /// Changes values and leaves everything else in the file unchanged, including comments. The file is replaced in one
    /// step: a reader sees the old or the new one, also after a crash.
    pub(crate) fn change(&mut self, changes: &[(&str, Option<String>)]) -> CommandOutcome {
        // A link stays a link: its target is replaced.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
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
    let found = file.metadata().map_err(|why| unreadable(path, &why))?;
    if !found.is_file() {
        return Err(no_file());
    }
    // Checked on the open file, so that the checked file is the one that is read.
    require_mode(path, &found, FILE_MODE)?;
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
    let folder = folder_of(path);
    // Created with mode 0600 from the start.
    let mut file = tempfile::Builder::new()
        .prefix(".settings-")
        .permissions(std::fs::Permissions::from_mode(FILE_MODE))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|why| why.error)?;
    File::open(folder)?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unsafe_form(path: &Path) -> CommandFailure {
    CommandFailure::usage(format!(
        "the settings file {} has a form that cannot be changed safely; write its values one per line",
        path.display()
    ))
}

fn require_mode(path: &Path, found: &Metadata, wanted: u32) -> CommandOutcome {
    let mode = found.permissions().mode() & 0o7777;
    if mode == wanted {
        return Ok(());
    }
    Err(CommandFailure::usage(format!(
        "{} has mode {mode:04o}; it holds secrets and must have {wanted:04o}: chmod {wanted:o} {}",
        path.display(),
        path.display()
    )))
}

fn default_folder() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| PathBuf::from(home).join(".wscli"))
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
