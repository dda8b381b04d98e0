//! A fresh GnuPG home per test; its agent is stopped with it.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use bankchannel_openpgp::{GeneratedAlgorithm, KeyGeneration, OpenPgpPrivateKey, OpenPgpPublicKey, PublicKeyLimits};

/// GnuPG with its own home directory.
pub(crate) struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    pub(crate) fn new() -> Self {
        let home = tempfile::Builder::new().prefix("gpg").tempdir().unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(home.path(), private).unwrap();
        Self { home }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs gpg; returns the output regardless of its exit code.
    pub(crate) fn try_run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new("gpg")
            .env("GNUPGHOME", self.home())
            .env("LC_ALL", "C")
            .args(["--batch", "--yes", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""])
            .args(["--trust-model", "always", "--status-fd", "2"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gpg is needed for this test: apt-get install gnupg");
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            // gpg may stop reading early when it refuses something.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }

    /// Runs gpg, which must succeed; returns its standard output.
    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.try_run(arguments, input);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gpg {arguments:?}: {log}");
        output.stdout
    }

    /// Makes a key that is not locked; returns its fingerprint. `lifetime` in gpg's format: `never`, `1d`.
    pub(crate) fn generate(&self, user: &str, algorithm: &str, usage: &str, lifetime: &str, extra: &[&str]) -> String {
        let before = self.fingerprints();
        let mut arguments = extra.to_vec();
        arguments.extend(["--quick-gen-key", user, algorithm, usage, lifetime]);
        self.run(&arguments, b"");
        self.fingerprints().into_iter().find(|fingerprint| !before.contains(fingerprint)).unwrap()
    }

    /// Fingerprints of all primary keys.
    pub(crate) fn fingerprints(&self) -> Vec<String> {
        let listing = self.try_run(&["--with-colons", "--list-keys"], b"").stdout;
        let listing = String::from_utf8(listing).unwrap();
        let mut lines = listing.lines();
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            if line.starts_with("pub:") {
                let line = lines.find(|line| line.starts_with("fpr:")).unwrap();
                found.push(line.split(':').nth(9).unwrap().to_owned());
            }
        }
        found
    }

    pub(crate) fn export(&self, fingerprint: &str) -> OpenPgpPublicKey {
        let armored = self.run(&["--armor", "--export", fingerprint], b"");
        OpenPgpPublicKey::from_armored(&armored, PublicKeyLimits::default()).unwrap()
    }

    pub(crate) fn sign(&self, fingerprint: &str, document: &[u8], extra: &[&str]) -> Vec<u8> {
        let mut arguments = extra.to_vec();
        arguments.extend(["--armor", "--local-user", fingerprint, "--detach-sign"]);
        self.run(&arguments, document)
    }

    /// The agent's identifier of the secret of a key or subkey.
    pub(crate) fn keygrip(&self, fingerprint: &str) -> String {
        let listing = self.try_run(&["--with-colons", "--with-keygrip", "--list-keys"], b"").stdout;
        let listing = String::from_utf8(listing).unwrap();
        let after = listing.split(&format!(":{fingerprint}:")).nth(1).unwrap();
        after.lines().find_map(|line| line.strip_prefix("grp:")).unwrap().trim_matches(':').to_owned()
    }

    /// Lets gpg's agent, which alone has the secret, sign a digest. Returns the raw signature: for RSA a number as long
    /// as `bytes`, for Ed25519 R and S of half that length.
    pub(crate) fn agent_signs(&self, fingerprint: &str, hash: &str, digest: &[u8], bytes: usize) -> Vec<u8> {
        use std::fmt::Write as _;
        let mut hex = String::new();
        digest.iter().for_each(|byte| write!(hex, "{byte:02X}").unwrap());
        let script = format!("SIGKEY {}\nSETHASH --hash={hash} {hex}\nPKSIGN\n", self.keygrip(fingerprint));
        let mut child = Command::new("gpg-connect-agent")
            .env("GNUPGHOME", self.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("gpg-connect-agent is needed for this test: apt-get install gnupg");
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap().stdout;
        let data: Vec<u8> = output
            .split(|&byte| byte == b'\n')
            .filter_map(|line| line.strip_prefix(b"D "))
            .flat_map(percent_decoded)
            .collect();
        // `(7:sig-val(3:rsa(1:s256:…)))` or `(7:sig-val(5:eddsa(1:r32:…)(1:s32:…)))`.
        match number(&data, "(1:r") {
            Some(r) => [padded(r, bytes / 2), padded(number(&data, "(1:s").unwrap(), bytes / 2)].concat(),
            None => padded(number(&data, "(1:s").unwrap_or_else(|| panic!("{output:?}")), bytes),
        }
    }

    /// gpg's verdict on a detached signature: its status lines.
    pub(crate) fn verify(&self, signature: &str, document: &[u8]) -> Output {
        let (sig, doc) = (self.home().join("s.asc"), self.home().join("d.bin"));
        std::fs::write(&sig, signature).unwrap();
        std::fs::write(&doc, document).unwrap();
        self.try_run(&["--verify", sig.to_str().unwrap(), doc.to_str().unwrap()], b"")
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf").env("GNUPGHOME", self.home()).args(["--kill", "all"]).status();
    }
}

fn percent_decoded(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            out.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            out.push(byte);
            rest = after;
        }
    }
    out
}

/// The bytes of a number in a canonical S-expression.
fn number<'a>(expression: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let start = expression.windows(name.len()).position(|window| window == name.as_bytes())? + name.len();
    let colon = start + expression[start..].iter().position(|&byte| byte == b':')?;
    let length: usize = std::str::from_utf8(&expression[start..colon]).ok()?.parse().ok()?;
    expression.get(colon + 1..colon + 1 + length)
}

fn padded(number: &[u8], bytes: usize) -> Vec<u8> {
    [vec![0; bytes - number.len()], number.to_vec()].concat()
}

pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

pub(crate) fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

/// A key of ours, made an hour ago.
pub(crate) fn our_key(algorithm: GeneratedAlgorithm, passphrase: Option<&str>) -> OpenPgpPrivateKey {
    OpenPgpPrivateKey::generate(KeyGeneration {
        name: "Synthetic Signer".into(),
        email: "signer@example.test".into(),
        algorithm,
        created: now() - Duration::from_secs(3600),
        expires: None,
        passphrase: passphrase.map(|text| text.to_owned().into()),
    })
    .unwrap()
}
