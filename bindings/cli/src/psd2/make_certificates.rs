//! `psd2 make-certificates`: an authority and third parties for tests (NextGenPSD2 sheet §4.6, §7.2).

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use bankchannel::{
    Secret,
    nextgen_psd2::operations::certificates::make_certificates::{
        CertificateDefect, MakeCertificatesRequest, MakeCertificatesResponse, TppRole,
    },
};
use bankchannel_foundation::shown;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{certificates, client, names};
use crate::{
    exit::{Failure, Outcome},
    options::{add_common, format, read_text},
    output::{
        files::{self, NewFile},
        progress::Progress,
    },
};

const CA: &str = "ca.pem";
const CA_KEY: &str = "ca.key";
/// Of a third party, after its prefix: certificates and keys by turns.
const PARTS: [&str; 4] = ["-qseal.pem", "-qseal.key", "-qwac.pem", "-qwac.key"];
const KEY_MODE: u32 = 0o600;
/// A certificate is made to be given away.
const CERTIFICATE_MODE: u32 = 0o644;
/// The third parties of the sheet: prefix, number, name, roles.
const FIXTURES: [(&str, &str, &str, &[TppRole]); 3] = [
    ("tpp1", "987654321", "Example TPP 1 AS", &[TppRole::Aisp, TppRole::Pisp]),
    ("tpp2", "123456789", "Example TPP 2 AS", &[TppRole::Pisp]),
    ("tpp3", "555555555", "Example TPP 3 AS", &[TppRole::Aisp]),
];
/// The options that mean one third party in place of these.
const SINGLE: [&str; 4] = ["prefix", "roles", "number", "name"];

const EXAMPLES: &str = "Examples:
  bankchannel psd2 make-certificates certs
  bankchannel psd2 make-certificates --ca certs/ca.pem --ca-key certs/ca.key --prefix late --expired certs
  bankchannel psd2 make-certificates --prefix mine --name 'My Company AS' --number 123123123 --roles AISP mine

Writes ca.pem and ca.key, and for tpp1 (987654321, AISP and PISP), tpp2 (123456789, PISP) and tpp3 (555555555, AISP) a certificate
for signing and one for TLS: tpp1-qseal.pem, tpp1-qseal.key, tpp1-qwac.pem, tpp1-qwac.key and so on. With --prefix, --roles,
--number or --name there is one third party. Keys have mode 0600; files that exist are left alone. For tests: nobody but you
trusts them.";

/// Each defect as an option of its own.
const DEFECTS: &[(&str, CertificateDefect)] = &[
    ("no-qc", CertificateDefect::NoQc),
    ("bare-qc", CertificateDefect::BareQc),
    ("wrong-role-oid", CertificateDefect::WrongRoleOid),
    ("expired", CertificateDefect::Expired),
    ("not-yet", CertificateDefect::NotYet),
    ("sha1", CertificateDefect::Sha1),
    ("ca-true", CertificateDefect::CaTrue),
    ("no-orgid", CertificateDefect::NoOrgid),
];

/// The command.
pub(super) fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let file = |name: &'static str, help: &'static str| text(name, "FILE", help).value_hint(ValueHint::FilePath);
    add_common(Command::new("make-certificates"))
        .about("Make a test authority and the certificates of third parties")
        .after_help(EXAMPLES)
        .arg(text("prefix", "PREFIX", "What the third party's files are called [default: tpp1]"))
        .arg(text("name", "NAME", "The third party's name"))
        .arg(text("number", "NUMBER", "The number of its authorisation [default: 987654321]"))
        .arg(
            text("roles", "ROLE,…", "What it is authorised for [default: AISP,PISP]")
                .action(ArgAction::Append)
                .value_delimiter(',')
                .value_parser(names::values::<TppRole>()),
        )
        .arg(
            text("defect", "NAME", "A mistake to make in every certificate; may be given several times")
                .action(ArgAction::Append)
                .value_parser(names::values::<CertificateDefect>()),
        )
        .args(DEFECTS.iter().map(|(name, _)| {
            Arg::new(*name).long(*name).action(ArgAction::SetTrue).help(format!("The same as --defect {name}"))
        }))
        .arg(text("country", "XX", "The country of third party and supervisor [default: NO]"))
        .arg(text("supervisor", "LETTERS", "The supervisor that authorised it [default: FSA]"))
        .arg(
            text("days", "DAYS", "How long the certificates are valid [default: 365]").value_parser(value_parser!(u32)),
        )
        .arg(text("key-bits", "BITS", "2048, 3072 or 4096 [default: 2048]").value_parser(value_parser!(u32)))
        .arg(file("ca", "The authority that issues them; left out, a new one is made").requires("ca-key"))
        .arg(file("ca-key", "Its private key").requires("ca"))
        .arg(
            Arg::new("directory")
                .value_name("DIR")
                .required(true)
                .value_hint(ValueHint::DirPath)
                .help("Where the files go; made with mode 0700 when absent"),
        )
}

