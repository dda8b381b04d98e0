//! Names: the library's `snake_case`, the command line's kebab-case, and the spellings of `wscli` (docs/protocols/ws-channel.md §8.4).

use bankchannel_foundation::model::Field;

/// Fields that are settings, not options of one command: field, option.
pub(super) const SHARED: &[(&str, &str)] = &[
    ("email", "email"),
    ("mode", "mode"),
    ("phone", "phone"),
    ("name", "name"),
    ("company", "company"),
    ("bank", "bank"),
    ("api_key", "apikey"),
    ("id_token", "idtoken"),
    ("password", "password"),
];

/// Names of an option other than its field's name, and its key in the settings file.
struct Special {
    /// The operations that it applies to; empty for all.
    operations: &'static [&'static str],
    field: &'static str,
    /// Further options.
    aliases: &'static [&'static str],
    /// Its key in the settings file; `None` if it has none.
    setting: Option<&'static str>,
}

/// The first match counts.
const SPECIAL: &[Special] = &[
    Special { operations: &["enroll_cert"], field: "code", aliases: &["pincode"], setting: Some("pincode") },
    Special { operations: &["import_cert"], field: "private_key", aliases: &[], setting: Some("privatekey") },
    Special { operations: &["import_cert"], field: "certificate", aliases: &[], setting: Some("certificate") },
    Special { operations: &["reset_password"], field: "new_password", aliases: &[], setting: None },
    // In the settings file `privatekey` is a bank certificate's key, never the key that signs uploads.
    Special { operations: &[], field: "private_key", aliases: &["key"], setting: None },
    Special {
        operations: &["list_files", "download_new_files"],
        field: "status",
        aliases: &["filestatus"],
        setting: Some("filestatus"),
    },
    Special { operations: &[], field: "signature", aliases: &["signatures"], setting: Some("signatures") },
    Special { operations: &[], field: "pgp_key", aliases: &["pgpkeycontents"], setting: Some("pgpkeycontents") },
    Special { operations: &[], field: "directory", aliases: &["syncdir"], setting: Some("syncdir") },
    Special { operations: &[], field: "content", aliases: &["filecontents"], setting: Some("filecontents") },
];

/// The names of one field in one command.
pub(super) struct Names {
    /// `--file-type`.
    pub(super) long: String,
    /// `--filetype`, as `wscli` spells it, and more.
    pub(super) aliases: Vec<String>,
    /// Its key in the settings file.
    pub(super) setting: Option<String>,
}

/// The names of a field of an operation (`list_files`).
pub(super) fn names(operation: &str, field: &Field) -> Names {
    let long = kebab(field.name);
    let flat = field.name.replace('_', "");
    let fits = |special: &&Special| {
        special.field == field.name && (special.operations.is_empty() || special.operations.contains(&operation))
    };
    let mut aliases = Vec::new();
    // `wscli` writes names as one word; it has no name with a unit, which would read as a plural.
    if flat != long && !matches!(field.name.rsplit('_').next(), Some("s" | "ms")) {
        aliases.push(flat.clone());
    }
    match SPECIAL.iter().find(fits) {
        Some(special) => {
            aliases.extend(special.aliases.iter().map(|alias| (*alias).to_owned()));
            Names { long, aliases, setting: special.setting.map(str::to_owned) }
        }
        None => Names { long, aliases, setting: Some(flat) },
    }
}

/// `list_files` → `list-files`.
pub(crate) fn kebab(name: &str) -> String {
    name.replace('_', "-")
}

/// `list_files` → `listFiles`, as `wscli` spells commands.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::new();
    for (number, word) in name.split(['_', '-']).enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if number > 0 => out.extend(first.to_uppercase().chain(letters)),
            _ => out.push_str(word),
        }
    }
    out
}

/// The option of a field that is a setting.
pub(crate) fn shared_name(field: &str) -> Option<&'static str> {
    SHARED.iter().find(|(name, _)| *name == field).map(|(_, option)| *option)
}

/// The options for these fields, for an error text.
pub(crate) fn option_list(fields: &str) -> String {
    let options = fields.split(", ").map(|field| {
        let top = field.split(['.', '[']).next().unwrap_or(field);
        format!("--{}", shared_name(top).map_or_else(|| kebab(top), str::to_owned))
    });
    options.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_wscli() {
        for (name, spelling) in [
            ("list_files", "listFiles"),
            ("verify_totp", "verifyTotp"),
            ("select-mfa", "selectMfa"),
            ("logout", "logout"),
        ] {
            assert_eq!(camel(name), spelling);
        }
    }

    #[test]
    fn missing_fields_are_told_as_options() {
        assert_eq!(option_list("file_type, api_key"), "--file-type, --apikey");
    }
}
