//! `psd2 make-certificates`: an authority and third parties for tests (docs/protocols/nextgen-psd2.md §4.6, §7.2).

use std::{
    fs,
    path::{Path, PathBuf},
};

use bankchannel::{
    Secret,
    nextgen_psd2::{CertificateDefect, MakeCertificatesRequest, TppRole},
};
use bankchannel_foundation::{
    model::{Boundary as _, Shape, read_boundary},
    operation::{CommandField, FileForm},
    shown,
};
use bankchannel_private_files::{FileAccess, make_folders};
use clap::{Arg, ArgMatches, Command, ValueHint};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::client;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::{
        fields::{self, FieldOptions},
        file, flag, format, text,
    },
    output::{
        files::{self, NewFile},
        progress::ProgressLine,
    },
};

const CA: &str = "ca.pem";
const CA_KEY: &str = "ca.key";
const KEY: FileAccess = FileAccess::Owner;
/// A certificate is meant to be shared.
const CERTIFICATE: FileAccess = FileAccess::Readable;
/// The files of a third party: member in the output, suffix of the file name, who may use it.
const PARTS: [(&str, &str, FileAccess); 4] = [
    ("qseal", "-qseal.pem", CERTIFICATE),
    ("qseal_key", "-qseal.key", KEY),
    ("qwac", "-qwac.pem", CERTIFICATE),
    ("qwac_key", "-qwac.key", KEY),
];
/// The third parties of the specification: prefix, number, name, roles.
const FIXTURES: [(&str, &str, &str, &[TppRole]); 3] = [
    ("tpp1", "987654321", "Example TPP 1 AS", &[TppRole::Aisp, TppRole::Pisp]),
    ("tpp2", "123456789", "Example TPP 2 AS", &[TppRole::Pisp]),
    ("tpp3", "555555555", "Example TPP 3 AS", &[TppRole::Aisp]),
];
/// The options that select one third party instead of these.
const SINGLE: [&str; 4] = ["prefix", "roles", "number", "name"];

const ROWS: FieldOptions = FieldOptions::new(
    MakeCertificatesRequest::SHAPE,
    &[
        CommandField::value("common_name", "name").help("The third party's name"),
        CommandField::value("authorisation_number", "number")
            .help("The third party's authorisation number [default: 987654321]"),
        CommandField::value("roles", "roles").help("The roles that it is authorised for [default: AISP,PISP]"),
        CommandField::value("defects", "defect")
            .help("A defect to put into every certificate; may be given several times"),
        CommandField::value("country", "country")
            .help("The country of the third party and its supervisor [default: NO]"),
        CommandField::value("supervisor", "supervisor").help("The supervisor that authorised it [default: FSA]"),
        CommandField::value("days", "days"),
        CommandField::value("key_bits", "key-bits"),
        CommandField::file(
            "authority_certificate",
            "ca",
            FileForm::Pem,
            "The authority that issues the certificates [default: make a new one]",
        ),
    ],
);

pub(super) fn arguments(command: Command) -> Command {
    let defect = |name| flag(name, "").help(format!("Same as --defect {name}"));
    command
        .arg(text("prefix", "PREFIX", "The start of the third party's file names [default: tpp1]"))
        .args(ROWS.arguments())
        .mut_arg("ca", |ca| ca.requires("ca-key"))
        .arg(file("ca-key", "The authority's private key").requires("ca"))
        .args(defects().map(defect))
        .arg(
            Arg::new("directory")
                .value_name("DIR")
                .required(true)
                .value_hint(ValueHint::DirPath)
                .help("The folder for the files; created with mode 0700 when absent"),
        )
}

