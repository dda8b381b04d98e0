#![allow(clippy::unwrap_used)]
use bankchannel_foundation::model::Shape;

use super::*;

#[test]
fn a_file_with_a_password_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.toml");
    let options = ServiceOptions { config: Some(path.display().to_string()), ..ServiceOptions::default() };
    let loaded = |url: &str, mode: u32| {
        std::fs::write(&path, format!("postgres_url = \"{url}\"\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        ServiceConfig::load(&options, true).map(drop).map_err(|error| error.message().to_owned())
    };
    let refused = loaded("postgres://u:p@h/d", 0o644).unwrap_err();
    assert!(refused.contains("chmod 600") && !refused.contains("u:p"), "{refused}");
    assert_eq!(loaded("postgres://u:p@h/d", 0o600), Ok(()));
    assert_eq!(loaded("postgres://u@h/d", 0o644), Ok(()));
}

fn read(text: &str, variables: &[(String, String)]) -> Result<ServiceConfig> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.toml");
    bankchannel_server::private::write_whole(&file, text.as_bytes()).unwrap();
    let variables = variables.iter().map(|(name, text)| (name.into(), text.into()));
    configuration::read::<ServiceConfig>(&CONFIGURATION, file.to_str(), variables).map(|read| read.values)
}

fn written(config: ServiceConfig) -> serde_json::Value {
    bankchannel_foundation::model::write_boundary(config)
}

/// The file that is written from the declarations: as it is, with its defaults, and with its examples too.
#[test]
fn the_documented_file_has_the_defaults_and_every_setting() {
    let page = include_str!("../../../../../docs/ws-channel.toml");
    assert_eq!(written(read(page, &[]).unwrap()), written(ServiceConfig::default()));
    let with_defaults = read(&uncommented(page, false), &[]).unwrap();
    assert_eq!(written(with_defaults), written(read("[banks.nordea]\n", &[]).unwrap()));
    let whole = written(read(&uncommented(page, true), &[]).unwrap());
    for setting in CONFIGURATION.settings().iter().filter(|one| !one.is_table()) {
        // The tables of banks that are reached are alike: one stands for all.
        let bank = setting.place.strip_prefix("banks.").and_then(|below| below.split_once('.'));
        let place = match bank {
            Some((bank, name)) if bank != "simulator" => format!("/banks/nordea/{name}"),
            _ => format!("/{}", setting.place.replace('.', "/")),
        };
        assert!(whole.pointer(&place).is_some(), "{place}: {whole}");
    }
}

/// The file with its settings in force: those with a default, or all.
fn uncommented(page: &str, with_examples: bool) -> String {
    let is_meant = |line: &&str| !line.starts_with(' ') && (with_examples || !line.ends_with(" # example"));
    let lines = page.lines().map(|line| line.strip_prefix('#').filter(is_meant).unwrap_or(line));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A value of this shape that is not the default, as text and in TOML.
fn sample(shape: &Shape, default: Option<&str>) -> (String, String) {
    let quoted = |text: &str| (text.to_owned(), format!("{text:?}"));
    match shape {
        Shape::Bool if default == Some("true") => ("false".into(), "false".into()),
        Shape::Bool => ("true".into(), "true".into()),
        Shape::Integer { .. } => ("77".into(), "77".into()),
        Shape::Enum(shape) => quoted(shape.values.last().unwrap().value),
        Shape::List(of) => {
            let (text, toml) = sample(of, None);
            (text, format!("[{toml}]"))
        }
        Shape::Text(shape) if !shape.example.is_empty() => quoted(shape.example),
        _ => quoted("planted"),
    }
}

/// Each setting, from the declaration: the file, a variable and a file with the value say the same.
#[test]
fn each_setting_is_set_by_file_by_variable_and_by_a_file_with_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("value");
    let settings = CONFIGURATION.settings();
    let names: std::collections::BTreeSet<&String> = settings.iter().map(|one| &one.variable).collect();
    assert_eq!(names.len(), settings.len(), "no two settings share a variable");
    let defaults = written(ServiceConfig::default());
    let mut in_files = 0;
    for setting in settings.iter().filter(|one| !one.is_table()) {
        let (text, toml) = sample(setting.field.shape, setting.field.default);
        // As a file with a secret must be.
        bankchannel_server::private::write_whole(&kept, format!("{text}\n").as_bytes()).unwrap();
        let by_file = written(read(&format!("{} = {toml}\n", setting.place), &[]).unwrap());
        assert_ne!(by_file, defaults, "{}", setting.place);
        let by_variable = written(read("", &[(setting.variable.clone(), text)]).unwrap());
        assert_eq!(by_variable, by_file, "{}", setting.variable);
        let path = kept.display().to_string();
        let variable = (format!("{}_FILE", setting.variable), path.clone());
        let ways = [read(&format!("{}_file = {path:?}\n", setting.place), &[]), read("", &[variable])];
        for way in ways {
            assert_eq!(way.is_ok(), setting.has_file_form, "{}: {way:?}", setting.place);
            if let Ok(config) = way {
                assert_eq!(written(config), by_file, "{}", setting.place);
                in_files += 1;
            }
        }
    }
    assert!(in_files > 100, "{in_files}");
}

