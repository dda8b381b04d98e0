//! `pgp sign`, `verify`, `generate`, `inspect`, with gpg on the other side.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use crate::support::{Home, Ran, ran};

fn home_with_key(algorithm: &str) -> Home {
    let home = Home::empty();
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    let arguments = [
        "pgp",
        "generate",
        "--name",
        "Eve Example",
        "--email",
        "eve@example.test",
        "--algorithm",
        algorithm,
        "--output-dir",
        "keys",
    ];
    home.run(&arguments).expect(0);
    home
}

/// gpg with its own keyring. Its socket paths must be short, so the folder is in the temporary folder.
fn gpg(folder: &Path, keyring: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new("gpg");
    command.args([
        "--batch",
        "--yes",
        "--no-tty",
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        "",
        "--trust-model",
        "always",
        "--homedir",
    ]);
    command.arg(keyring).args(arguments).current_dir(folder);
    ran(command.output().expect("gpg is installed"))
}

fn keyring() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("g").permissions(fs::Permissions::from_mode(0o700)).tempdir_in("/tmp").unwrap()
}

#[test]
fn gpg_accepts_what_is_signed_here() {
    for algorithm in ["ed25519", "rsa3072"] {
        let (home, ring) = (home_with_key(algorithm), keyring());
        home.run(&["pgp", "sign", "--key", "keys/authorize-private.asc", "payment.xml"]).expect(0);
        gpg(&home.path(""), ring.path(), &["--import", "keys/authorize-public.asc"]).expect(0);
        gpg(&home.path(""), ring.path(), &["--verify", "payment.xml.asc", "payment.xml"]).expect(0);
        fs::write(home.path("payment.xml"), "changed").unwrap();
        assert_ne!(gpg(&home.path(""), ring.path(), &["--verify", "payment.xml.asc", "payment.xml"]).code, 0);
    }
}

#[test]
fn what_gpg_signs_is_accepted_here() {
    let (home, ring) = (Home::empty(), keyring());
    let folder = home.path("");
    fs::write(home.path("payment.xml"), b"bytes \x00\xff that are signed\n").unwrap();
    gpg(&folder, ring.path(), &["--quick-generate-key", "Eve <eve@example.test>", "rsa2048", "sign", "never"])
        .expect(0);
    gpg(&folder, ring.path(), &["--armor", "--output", "public.asc", "--export", "eve@example.test"]).expect(0);
    gpg(&folder, ring.path(), &["--armor", "--output", "private.asc", "--export-secret-keys", "eve@example.test"])
        .expect(0);
    gpg(
        &folder,
        ring.path(),
        &["--armor", "--digest-algo", "SHA256", "--output", "sig.asc", "--detach-sign", "payment.xml"],
    )
    .expect(0);
    for key in ["public.asc", "private.asc"] {
        let ran = home.run(&["pgp", "verify", "--key", key, "--signature", "sig.asc", "payment.xml"]).expect(0);
        assert!(ran.out.starts_with("GOOD signature by "), "{}", ran.out);
    }
    // Saved together with the mail around it: one block after text, for the signature and for the key. Text after it is
    // refused.
    for file in ["sig.asc", "public.asc"] {
        let mail = format!("Hello,\n\nas promised:\n{}", fs::read_to_string(home.path(file)).unwrap());
        fs::write(home.path(&format!("mail-{file}")), &mail).unwrap();
        fs::write(home.path(&format!("around-{file}")), mail + "\nRegards\n").unwrap();
    }
    let verify = |key: &str, signature: &str| {
        home.run(&["pgp", "verify", "--key", key, "--signature", signature, "payment.xml"])
    };
    verify("mail-public.asc", "mail-sig.asc").expect(0);
    assert!(verify("public.asc", "around-sig.asc").expect(1).err.contains("text outside the PGP SIGNATURE blocks"));
    assert!(verify("around-public.asc", "sig.asc").expect(1).err.contains("text outside"));
    home.run(&["pgp", "inspect", "mail-public.asc"]).expect(0);
    fs::write(home.path("payment.xml"), "changed").unwrap();
    let ran = home.run(&["pgp", "verify", "--key", "public.asc", "--signature", "sig.asc", "payment.xml"]).expect(1);
    assert!(ran.out.contains("BAD") && ran.out.contains("changed"), "{}", ran.out);
    let ran = home
        .run(&["pgp", "verify", "--key", "public.asc", "--signature", "sig.asc", "payment.xml", "--json"])
        .expect(1);
    assert_eq!(ran.json()["good"], false);
}

#[test]
fn keys_are_private_new_and_never_replaced() {
    let home = home_with_key("ed25519");
    for name in ["authorize-public.asc", "authorize-private.asc"] {
        let found = fs::metadata(home.path("keys").join(name)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let before = fs::read(home.path("keys/authorize-private.asc")).unwrap();
    let again = ["pgp", "generate", "--name", "Eve", "--email", "eve@example.test", "--output-dir", "keys"];
    assert!(home.run(&again).expect(1).err.contains("exists already"));
    assert_eq!(fs::read(home.path("keys/authorize-private.asc")).unwrap(), before);
}

#[test]
fn a_signature_is_armored_and_never_replaces_a_file() {
    let home = home_with_key("ed25519");
    let sign = ["pgp", "sign", "--key", "keys/authorize-private.asc", "payment.xml"];
    home.run(&sign).expect(0);
    assert!(fs::read_to_string(home.path("payment.xml.asc")).unwrap().starts_with("-----BEGIN PGP SIGNATURE-----"));
    assert!(home.run(&sign).expect(1).err.contains("exists already"));
    let ran =
        home.run(&["pgp", "sign", "--key", "keys/authorize-private.asc", "--output", "-", "payment.xml"]).expect(0);
    assert!(ran.out.starts_with("-----BEGIN PGP SIGNATURE-----"));
    assert!(
        home.run(&["pgp", "sign", "--key", "keys/authorize-public.asc", "-o", "x", "payment.xml"])
            .expect(1)
            .err
            .contains("no private key")
    );
    home.run(&["pgp", "sign", "--key", "missing.asc", "payment.xml"]).expect(1);
}

#[test]
fn a_locked_key_needs_its_passphrase() {
    let home = Home::empty();
    fs::write(home.path("payment.xml"), "pay").unwrap();
    fs::write(home.path("pass"), "a long passphrase\n").unwrap();
    fs::write(home.path("wrong"), "another one\n").unwrap();
    let arguments = [
        "pgp",
        "generate",
        "--name",
        "Eve",
        "--email",
        "eve@example.test",
        "--output-dir",
        "keys",
        "--passphrase-file",
        "pass",
    ];
    home.run(&arguments).expect(0);
    let sign = |more: &[&str]| {
        home.run(&[&["pgp", "sign", "--key", "keys/authorize-private.asc", "payment.xml"], more].concat())
    };
    assert!(sign(&[]).expect(1).err.contains("--passphrase-file"));
    assert!(sign(&["--passphrase-file", "wrong"]).expect(1).err.contains("wrong passphrase"));
    sign(&["--passphrase-file", "pass"]).expect(0);
    let info = home.run(&["pgp", "inspect", "keys/authorize-private.asc", "--json"]).expect(0).json();
    assert_eq!(
        (&info["locked"], &info["can_sign"], &info["algorithm"]),
        (&true.into(), &true.into(), &"ed25519".into())
    );
}
