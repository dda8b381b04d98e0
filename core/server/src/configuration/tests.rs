#![allow(clippy::unwrap_used)]

use super::*;

/// A file.
#[derive(Debug, Clone, PartialEq, Boundary)]
struct TestConfiguration {
    /// An address.
    #[boundary(default = "here")]
    listen: String,
    /// A limit.
    #[boundary(default = 1_000)]
    max: u32,
    /// A list.
    #[boundary(default = [])]
    names: Vec<String>,
    /// A lock.
    #[boundary(default = { "count": 10, "window_s": 900 })]
    lock: TestLock,
    /// A table.
    bank: Option<TestBank>,
    /// A server's own.
    #[boundary(absent)]
    own: u8,
}

/// A lock.
#[derive(Debug, Clone, PartialEq, Boundary)]
struct TestLock {
    /// A count.
    count: u32,
    /// A window.
    window_s: u32,
}

/// A bank.
#[derive(Debug, Clone, Boundary)]
struct TestBank {
    /// A port.
    port: Option<u32>,
    /// A secret.
    #[boundary(gives = "code")]
    code: Option<bankchannel_foundation::Secret>,
    /// A file with the secret.
    #[boundary(gives = "code")]
    code_file: Option<String>,
    /// A folder.
    keys_dir: Option<String>,
    /// A secret in a token.
    #[boundary(gives = "code")]
    token: Option<TestLock>,
}

impl PartialEq for TestBank {
    fn eq(&self, other: &Self) -> bool {
        let of = |one: &Self| bankchannel_foundation::model::write_boundary(one.clone());
        of(self) == of(other)
    }
}

static FORM: ConfigurationForm = ConfigurationForm {
    prefix: "TEST_SERVER_",
    shape: TestConfiguration::SHAPE,
    about: "",
    page: "server.toml",
    sections: &[],
    own_texts: &[],
    table_name: |place, given| match (place, given) {
        ("", "the_bank") => Ok(Some("bank")),
        ("", "gone") => Err("is no more".to_owned()),
        _ => Ok(None),
    },
    reloadable: &["max", "lock", "!lock.window_s", "bank"],
};

/// A secret without a declared setting for its file.
#[derive(Debug, Clone, Boundary)]
struct TestSecret {
    /// A secret.
    #[allow(dead_code)]
    secret: Option<bankchannel_foundation::Secret>,
}

static SECRET_FORM: ConfigurationForm =
    ConfigurationForm { shape: TestSecret::SHAPE, table_name: |_, _| Ok(None), ..FORM };

fn read_text(text: &str, variables: &[(&str, &str)]) -> Result<TestConfiguration> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    bankchannel_private_files::write_whole(&file, text.as_bytes()).unwrap();
    let variables = variables.iter().map(|(name, text)| ((*name).into(), (*text).into()));
    read::<TestConfiguration>(&FORM, Some(file.to_str().unwrap()), variables).map(|read| read.values)
}

#[test]
fn what_is_left_out_has_the_declared_default_and_a_table_is_completed() {
    let all = read::<TestConfiguration>(&FORM, None, []).unwrap().values;
    assert_eq!((&*all.listen, all.max, all.names.len(), all.bank, all.own), ("here", 1000, 0, None, 0));
    assert_eq!(all.lock, TestLock { count: 10, window_s: 900 });
    assert_eq!(read_text("[lock]\ncount = 5\n", &[]).unwrap().lock, TestLock { count: 5, window_s: 900 });
    assert_eq!(read_text("[the_bank]\nport = 0x10\n", &[]).unwrap().bank.unwrap().port, Some(16));
}

