//! A token of SoftHSM in its own folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use bankchannel_foundation::Secret;
use bankchannel_pkcs11::Pkcs11Settings;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::UserType;
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

/// The PIN of every token here.
pub(crate) const PIN: &str = "5678";
/// The label of the token.
const TOKEN: &str = "tpp";
/// Where distributions put the module.
const PLACES: [&str; 6] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/libsofthsm2.so",
];
/// Read by SoftHSM itself. The person who runs the tests may have set it for their own tokens.
const CONFIGURATION: &str = "SOFTHSM2_CONF";
/// Set in the separate process of a test: the folder of its token.
const OWN_PROCESS: &str = "BANKCHANNEL_TESTS_TOKEN_FOLDER";

pub(crate) struct SoftHsm {
    folder: PathBuf,
    module: &'static str,
}

/// Runs the test `name` in a separate process with a fresh token: SoftHSM takes its folder from the environment, which
/// a process with threads must not change. `line` is added to its configuration.
pub(crate) fn in_own_process(name: &str, line: &str, test: impl FnOnce(&SoftHsm)) {
    let Some(module) = PLACES.into_iter().find(|place| Path::new(place).exists()) else {
        let required = std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_some();
        assert!(!required, "there is no SoftHSM on this machine");
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: there is no SoftHSM on this machine");
        }
        return;
    };
    if let Some(folder) = std::env::var_os(OWN_PROCESS) {
        let hsm = SoftHsm { folder: folder.into(), module };
        assert_eq!(std::env::var_os(CONFIGURATION), Some(hsm.file().into_os_string()));
        return test(&hsm);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tokens")).unwrap();
    let file = folder.path().join("softhsm2.conf");
    let tokens = folder.path().join("tokens");
    std::fs::write(&file, format!("directories.tokendir = {}\nlog.level = ERROR\n{line}\n", tokens.display())).unwrap();
    tool(&file, &["--init-token", "--free", "--label", TOKEN, "--so-pin", "1234", "--pin", PIN]);
    let own = std::env::current_exe().unwrap();
    let done = Command::new(own)
        .args(["--exact", name, "--nocapture"])
        .env(CONFIGURATION, &file)
        .env(OWN_PROCESS, folder.path())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

impl SoftHsm {
    /// Settings with the right PIN.
    pub(crate) fn settings(&self, key: &str) -> Pkcs11Settings {
        Pkcs11Settings {
            module: self.module.to_owned(),
            token: TOKEN.to_owned(),
            pin: Some(Secret::new(PIN)),
            key: key.to_owned(),
        }
    }

    /// Imports a key, PKCS#8 in PEM.
    pub(crate) fn import(&self, label: &str, id: &str, pem: &str) {
        let path = self.folder.join("key.pem");
        std::fs::write(&path, pem).unwrap();
        let path = path.to_str().unwrap();
        let many = ["--import", path, "--token", TOKEN, "--label", label, "--id", id, "--pin", PIN, "--force"];
        tool(&self.file(), &many);
    }

    /// Another token.
    pub(crate) fn another_token(&self, label: &str) {
        tool(&self.file(), &["--init-token", "--free", "--label", label, "--so-pin", "1234", "--pin", PIN]);
    }

    /// An EC key pair, made in the token.
    pub(crate) fn generate_ec(&self, label: &str, id: u8) {
        let module = self.module();
        let session = module.open_rw_session(self.slot()).unwrap();
        session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned()))).unwrap();
        let p256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07".to_vec();
        let public = [Attribute::Token(true), Attribute::EcParams(p256), Attribute::Id(vec![id])];
        let private = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(vec![id])];
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).unwrap();
    }

    pub(crate) fn change_pin(&self, new: &str) {
        let session = self.module().open_rw_session(self.slot()).unwrap();
        session.set_pin(&AuthPin::from(PIN.to_owned()), &AuthPin::from(new.to_owned())).unwrap();
    }

    /// The module, as another user of it in this process gets it.
    pub(crate) fn module(&self) -> Pkcs11 {
        let module = Pkcs11::new(self.module).unwrap();
        // It is already initialised if the code under test has done so.
        let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        module
    }

    pub(crate) fn slot(&self) -> Slot {
        let module = self.module();
        let slots = module.get_slots_with_initialized_token().unwrap();
        slots.into_iter().find(|&slot| module.get_token_info(slot).unwrap().label() == TOKEN).unwrap()
    }

    fn file(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }
}

fn tool(file: &Path, arguments: &[&str]) {
    let done = Command::new("softhsm2-util").args(arguments).env(CONFIGURATION, file).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}
