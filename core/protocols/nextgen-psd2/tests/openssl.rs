//! The `openssl` command accepts the certificates issued here, and its output is readable here. All data is made by the
//! tests.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};

use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_nextgen_psd2::certificates::{
    AuthorityOptions, Certificate, CertificateHash, CertificateKind, IssueOptions, NameStyle, TestAuthority,
    trusted_issuer,
};

/// A folder for one test's files, in which openssl runs.
struct Openssl {
    folder: tempfile::TempDir,
}

impl Openssl {
    /// `None`, with the reason printed, if the `openssl` command is missing.
    fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            let required = std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_some();
            assert!(!required, "there is no openssl command on this machine");
            #[allow(clippy::print_stderr)]
            {
                eprintln!("skipped: there is no openssl command on this machine");
            }
            return None;
        }
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn try_run(&self, arguments: &str) -> Output {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    fn run(&self, arguments: &str) -> String {
        let output = self.try_run(arguments);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {log}{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[test]
fn openssl_accepts_what_is_issued() {
    let Some(openssl) = Openssl::new() else { return };
    let now = now_s();
    let authority = TestAuthority::create(&AuthorityOptions::new("Sandbox ø CA", now)).unwrap();
    openssl.write("ca.pem", authority.certificate().to_pem());
    openssl.run("verify -x509_strict -CAfile ca.pem ca.pem");
    for (kind, purpose) in
        [(CertificateKind::Qseal, "any"), (CertificateKind::Qwac, "sslclient"), (CertificateKind::Qwac, "sslserver")]
    {
        let order = IssueOptions { serial: Some(vec![0xd2, 0xb0, 0x4c]), ..IssueOptions::new(kind, now) };
        let issued = authority.issue(&order).unwrap();
        openssl.write("leaf.pem", &issued.certificate_pem);
        openssl.write("key.pem", issued.private_key_pem.as_bytes());
        openssl.run(&format!("verify -x509_strict -purpose {purpose} -CAfile ca.pem leaf.pem"));
        assert_eq!(openssl.run("x509 -in leaf.pem -noout -serial"), "serial=D2B04C");
        let text = openssl.run("x509 -in leaf.pem -noout -text");
        for word in ["qcStatements", "X509v3 Certificate Policies", "CA:FALSE", "PSDNO-FSA-987654321"] {
            assert!(text.contains(word), "{word}: {text}");
        }
        let issuer = openssl.run("x509 -in leaf.pem -noout -issuer -nameopt RFC2253,-esc_msb,utf8,sname");
        let ours = issued.certificate.issuer().to_text(NameStyle::Rfc2253Named);
        assert_eq!(issuer.strip_prefix("issuer="), Some(ours.as_str()));
        // The key issued with it is the certified one.
        let key = SigningKey::from_pem(&issued.private_key_pem, None).unwrap();
        openssl.write("text", "some text");
        openssl.write("signature", key.sign_pkcs1(Hash::Sha512, b"some text").unwrap());
        openssl.write("public.pem", openssl.run("x509 -in leaf.pem -noout -pubkey"));
        openssl.run("dgst -sha512 -verify public.pem -signature signature text");
    }
    let namesake = TestAuthority::create(&AuthorityOptions::new("Sandbox ø CA", now)).unwrap();
    openssl.write("leaf.pem", namesake.issue(&IssueOptions::new(CertificateKind::Qseal, now)).unwrap().certificate_pem);
    assert!(!openssl.try_run("verify -CAfile ca.pem leaf.pem").status.success());
}

/// T-068: certificates that the library itself cannot make.
#[test]
fn what_openssl_makes_is_read() {
    let Some(openssl) = Openssl::new() else { return };
    let make = |key: &str, hash: &str| {
        openssl.write("key.pem", openssl.run(key));
        openssl
            .run(&format!("req -x509 -new -key key.pem {hash} -subj /C=NO/O=Made,by;hand/CN=x -days 3 -out made.pem"));
        Certificate::from_pem(&openssl.read("made.pem")).unwrap()
    };
    let rsa = "genrsa 2048";
    for (hash, read) in [
        ("-sha256", CertificateHash::Sha256),
        ("-sha384", CertificateHash::Sha384),
        ("-sha512", CertificateHash::Sha512),
        ("-sha1", CertificateHash::Other("1.2.840.113549.1.1.5".to_owned())),
    ] {
        let made = make(rsa, hash);
        assert_eq!(made.signature_hash(), read);
        assert_eq!(made.is_issued_by(&made), hash != "-sha1", "{hash}");
        assert_eq!(made.issuer().to_text(NameStyle::Rfc2253), "CN=x,O=Made\\,by\\;hand,C=NO");
        assert!(
            trusted_issuer([&made], now_s()).is_err(),
            "openssl's authority does not say that it may sign certificates"
        );
    }
    let small = make("genrsa 1024", "-sha256");
    assert_eq!(small.key().unwrap().bits(), 1024);
    assert!(!small.is_issued_by(&small), "too small to be believed");
    let exponent = make("genrsa -3 2048", "-sha256");
    assert!(!exponent.key().unwrap().exponent_is_at_least_65537_and_odd());
    let ec = make("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "-sha256");
    assert!(ec.key().is_err() && !ec.is_issued_by(&ec));
    assert_eq!(ec.signature_hash(), CertificateHash::Sha256);
}

#[test]
fn an_authority_made_by_openssl_issues() {
    let Some(openssl) = Openssl::new() else { return };
    openssl.write(
        "ca.cnf",
        "[req]\ndistinguished_name=dn\nx509_extensions=ca\nprompt=no\nutf8=yes\nstring_mask=utf8only\n\
         [dn]\nC=NO\nL=Tromsø\norganizationIdentifier=NTRNO-1\nCN=By openssl\n\
         [ca]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n",
    );
    openssl.run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -config ca.cnf -days 30 -out ca.pem");
    let authority = TestAuthority::from_pem(&openssl.read("ca.pem"), &openssl.read("ca.key")).unwrap();
    let now = now_s();
    let issued = authority.issue(&IssueOptions::new(CertificateKind::Qseal, now)).unwrap();
    openssl.write("leaf.pem", &issued.certificate_pem);
    openssl.run("verify -x509_strict -CAfile ca.pem leaf.pem");
    assert!(issued.certificate.is_issued_by(authority.certificate()));
    assert_eq!(trusted_issuer([authority.certificate()], now), Ok(authority.certificate()));
}