/// The settings that a reload leaves, beside those of the simulated bank: what is made of them is made at the start.
const AT_THE_START: &[&str] = &[
    "flavour",
    "base_path",
    "postgres_url",
    "postgres.max_connections",
    "postgres.connect_timeout_s",
    "postgres.operation_timeout_s",
    "keys_folder",
    "files_folder",
    "expect_data",
    "migrate",
    "rsa_private_key",
    "rsa_previous_private_key",
    "delivery",
    "delivery_of_sms",
    "delivery_of_email",
    "delivery_of_operator",
    "operator_email",
    "smtp.host",
    "smtp.port",
    "smtp.security",
    "smtp.user",
    "smtp.password",
    "smtp.from",
    "smtp.ca_file",
    "smtp.timeout_s",
    "webhook.url",
    "webhook.secret",
    "webhook.ca_file",
    "webhook.timeout_s",
    "notice_command.program",
    "notice_command.arguments",
    "notice_command.timeout_s",
    "simulator_entitlement_required",
    "simulator_rejects_duplicates",
    "operator_listen",
    "log_format",
    "banks.simulator.payments",
    "banks.simulator.renew_before_days",
];

/// Each setting, from the declaration: a reload applies it, or names it as one that needs a restart and leaves it.
#[test]
fn each_setting_is_applied_by_a_reload_or_needs_a_restart() {
    let mut left = Vec::new();
    let before = ServiceConfig::default();
    for setting in CONFIGURATION.settings().iter().filter(|one| !one.is_table()) {
        let (_, toml) = sample(setting.field.shape, setting.field.default);
        let changed = read(&format!("{} = {toml}\n", setting.place), &[]).unwrap();
        let (values, report) = CONFIGURATION.reloaded(before.clone(), changed.clone(), &[]).unwrap();
        let named = [report.applied.as_slice(), report.needs_restart.as_slice()].concat();
        // A bank that was not there comes with its table.
        let is_named = |place: &String| setting.place == *place || setting.place.starts_with(&format!("{place}."));
        assert!(named.len() == 1 && is_named(&named[0]), "{}: {named:?}", setting.place);
        let expected = if report.applied.is_empty() { &before } else { &changed };
        assert_eq!(written(values), written(expected.clone()), "{}", setting.place);
        assert_eq!(report.applied.is_empty(), !CONFIGURATION.reloads(&setting.place), "{}", setting.place);
        left.extend(report.needs_restart);
    }
    assert_eq!(left, AT_THE_START);
    for place in CONFIGURATION.reloadable {
        let is_one = |one: &configuration::ConfigurationSetting| one.place == place.trim_start_matches('!');
        assert!(CONFIGURATION.settings().iter().any(is_one), "{place} is no setting");
    }
}

#[test]
fn no_secret_is_shown() {
    let shown = format!("{:?}", read("postgres_url = 'postgres://u:planted@h/d'", &[]).unwrap());
    assert!(!shown.contains("planted"), "{shown}");
    for text in ["postgres_url = ['planted']", "postgres = 'planted'", "[banks.nordea]\nproxy = { other = 'planted' }"]
    {
        let error = read(text, &[]).unwrap_err();
        assert!(error.message().contains("line ") && !format!("{error:?}").contains("planted"), "{error:?}");
    }
}