#[test]
fn all_faults_are_named_with_their_place_and_no_value() {
    let file = "listenn = 1\nmax = 'planted-secret'\n[lock]\ncount = true\n[bank]\nprot = 'planted-secret'\nport = -1\n\
                other = 1\n[gone]\n";
    let error = read_text(file, &[("TEST_SERVER_LISTEM", "planted-secret")]).unwrap_err();
    let said = error.message();
    for part in [
        "server.toml: line 1, column 1, listenn: there is no such setting: did you mean listen?",
        "; line 2, column 7, max: must be a whole number from 0 to 4294967295",
        "; line 4, column 9, lock.count: must be a whole number",
        "; line 6, column 1, bank.prot: there is no such setting: did you mean port?",
        "; line 7, column 8, bank.port: must be",
        "; line 8, column 1, bank.other: there is no such setting; the settings here are port, code, code_file, keys_dir, token",
        "; line 9, column 2, gone: is no more",
        "; the environment variable TEST_SERVER_LISTEM: is no setting of this service; did you mean TEST_SERVER_LISTEN?",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!format!("{error} {error:?}").contains("planted-secret"), "{error:?}");
    assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("config")));
    let many: String = (0..100).map(|number| format!("unknown{number} = 1\n")).collect();
    let said = read_text(&many, &[]).unwrap_err();
    assert_eq!(said.message().matches("there is no such").count(), 8);
    assert_eq!(said.message().matches("the settings here").count(), 1);
    // A name of another table, one with the same words, and a variable.
    let other = "port = 1\nwindow = 1\n[lock]\nseconds_window_s = 1\nkeys_dir = 'a'\n";
    let said = read_text(other, &[("TEST_SERVER_WINDOW_S", "1")]).unwrap_err();
    for part in [
        "column 1, port: there is no such setting: did you mean bank.port?",
        "column 1, lock.seconds_window_s: there is no such setting: did you mean window_s?",
        "column 1, lock.keys_dir: there is no such setting: did you mean bank.keys_dir?",
        "column 1, window: there is no such setting: did you mean lock.window_s or bank.token.window_s?",
        "TEST_SERVER_WINDOW_S: is no setting of this service; did you mean TEST_SERVER_LOCK_WINDOW_S or TEST_SERVER_BANK_",
    ] {
        assert!(said.message().contains(part), "{part}: {said}");
    }
    let said = read_text("listen \"planted-secret\"", &[]).unwrap_err();
    assert!(said.message().contains("line 1, ") && !said.message().contains("planted-secret"), "{said}");
}

#[test]
fn a_variable_counts_before_the_file_and_a_file_may_have_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let value = folder.path().join("value");
    std::fs::write(&value, "7\n").unwrap();
    let value = value.to_str().unwrap();
    assert_eq!(read_text(&format!("max_file = '{value}'"), &[]).unwrap().max, 7);
    assert_eq!(read_text("max = 5", &[("TEST_SERVER_MAX_FILE", value)]).unwrap().max, 7);
    assert_eq!(read_text(&format!("max_file = '{value}'"), &[("TEST_SERVER_MAX", "6")]).unwrap().max, 6);
    let all = read_text("", &[("TEST_SERVER_NAMES", "a, b"), ("TEST_SERVER_LOCK_COUNT", "3")]).unwrap();
    assert_eq!((all.names, all.lock), (vec!["a".to_owned(), "b".to_owned()], TestLock { count: 3, window_s: 900 }));
    assert!(read_text("", &[("TEST_SERVER_BANK", "{}")]).unwrap().bank.is_some());
    // One way to give the same counts, that of the environment.
    let bank = read_text("[bank]\ncode_file = 'of-file'\n", &[("TEST_SERVER_BANK_CODE", "planted")]).unwrap().bank;
    let bank = bank.unwrap();
    assert_eq!((bank.code.unwrap().expose(), bank.code_file), ("planted", None));
    // A table is one way as well; and another name of a table is one in variables, too.
    for before in ["TEST_SERVER_BANK_TOKEN_", "TEST_SERVER_THE_BANK_TOKEN_"] {
        let (count, window) = (format!("{before}COUNT"), format!("{before}WINDOW_S"));
        let bank = read_text("[bank]\ncode = 'of-file'\n", &[(&count, "1"), (&window, "2")]).unwrap().bank.unwrap();
        assert_eq!((bank.code.is_some(), bank.token), (false, Some(TestLock { count: 1, window_s: 2 })));
    }
    for (file, variables, named) in [
        ("lock = []".to_owned(), &[][..], "lock: must be a table"),
        ("listen = 2026-01-01".to_owned(), &[][..], "listen: must be in quotation marks"),
        (format!("max = 1\nmax_file = '{value}'"), &[][..], "max: is given twice"),
        (String::new(), &[("TEST_SERVER_MAX", "1"), ("TEST_SERVER_MAX_FILE", value)][..], "by two variables"),
        ("[bank]\nkeys_dir_file = 'x'".to_owned(), &[][..], "bank.keys_dir_file: there is no such setting"),
        ("max_file = 'not-there'".to_owned(), &[][..], "max_file: not-there: "),
        (
            String::new(),
            &[("TEST_SERVER_MAX", "planted-secret")][..],
            "the environment variable TEST_SERVER_MAX: max: must be",
        ),
    ] {
        let error = read_text(&file, variables).unwrap_err();
        assert!(error.message().contains(named) && !error.message().contains("planted-secret"), "{named}: {error}");
    }
    // Kubernetes names these after its services.
    for name in ["TEST_SERVER_SERVICE_HOST", "TEST_SERVER_PORT", "TEST_SERVER_PORT_8080_TCP_ADDR"] {
        read_text("", &[(name, "10.0.0.1")]).unwrap();
    }
}

