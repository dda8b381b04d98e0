//! Says how it stands with a customer's certificate (§6.1).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_renewal::{CertificateLife, RenewalDue};
use bankchannel_sepa_web_services::errors;
use bankchannel_transport::background;

pub use super::certificate_attention::CertificateAttention;
use super::{Flow, certificate_attention::WatchedIdentity, certificates_flow, channel::FileFlowSteps};
use crate::{
    CallOptions,
    sepa_web_services::{SepaWebServices, bank_knowledge::SeenSigner, sender::FileServiceSender, trust},
};

/// A request has nothing to say.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct CertificateStatusRequest {}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum BankCertificateState {
    /// There is none: `enrol` asks for the first one.
    None,
    /// One is asked for; what the bank has done is not known yet, or nothing was sent.
    Pending,
    /// A new one is there and was not used with success yet; the old one, if it holds, signs files meanwhile.
    Switching,
    /// One is in use.
    Active,
    /// It has ended.
    Ended,
    /// Nothing is tried until a person has acted.
    Stopped,
}

/// How it stands with the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CertificateStatusResponse {
    /// The state.
    pub state: BankCertificateState,
    /// The serial number of the certificate that signs, hex.
    pub serial: Option<String>,
    /// Until when it holds.
    pub not_after: Option<Timestamp>,
    /// When the next step is due: a renewal, another attempt, a trial. Left out if a person has to act.
    pub next_step_at: Option<Timestamp>,
    /// What a person has to do. Left out if nothing.
    pub person: Option<String>,
    /// The days that are left, if the certificate ends within thirty.
    pub days_left: Option<u32>,
    /// Since when the attempt is under way.
    pub attempt_begun_at: Option<Timestamp>,
    /// How often its request was sent.
    pub attempt_sent: Option<u32>,
    /// The number of replaced certificates that are still kept.
    pub retired: u32,
    /// The certificates with which the bank has signed so far, the newest last.
    pub bank_signers: Vec<BankSignerSeen>,
    /// What a person should know before it is too late: a certificate that ends within thirty days, trusted authorities that
    /// end within ninety, a passphrase that does not open the key, a job that does not run.
    pub warnings: Vec<String>,
    /// When `renew` ran last; left out if never.
    pub job_ran_at: Option<Timestamp>,
    /// What somebody should look at, for monitoring, the most urgent first; empty if all is well.
    pub attention: Vec<CertificateAttention>,
}

/// A certificate with which the bank has signed.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankSignerSeen {
    /// Its name.
    pub subject: String,
    /// Its serial number, hex.
    pub serial: String,
    /// SHA-256 of it, hex.
    pub sha256: String,
    /// Until when it holds.
    pub not_after: Timestamp,
    /// When it was seen first.
    pub seen_at: Timestamp,
}

impl BankSignerSeen {
    fn from_seen(seen: &SeenSigner) -> Self {
        Self {
            subject: seen.subject.clone(),
            serial: seen.serial.clone(),
            sha256: seen.sha256.clone(),
            not_after: Timestamp::from_ms(seen.not_after_s * 1000),
            seen_at: Timestamp::from_ms(seen.seen_s * 1000),
        }
    }
}

impl CertificateStatusResponse {
    /// The status of a client's certificates in this state.
    ///
    /// # Errors
    /// Those of reading the anchors.
    pub(super) async fn read(client: &SepaWebServices, options: &CallOptions) -> Result<Self> {
        let (sender, now_s, rules) = (client.sender()?, client.now_s(), client.sender()?.rules_of_renewal());
        let anchors = sender.trust.anchors(options).await?;
        let identity = sender.identity()?.clone();
        let looked = background::blocking(move || -> Result<_> {
            let (life, job_ran_s) = (identity.life()?, identity.job_ran_s());
            let watched = WatchedIdentity { folder: &identity, life: &life, job_ran_s, rules, now_s };
            let (attention, warnings) = watched.look();
            Ok((life, job_ran_s, attention, warnings))
        });
        let (life, job_ran_s, attention, warnings) =
            looked.await.map_err(|why| why.error("reading the identity was aborted"))??;
        let mut status = Self::of_life(sender, &life, now_s);
        status.job_ran_at = job_ran_s.map(|at_s| Timestamp::from_ms(at_s * 1000));
        (status.attention, status.warnings) = (attention, warnings);
        if let Some(days) = status.days_left {
            let next = match (&status.person, &status.next_step_at) {
                (Some(person), _) => person.clone(),
                (None, Some(at)) => format!("the next step of its renewal is due at {}", at.as_str()),
                (None, None) => "its renewal is not due yet".to_owned(),
            };
            status.warnings.push(format!("the certificate ends in {days} days: {next}"));
        }
        let before = status.warnings.len();
        status.warnings.extend(trust::ending(&anchors, now_s).map(|anchor| trust::warning(anchor, now_s)));
        if status.warnings.len() > before {
            status.attention.push(CertificateAttention::AnchorEnds);
        }
        status.attention.sort_by(|one, other| other.cmp(one));
        status.attention.dedup();
        Ok(status)
    }

