//! The bank's test authority and the certificates it issues: the bank's TLS certificate, and those of the third parties
//! (§4.6).
//!
//! ```text
//!   DATA/ca.pem ca.key          the authority
//!   DATA/server.pem server.key  the bank at 127.0.0.1, ::1 and localhost
//!   DATA/certificates/          ca.pem, and for each third party tpp1-qseal.pem, tpp1-qseal.key, tpp1-qwac.pem,
//!                               tpp1-qwac.key
//! ```
//!
//! Existing files are reused as long as certificate and key match and are valid at both the bank's clock and the system
//! clock: clients check against the system clock.

use std::path::{Path, PathBuf};

use bankchannel_foundation::{Error, Result};
use bankchannel_nextgen_psd2::certificates::{
    AuthorityOptions, Certificate, CertificateFault, CertificateFixture, CertificateKind, FIXTURES, IssueOptions,
    PARTS, Psd2Role, TestAuthority,
};
use zeroize::Zeroizing;

use bankchannel_server::{
    certificates::{CertificateFiles, LOCAL_HOSTS, write_certificates},
    folder::private_folder,
};

/// The authority's certificate: in the data folder, with a copy next to the third parties' certificates.
pub(crate) const CA: &str = "ca.pem";
/// The folder with the third parties' files, below the data folder.
pub(crate) const FOLDER: &str = "certificates";

const DAY_S: i64 = 86_400;
const YEARS_10_S: i64 = 3653 * DAY_S;
/// That of the bank's TLS certificate: macOS takes none that is valid for longer than 825 days.
const YEARS_2_S: i64 = 730 * DAY_S;
/// The authority is valid for longer than the certificates it issues.
const YEARS_20_S: i64 = 2 * YEARS_10_S;

/// The issuers of the certificates in the specification's test vectors (§2.10).
const SHEET_AUTHORITIES: [&str; 2] = [include_str!("anchors/authority-1.pem"), include_str!("anchors/authority-2.pem")];

/// The certificates of a bank.
pub(crate) struct BankCertificates {
    /// The authority's certificate.
    pub(crate) authority: Certificate,
    /// The bank's TLS certificate.
    pub(crate) server: Certificate,
    /// The key of `server`, PKCS#8 PEM.
    pub(crate) server_key: Zeroizing<String>,
    /// The third parties' certificates: QSEAL and QWAC alternate.
    pub(crate) third_parties: Vec<Certificate>,
    /// The file of the authority's certificate.
    pub(crate) ca_file: PathBuf,
    /// The folder of the third parties' files.
    pub(crate) folder: PathBuf,
}

/// The times at which certificates must be valid, seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CertificateTimes {
    /// The bank's clock.
    pub(crate) bank_s: i64,
    /// The system clock.
    pub(crate) system_s: i64,
}

impl CertificateTimes {
    /// The start of validity: one day before the earlier clock.
    fn begin_s(self) -> i64 {
        self.bank_s.min(self.system_s) - DAY_S
    }

    fn later_s(self) -> i64 {
        self.bank_s.max(self.system_s)
    }
}

impl BankCertificates {
    /// Reads the certificates in the data folder and creates those that are missing or no longer usable. Generating
    /// keys takes some seconds.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn prepare(data: &Path, now: CertificateTimes) -> Result<Self> {
        let folder = data.join(FOLDER);
        private_folder(&folder)?;
        let authority = authority(data, now)?;
        let ca_file = data.join(CA);
        write_certificates(&folder.join(CA), &authority.certificate().to_pem())?;
        let issuer = BankAuthority { authority: &authority, now };
        let (server, server_key) = issuer.keep_or_issue(CertificateFiles::new(data, "server"), &server(now))?;
        let mut third_parties = Vec::new();
        for fixture in &FIXTURES {
            let [qseal, qseal_key, qwac, qwac_key] = PARTS.map(|part| format!("{}{part}", fixture.prefix));
            for (kind, files) in
                [(CertificateKind::Qseal, (&*qseal, &*qseal_key)), (CertificateKind::Qwac, (&*qwac, &*qwac_key))]
            {
                let files = CertificateFiles { certificate: folder.join(files.0), key: folder.join(files.1) };
                third_parties.push(issuer.keep_or_issue(files, &third_party(fixture, kind, now))?.0);
            }
        }
        Ok(Self { authority: authority.certificate().clone(), server, server_key, third_parties, ca_file, folder })
    }
}