#[test]
fn a_file_with_a_secret_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    for (text, is_secret) in [("[bank]\ncode = 'planted'", true), ("[bank]\ncode_file = 'x'", false)] {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let read = read::<TestConfiguration>(&FORM, Some(file.to_str().unwrap()), []);
        assert_eq!(read.is_err(), is_secret, "{text}: {read:?}");
    }
    // The file of a secret, too.
    let value = folder.path().join("value");
    std::fs::write(&value, "planted").unwrap();
    for (mode, fits) in [(0o644, false), (0o600, true)] {
        std::fs::set_permissions(&value, std::fs::Permissions::from_mode(mode)).unwrap();
        let file = std::iter::once(("TEST_SERVER_SECRET_FILE".into(), value.clone().into()));
        let read = read::<TestSecret>(&SECRET_FORM, None, file);
        assert_eq!(read.is_ok(), fits, "{read:?}");
    }
    for url in ["postgres://u:p@h/d", "postgresql://:p@h/d", "postgres://h/d?user=u&password=p"] {
        assert!(has_password(url), "{url}");
    }
    for url in ["postgres://u@h:5432/d", "postgres://h:5432/d", "postgres:///d?host=/run", "postgres://h/d?x=a:b@c"] {
        assert!(!has_password(url), "{url}");
    }
}

#[test]
fn a_value_that_does_not_fit_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    std::fs::write(&file, "max = 5\n").unwrap();
    let variables = [("TEST_SERVER_LISTEN".into(), "there".into())];
    let read = read::<TestConfiguration>(&FORM, Some(file.to_str().unwrap()), variables).unwrap();
    let said = |setting| read.placed(Error::invalid_setting(setting, "must be 1")).message().to_owned();
    assert!(said("max").contains("server.toml: line 1, column 7"), "{}", said("max"));
    assert!(said("listen").contains("TEST_SERVER_LISTEN"));
    assert_eq!(said("lock.count"), "lock.count: must be 1");
}

#[test]
fn a_reload_applies_what_it_may_and_names_the_rest_without_values() {
    let of = |json: serde_json::Value| bankchannel_foundation::model::read_boundary::<TestConfiguration>(json).unwrap();
    let running = || of(serde_json::json!({ "bank": { "port": 1, "code": "planted-old" } }));
    let (same, report) = FORM.reloaded(running(), running(), &[]).unwrap();
    assert_eq!((same, report.applied.len(), report.needs_restart.len()), (running(), 0, 0));
    let read = serde_json::json!({
        "listen": "there", "max": 7, "names": ["a"], "lock": { "count": 1, "window_s": 2 },
        "bank": { "code": "planted-new", "keys_dir": "there" },
    });
    let (values, report) = FORM.reloaded(running(), of(read.clone()), &["bank.keys_dir"]).unwrap();
    assert_eq!(report.applied, ["max", "lock.count", "bank.port", "bank.code"]);
    assert_eq!(report.needs_restart, ["listen", "names", "lock.window_s", "bank.keys_dir"]);
    assert!(!format!("{report:?}").contains("planted"));
    let expected =
        serde_json::json!({ "max": 7, "lock": { "count": 1, "window_s": 900 }, "bank": { "code": "planted-new" } });
    assert_eq!(values, of(expected));
    // A table that comes or goes is named itself.
    let (values, report) = FORM.reloaded(running(), of(serde_json::json!({})), &[]).unwrap();
    assert_eq!((values.bank, report.applied), (None, vec!["bank".to_owned()]));
    let (values, report) = FORM.reloaded(of(serde_json::json!({})), running(), &["bank"]).unwrap();
    assert_eq!((values.bank, report.needs_restart), (None, vec!["bank".to_owned()]));
}