    fn of_life(sender: &FileServiceSender, life: &CertificateLife, now_s: i64) -> Self {
        let usable = life.usable(now_s);
        let (next_step_at, person) = match life.due(sender.rules_of_renewal(), now_s) {
            RenewalDue::Nothing(at) => (at.map(|at| Timestamp::from_ms(at * 1000)), None),
            RenewalDue::Person(why) => (None, Some(why)),
            RenewalDue::Begin(_) | RenewalDue::Send(_) | RenewalDue::Try(_) => {
                (Some(Timestamp::from_ms(now_s * 1000)), None)
            }
        };
        let state = match () {
            () if life.stopped.is_some() => BankCertificateState::Stopped,
            () if life.attempt.is_some() => BankCertificateState::Pending,
            () if life.switching.is_some() => BankCertificateState::Switching,
            () if usable.is_some() => BankCertificateState::Active,
            () if life.active.is_some() => BankCertificateState::Ended,
            () => BankCertificateState::None,
        };
        let days = |not_after_s: i64| u32::try_from((not_after_s - now_s).max(0) / 86_400).unwrap_or(u32::MAX);
        Self {
            state,
            serial: usable.map(|pair| pair.serial.clone()),
            not_after: usable.map(|pair| Timestamp::from_ms(pair.not_after_s * 1000)),
            next_step_at,
            person,
            days_left: usable.map(|pair| days(pair.not_after_s)).filter(|days| *days <= 30),
            attempt_begun_at: life.attempt.as_ref().map(|attempt| Timestamp::from_ms(attempt.begun_s * 1000)),
            attempt_sent: life.attempt.as_ref().map(|attempt| attempt.sent),
            retired: u32::try_from(life.retired.len()).unwrap_or(u32::MAX),
            bank_signers: sender.seen_signers().iter().map(BankSignerSeen::from_seen).collect(),
            warnings: Vec::new(),
            job_ran_at: None,
            attention: Vec::new(),
        }
    }
}

/// Show how it stands with the certificate in `identity_dir`: its state, its end, the next step, what a person has to do.
///
/// Nothing is sent, and nothing changes.
#[derive(Debug, Operation)]
#[operation(CertificateStatusRequest => CertificateStatusResponse)]
#[declaration(commands: COMMANDS, ..certificates_flow("sepa_web_services.certificate_status"))]
#[errors(errors::NOT_OFFERED)]
pub struct CertificateStatus;

const EXAMPLES: &str = "Examples:
  bankchannel sepa status --settings op.json
  bankchannel sepa status --settings op.json --check --json | jq .attention

Exit codes with --check, of the most urgent that applies:
   0  all is well
  10  a trusted authority ends within ninety days
  11  a step is due that `renew` takes
  12  `renew` has not run for three days
  13  the last attempt has failed, or its end is not known
  14  the certificate ends within thirty days, or is in its last quarter
  15  a person has to act
   1  the check itself has failed: the settings or the folder cannot be read";

/// What needs attention, each with its exit code for monitoring.
const WATCHED: WatchedList = WatchedList {
    option: "check",
    help: "For monitoring: the exit code says whether somebody should look; nothing is sent or changed",
    list: "attention",
    codes: &[
        ("anchor_ends", 10),
        ("due", 11),
        ("job_has_not_run", 12),
        ("failed", 13),
        ("ends_soon", 14),
        ("person", 15),
    ],
    other: 15,
};

const COMMANDS: &[Command] = &[Command::named("status")
    .with_examples(EXAMPLES)
    .with_form(&CommandForm { output: CommandOutput::Watched(&WATCHED), ..CommandForm::new("") })];

impl Flow<SepaWebServices> for CertificateStatus {
    async fn run(
        client: &SepaWebServices,
        _request: CertificateStatusRequest,
        options: &CallOptions,
    ) -> Result<CertificateStatusResponse> {
        FileFlowSteps::begin(client, options)?;
        CertificateStatusResponse::read(client, options).await
    }
}