/// The names of the defects; each is an option.
fn defects() -> impl Iterator<Item = &'static str> {
    let values = match CertificateDefect::SHAPE {
        Shape::Enum(shape) => shape.values,
        _ => &[],
    };
    values.iter().map(|value| value.value)
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let folder = PathBuf::from(matches.get_one::<String>("directory").map(String::as_str).unwrap_or_default());
    let parties = parties(matches)?;
    let is_new = !matches.contains_id("ca");
    // Existing files are reported before keys are made, which takes time.
    let of_parties = parties.iter().flat_map(|(prefix, _)| PARTS.map(|(_, end, _)| format!("{prefix}{end}")));
    let of_authority = [CA, CA_KEY].into_iter().filter(|_| is_new).map(str::to_owned);
    let paths: Vec<PathBuf> = of_authority.chain(of_parties).map(|name| folder.join(name)).collect();
    if folder.exists() && !folder.is_dir() {
        return Err(CommandFailure::usage(format!("{} is a file: give a folder", shown::path(&folder))));
    }
    files::check_new(paths.iter().map(PathBuf::as_path))?;

    let (client, mut made, mut shown) = (client()?, Vec::new(), Vec::new());
    let mut authority: Option<(String, Secret)> = None;
    for (prefix, mut request) in parties {
        let _progress = ProgressLine::begin(&format!("making the certificates of {prefix}"));
        if let Some((certificate, key)) = &authority {
            request.authority_certificate = Some(certificate.clone());
            request.authority_key = Some(key.clone());
        }
        let response = client.make_certificates(request)?;
        if is_new && authority.is_none() {
            let (certificate, key) = (response.authority_certificate, response.authority_key);
            made.push(new_file(folder.join(CA), CERTIFICATE, &certificate));
            made.push(new_file(folder.join(CA_KEY), KEY, key.expose()));
            authority = Some((certificate, key));
        }
        let mut party = json!({ "organization_identifier": response.organization_identifier });
        let keys = [response.qseal_key.expose(), response.qwac_key.expose()];
        let texts = [&response.qseal_certificate, keys[0], &response.qwac_certificate, keys[1]];
        for ((member, end, access), text) in PARTS.into_iter().zip(texts) {
            let path = folder.join(format!("{prefix}{end}"));
            party[member] = path.display().to_string().into();
            made.push(new_file(path, access, text));
        }
        shown.push(party);
    }
    write(&folder, &made)?;
    let ca = matches.get_one::<String>("ca").cloned().unwrap_or_else(|| folder.join(CA).display().to_string());
    format(matches).show(&json!({ "ca": ca, "third_parties": shown }));
    Ok(())
}

/// Writes all files or none; a folder created for them is removed with them.
fn write(folder: &Path, made: &[NewFile]) -> CommandOutcome {
    let was_there = folder.exists();
    make_folders(folder)
        .map_err(|why| CommandFailure::usage(format!("{} cannot be made: {why}", shown::path(folder))))?;
    files::write_all_new(made).inspect_err(|_| {
        if !was_there {
            let _ = fs::remove_dir(folder);
        }
    })
}

/// The third parties to make certificates for: those of the specification, or the given one.
fn parties(matches: &ArgMatches) -> CommandOutcome<Vec<(String, MakeCertificatesRequest)>> {
    let mut given = ROWS.read(matches)?;
    if let Some(name) = given.get("common_name").cloned() {
        given.insert("organization".to_owned(), name);
    }
    let mut alone: Vec<Value> = defects().filter(|name| matches.get_flag(name)).map(Value::from).collect();
    if !alone.is_empty()
        && let Some(defects) = given.entry("defects").or_insert(json!([])).as_array_mut()
    {
        defects.append(&mut alone);
    }
    let mut common: MakeCertificatesRequest = read_boundary(Value::Object(given))?;
    if let Some(path) = matches.get_one::<String>("ca-key") {
        common.authority_key = Some(Secret::new(Zeroizing::new(fields::file_text("--ca-key", path)?).as_str()));
    }
    if SINGLE.iter().any(|name| matches.contains_id(name)) {
        let prefix = matches.get_one::<String>("prefix").map_or(FIXTURES[0].0, String::as_str);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if prefix.is_empty() || prefix.starts_with(['.', '-']) || !prefix.chars().all(is_plain) {
            return Err(CommandFailure::usage(
                "--prefix: must be letters, digits and .-_, beginning with a letter or digit",
            ));
        }
        return Ok(vec![(prefix.to_owned(), common)]);
    }
    let fixture = |(prefix, number, name, roles): (&str, &str, &str, &[TppRole])| {
        let mut request = common.clone();
        request.common_name = Some(name.to_owned());
        request.organization = Some(name.to_owned());
        request.authorisation_number = Some(number.to_owned());
        request.roles = Some(roles.to_vec());
        (prefix.to_owned(), request)
    };
    Ok(FIXTURES.into_iter().map(fixture).collect())
}

fn new_file(path: PathBuf, access: FileAccess, text: &str) -> NewFile {
    NewFile { path, access, bytes: Zeroizing::new(text.as_bytes().to_vec()) }
}