/// The files of the first third party: QSEAL certificate and key, QWAC and key.
pub(crate) fn of_first_third_party(folder: &Path) -> [String; 4] {
    PARTS.map(|part| folder.join(format!("{}{part}", FIXTURES[0].prefix)).display().to_string())
}

/// The issuers of the certificates in the specification's test vectors.
///
/// # Errors
/// `internal` when the built-in certificates cannot be read.
pub(crate) fn sheet_authorities() -> Result<Vec<Certificate>> {
    SHEET_AUTHORITIES.into_iter().map(|pem| Certificate::from_pem(pem).map_err(unissued)).collect()
}

fn authority(data: &Path, now: CertificateTimes) -> Result<TestAuthority> {
    let options = AuthorityOptions {
        organization: "Sandbox Bank ASA".to_owned(),
        not_before_s: now.begin_s(),
        not_after_s: now.later_s() + YEARS_20_S,
        ..AuthorityOptions::new("Sandbox Bank Test CA", now.bank_s)
    };
    let (certificate, key) =
        CertificateFiles::new(data, "ca").read_or_make(&[now.bank_s, now.system_s], Certificate::is_ca, || {
            let made = TestAuthority::create(&options).map_err(unissued)?;
            Ok((made.certificate().clone(), made.private_key_pem()))
        })?;
    TestAuthority::from_pem(&certificate.to_pem(), &key).map_err(unissued)
}

fn server(now: CertificateTimes) -> IssueOptions {
    IssueOptions {
        common_name: "Sandbox Bank".to_owned(),
        organization: "Sandbox Bank ASA".to_owned(),
        authorisation_number: "100000001".to_owned(),
        roles: vec![Psd2Role::As],
        dns_names: LOCAL_HOSTS.map(str::to_owned).to_vec(),
        not_after_s: now.later_s() + YEARS_2_S,
        ..valid(CertificateKind::Qwac, now)
    }
}

fn third_party(fixture: &CertificateFixture, kind: CertificateKind, now: CertificateTimes) -> IssueOptions {
    IssueOptions {
        common_name: fixture.name.to_owned(),
        organization: fixture.name.to_owned(),
        authorisation_number: fixture.number.to_owned(),
        roles: fixture.roles.to_vec(),
        ..valid(kind, now)
    }
}

fn valid(kind: CertificateKind, now: CertificateTimes) -> IssueOptions {
    IssueOptions {
        not_before_s: now.begin_s(),
        not_after_s: now.later_s() + YEARS_10_S,
        ..IssueOptions::new(kind, now.bank_s)
    }
}

struct BankAuthority<'a> {
    authority: &'a TestAuthority,
    now: CertificateTimes,
}

impl BankAuthority<'_> {
    /// Reads the certificate and key from these files, or issues new ones.
    fn keep_or_issue(
        &self,
        files: CertificateFiles,
        options: &IssueOptions,
    ) -> Result<(Certificate, Zeroizing<String>)> {
        let is_own = |certificate: &Certificate| certificate.is_issued_by(self.authority.certificate());
        files.read_or_make(&[self.now.bank_s, self.now.system_s], is_own, || {
            let issued = self.authority.issue(options).map_err(unissued)?;
            Ok((issued.certificate, issued.private_key_pem))
        })
    }
}

fn unissued(fault: CertificateFault) -> Error {
    Error::internal(format!("the bank's test certificates cannot be made: {fault}"))
}