/// Makes them.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let folder = PathBuf::from(matches.get_one::<String>("directory").map(String::as_str).unwrap_or_default());
    let parties = parties(matches)?;
    let mut authority = authority(matches)?;
    let is_new = authority.is_none();
    // What is in the way is told before keys are made, which takes its time.
    let of_parties = parties.iter().flat_map(|(prefix, _)| PARTS.map(|part| format!("{prefix}{part}")));
    let of_authority = [CA, CA_KEY].into_iter().filter(|_| is_new).map(str::to_owned);
    let paths: Vec<PathBuf> = of_authority.chain(of_parties).map(|name| folder.join(name)).collect();
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::usage(format!("{} is a file: give a folder", shown::path(&folder))));
    }
    files::check_new(paths.iter().map(PathBuf::as_path))?;

    let (client, mut made, mut shown) = (client()?, Vec::new(), Vec::new());
    for (prefix, mut request) in parties {
        let _progress = Progress::begin(&format!("making the certificates of {prefix}"));
        if let Some((certificate, key)) = &authority {
            request.authority_certificate = Some(certificate.clone());
            request.authority_key = Some(key.clone());
        }
        let response = client.make_certificates(request)?;
        if authority.is_none() {
            made.push(new_file(&folder, CA, CERTIFICATE_MODE, &response.authority_certificate));
            made.push(new_file(&folder, CA_KEY, KEY_MODE, response.authority_key.expose()));
            authority = Some((response.authority_certificate.clone(), response.authority_key.clone()));
        }
        shown.push(as_json(&folder, &prefix, &response));
        made.extend(files_of(&folder, &prefix, &response));
    }
    write(&folder, &made)?;
    let ca = match matches.get_one::<String>("ca") {
        Some(path) => path.clone(),
        None => path_of(&folder, CA),
    };
    format(matches).show(&json!({ "ca": ca, "third_parties": shown }));
    Ok(())
}

/// Writes all files or none; a folder that was made for them goes with them.
fn write(folder: &Path, made: &[NewFile]) -> Outcome {
    let was_there = folder.exists();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|why| Failure::usage(format!("{} cannot be made: {why}", shown::path(folder))))?;
    files::write_all_new(made).inspect_err(|_| {
        if !was_there {
            let _ = fs::remove_dir(folder);
        }
    })
}

/// The authority that was given.
fn authority(matches: &ArgMatches) -> Outcome<Option<(String, Secret)>> {
    let path = |name: &str| matches.get_one::<String>(name);
    let (Some(certificate), Some(key)) = (path("ca"), path("ca-key")) else { return Ok(None) };
    let key = Zeroizing::new(read_text("--ca-key", key, certificates::MAX)?);
    Ok(Some((certificates::pem("--ca", certificate)?, Secret::new(key.as_str()))))
}

/// Whose certificates to make: those of the sheet, or one's.
fn parties(matches: &ArgMatches) -> Outcome<Vec<(String, MakeCertificatesRequest)>> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let common = MakeCertificatesRequest {
        authority_certificate: None,
        authority_key: None,
        common_name: text("name"),
        organization: text("name"),
        country: text("country"),
        supervisor: text("supervisor"),
        supervisor_name: None,
        authorisation_number: text("number"),
        roles: names::all(matches, "roles")?,
        days: matches.get_one::<u32>("days").copied(),
        key_bits: matches.get_one::<u32>("key-bits").copied(),
        defects: defects(matches)?,
    };
    if SINGLE.iter().any(|name| matches.contains_id(name)) {
        let prefix = text("prefix").unwrap_or_else(|| FIXTURES[0].0.to_owned());
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if prefix.is_empty() || prefix.starts_with(['.', '-']) || !prefix.chars().all(is_plain) {
            return Err(Failure::usage("--prefix: must be letters, digits and .-_, beginning with a letter or digit"));
        }
        return Ok(vec![(prefix, common)]);
    }
    let fixture = |(prefix, number, name, roles): (&str, &str, &str, &[TppRole])| {
        let request = MakeCertificatesRequest {
            common_name: Some(name.to_owned()),
            organization: Some(name.to_owned()),
            authorisation_number: Some(number.to_owned()),
            roles: Some(roles.to_vec()),
            ..common.clone()
        };
        (prefix.to_owned(), request)
    };
    Ok(FIXTURES.into_iter().map(fixture).collect())
}

fn files_of(folder: &Path, prefix: &str, made: &MakeCertificatesResponse) -> [NewFile; 4] {
    let [qseal, qseal_key, qwac, qwac_key] = PARTS.map(|part| format!("{prefix}{part}"));
    [
        new_file(folder, &qseal, CERTIFICATE_MODE, &made.qseal_certificate),
        new_file(folder, &qseal_key, KEY_MODE, made.qseal_key.expose()),
        new_file(folder, &qwac, CERTIFICATE_MODE, &made.qwac_certificate),
        new_file(folder, &qwac_key, KEY_MODE, made.qwac_key.expose()),
    ]
}

fn new_file(folder: &Path, name: &str, mode: u32, text: &str) -> NewFile {
    NewFile { path: folder.join(name), mode, bytes: Zeroizing::new(text.as_bytes().to_vec()) }
}

fn as_json(folder: &Path, prefix: &str, made: &MakeCertificatesResponse) -> Value {
    let [qseal, qseal_key, qwac, qwac_key] = PARTS.map(|part| path_of(folder, &format!("{prefix}{part}")));
    json!({
        "organization_identifier": made.organization_identifier,
        "qseal": qseal,
        "qseal_key": qseal_key,
        "qwac": qwac,
        "qwac_key": qwac_key,
    })
}

fn path_of(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}
/// What `--defect` and the options of the same names say.
fn defects(matches: &ArgMatches) -> Outcome<Option<Vec<CertificateDefect>>> {
    let mut found: Vec<CertificateDefect> = names::all(matches, "defect")?.unwrap_or_default();
    found.extend(DEFECTS.iter().filter(|(name, _)| matches.get_flag(name)).map(|(_, defect)| *defect));
    Ok(Some(found).filter(|found| !found.is_empty()))
}
