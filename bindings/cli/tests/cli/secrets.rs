//! Every secret of a service's configuration may stand in a file, named in the configuration or by a variable, or in a variable.

use std::{fs, os::unix::fs::PermissionsExt as _};

use bankchannel_counterparts::COUNTERPARTS;
use bankchannel_foundation::model::Shape;

use crate::support::Home;

/// A secret in each of its forms: as an address, and as text of some length.
const PLANTED: &str = "postgres://user:planted-secret-0123456789@127.0.0.1:9/x";

/// What `--check` says of the configuration.
fn configuration(home: &Home, kind: &str, more: &[&str]) -> String {
    let ran = home.run(&[&["serve", kind, "--data", "data", "--check", "--json"], more].concat());
    assert!(!format!("{}{}", ran.out, ran.err).contains("planted-secret"), "{}{}", ran.out, ran.err);
    format!("{}{}", ran.out, ran.err)
}

#[test]
fn every_secret_may_stand_in_a_file_or_a_variable() {
    let mut tried = Vec::new();
    for counterpart in COUNTERPARTS {
        let Some(form) = counterpart.configuration else { continue };
        for setting in form.settings() {
            if !matches!(setting.field.shape, Shape::Secret(_)) {
                continue;
            }
            tried.push(format!("{} {}", counterpart.kind, setting.place));
            let set = |mode: u32| {
                let home = Home::empty();
                let file = home.path("secret");
                fs::write(&file, PLANTED).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
                (home, file.to_str().unwrap().to_owned())
            };
            for mode in [0o644, 0o600] {
                let in_file = {
                    let (home, file) = set(mode);
                    fs::write(home.path("own.toml"), format!("{}_file = \"{file}\"\n", setting.place)).unwrap();
                    configuration(&home, counterpart.kind, &["--config", "own.toml"])
                };
                let by_variable = {
                    let (mut home, file) = set(mode);
                    home.variable(&format!("{}_FILE", setting.variable), &file);
                    configuration(&home, counterpart.kind, &[])
                };
                for said in [in_file, by_variable] {
                    let place = &setting.place;
                    assert!(
                        !said.contains("there is no such setting") && !said.contains("is no setting"),
                        "{place}: {said}"
                    );
                    // The file was read, and judged as a secret.
                    assert_eq!(said.contains("can be read by others"), mode == 0o644, "{place} {mode:o}: {said}");
                }
            }
            let (mut home, _) = set(0o600);
            home.variable(&setting.variable, PLANTED);
            let said = configuration(&home, counterpart.kind, &[]);
            assert!(!said.contains("is no setting") && !said.contains("every setting has its default"), "{said}");
        }
    }
    // Of both services; nine banks have a proxy.
    for place in
        ["ws-channel postgres_url", "ws-channel banks.nordea.proxy", "salt-edge-connector connector.app_secret"]
    {
        assert!(tried.iter().any(|one| one == place), "{place}: {tried:?}");
    }
    assert!(tried.len() >= 15, "{tried:?}");
}
