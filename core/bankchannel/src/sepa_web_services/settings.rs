//! A company's settings for one bank: one declaration for every language.

use std::time::Duration;

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{Error, Result, Secret, model::Boundary};
use bankchannel_pkcs11::Pkcs11Settings;
use bankchannel_sepa_web_services::{
    codec::FileServiceConnection,
    profile::{self, BankEnvironment, ChannelProfile},
    verify::{DocumentRecipient, VerificationRules},
};
use bankchannel_transport::{TransportSettings, check_base_url};

use super::{
    SepaWebServices,
    bank_address::{BankAddress, ClientAddress, check_no_tests},
    identity::IdentityFolder,
    revocation::{RevocationCheck, RevocationSource},
    setting_pairs::{anchors_of, bank_encryption_of, pair_of, recipient_of, sender_pair_of},
    trust::ReadSources,
};
use crate::{
    ConnectionSettings, KeySources,
    client::{
        client_settings,
        keys::{SettingSource, excluded},
        signer::KeySigner,
    },
};

/// The language of a bank's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum BankTextLanguage {
    /// English: the default.
    #[default]
    #[boundary("en")]
    English,
    /// Finnish.
    #[boundary("fi")]
    Finnish,
    /// Swedish.
    #[boundary("sv")]
    Swedish,
}

impl BankTextLanguage {
    /// The word in a request.
    fn word(self) -> &'static str {
        match self {
            Self::English => "EN",
            Self::Finnish => "FI",
            Self::Swedish => "SV",
        }
    }
}

/// The settings of a company's client of one bank. All are optional: operations that only compute need none. To send,
/// the bank, the customer's id, a certificate and its key are needed.
#[derive(Debug, Clone, Default, Boundary)]
pub struct SepaWebServicesSettings {
    /// The bank, such as `nordea`: one of `list_profiles`.
    #[boundary(gives = "profile")]
    pub bank: Option<String>,
    /// A profile of your own in place of `bank`.
    #[boundary(gives = "profile")]
    pub profile: Option<ChannelProfile>,
    /// A file with a profile of your own, JSON.
    #[boundary(gives = "profile")]
    pub profile_file: Option<String>,
    /// Which of the bank's environments. Default: `production`.
    pub environment: Option<BankEnvironment>,
    /// The address of the bank's file service, in place of the profile's. Plain HTTP is accepted for loopback addresses
    /// only.
    pub file_url: Option<String>,
    /// The address of the bank's certificate service, in place of the profile's. Plain HTTP is accepted for loopback
    /// addresses only.
    pub certificate_url: Option<String>,
    /// The customer's id at the bank, at most 16 characters. Its certificate signs documents.
    pub customer_id: Option<String>,
    /// The sender's id, at most 35 characters, if another party sends. Default: `customer_id`.
    pub sender_id: Option<String>,
    /// The part of the agreement that files belong to, for requests that name none, at most 80 characters.
    pub target_id: Option<String>,
    /// The company's name as it stands in the agreement, letter by letter, for certificates of banks that want it (Nordea).
    /// Default of a renewal: the name with which the present certificate was asked for.
    pub company: Option<String>,
    /// The bank as requests name it, at most 35 characters. Default: as the profile says.
    pub receiver_id: Option<String>,
    /// The language of the bank's texts. Default: `en`.
    pub language: Option<BankTextLanguage>,
    /// The name of your program, at most 80 characters; banks see it. Default: `bankchannel` with its version.
    pub software_id: Option<String>,
    /// The customer's certificate as PEM text.
    #[boundary(gives = "certificate")]
    pub certificate: Option<String>,
    /// A file with the customer's certificate.
    #[boundary(gives = "certificate")]
    pub certificate_file: Option<String>,
    /// The certificate's private key as PEM text, PKCS#8 or PKCS#1. Without it, each call asks for its signatures.
    #[boundary(gives = "private_key")]
    pub private_key: Option<Secret>,
    /// Other sources of the private key.
    #[boundary(flatten)]
    pub key: KeySources,
    /// The sender's certificate as PEM text, if another party sends. Default: the customer's.
    #[boundary(gives = "sender_certificate")]
    pub sender_certificate: Option<String>,
    /// A file with the sender's certificate.
    #[boundary(gives = "sender_certificate")]
    pub sender_certificate_file: Option<String>,
    /// The private key of the sender's certificate as PEM text.
    #[boundary(gives = "sender_private_key")]
    pub sender_private_key: Option<Secret>,
    /// A file with the sender's private key.
    #[boundary(gives = "sender_private_key")]
    pub sender_private_key_file: Option<String>,
    /// A PKCS#12 file with the sender's certificate and private key.
    #[boundary(gives = "sender_certificate", gives = "sender_private_key")]
    pub sender_keystore_file: Option<String>,
    /// The passphrase of the sender's private key or PKCS#12 file.
    pub sender_passphrase: Option<Secret>,
    /// The certificate of the customer's key that decrypts, as PEM text, at banks that encrypt (Danske).
    #[boundary(gives = "encryption_certificate")]
    pub encryption_certificate: Option<String>,
    /// A file with that certificate.
    #[boundary(gives = "encryption_certificate")]
    pub encryption_certificate_file: Option<String>,
    /// The private key that decrypts as PEM text, PKCS#8 or PKCS#1. It belongs to `encryption_certificate`.
    #[boundary(gives = "encryption_private_key")]
    pub encryption_private_key: Option<Secret>,
    /// A file with the private key that decrypts.
    #[boundary(gives = "encryption_private_key")]
    pub encryption_private_key_file: Option<String>,
    /// The private key that decrypts in an HSM or on a smart card, instead of `encryption_private_key`. It must not ask for the
    /// PIN at each use.
    #[boundary(gives = "encryption_private_key")]
    pub encryption_pkcs11: Option<Pkcs11Settings>,
    /// A PKCS#12 file with the certificate and the private key that decrypts.
    #[boundary(gives = "encryption_certificate", gives = "encryption_private_key")]
    pub encryption_keystore_file: Option<String>,
    /// The passphrase of that private key or PKCS#12 file.
    pub encryption_passphrase: Option<Secret>,
    /// The bank's certificate for encryption, as PEM text, at banks that encrypt. Default: the bank is asked for it, and its answer
    /// must lead to its root.
    #[boundary(gives = "bank_encryption_certificate")]
    pub bank_encryption_certificate: Option<String>,
    /// A file with the bank's certificate for encryption.
    #[boundary(gives = "bank_encryption_certificate")]
    pub bank_encryption_certificate_file: Option<String>,
    /// A folder with the customer's keys and certificates, in place of certificate and key: `enrol` and `renew` keep them
    /// there, and every call signs with the pair that holds. Made with mode 0700; one customer at one bank for each folder.
    /// `passphrase` encrypts its keys.
    #[boundary(gives = "certificate", gives = "private_key")]
    pub identity_dir: Option<String>,
    /// Certificates of authorities that are trusted beside the profile's, as PEM text, one after the other.
    #[boundary(gives = "trusted")]
    pub trusted: Option<String>,
    /// A file with such certificates.
    #[boundary(gives = "trusted")]
    pub trusted_file: Option<String>,
    /// A folder with files of such certificates (`.pem`, `.crt`, `.cer`), which `add_anchor` and `remove_anchor` change; read
    /// anew while the client runs, as `trusted_file` is. Default: `anchors` in `identity_dir`.
    pub anchors_dir: Option<String>,
    /// The address of the revocation list of the bank's authority, in place of the profile's. Plain HTTP will do: the authority
    /// has signed the list.
    pub crl_url: Option<String>,
    /// What happens if the revocation list cannot be had. Default: `soft_fail`.
    pub crl_check: Option<RevocationCheck>,
    /// The connection to the bank.
    #[boundary(flatten)]
    pub connection: ConnectionSettings,
}

client_settings!(SepaWebServicesSettings, SepaWebServices, "SEPA_WEB_SERVICES_");

/// A certificate, and its key if it is at hand.
#[derive(Clone)]
pub(super) struct SigningPair {
    pub(super) certificate: Certificate,
    pub(super) signer: Option<KeySigner>,
    /// Who decrypts answers, at banks that encrypt: the present key first.
    pub(super) recipients: Vec<DocumentRecipient>,
}

/// The settings with their files read.
pub(super) struct ReadyCustomer {
    /// The profile, if a bank is named.
    pub(super) profile: Option<ChannelProfile>,
    settings: SepaWebServicesSettings,
    content: Option<SigningPair>,
    sender: Option<SigningPair>,
    /// How answers are verified; the anchors are those of the client.
    pub(super) rules: VerificationRules,
    pub(super) anchors: ReadSources,
    transport: Option<TransportSettings>,
    certificate_transport: Option<TransportSettings>,
    /// The bank that one of the addresses belongs to; `None` for addresses of one's own.
    pub(super) asks_bank: Option<BankAddress>,
    /// The passphrase of the keys in `identity_dir`.
    identity_passphrase: Option<Secret>,
    /// The bank's certificate for encryption, if it was given.
    pub(super) bank_encryption: Option<Certificate>,
    /// Where the revocation list of the bank's authority is.
    pub(super) revocation: Option<RevocationSource>,
}

/// Why no recording answers.
const UNREPLAYABLE: &str = "is not for SEPA Web Services: a bank's answer is signed for one request, whose id and time are \
    new each time, and is believed for no other; for tests use the sandbox bank, sepa-bank";

/// The name of this program in requests.
const SOFTWARE: &str = concat!("bankchannel ", env!("CARGO_PKG_VERSION"));

impl ReadyCustomer {
    pub(super) fn from_settings(mut settings: SepaWebServicesSettings) -> Result<Self> {
        if settings.connection.replay_from.is_some() {
            return Err(Error::invalid_setting("replay_from", UNREPLAYABLE));
        }
        let profile = profile_of(&settings)?;
        let environment = settings.environment.unwrap_or_default();
        let identity_passphrase = settings.key.passphrase.clone().filter(|_| settings.identity_dir.is_some());
        let recipient = recipient_of(&mut settings)?;
        if recipient.is_some() && settings.identity_dir.is_some() {
            return Err(excluded("identity_dir", "encryption_certificate"));
        }
        let bank_encryption = bank_encryption_of(&mut settings)?;
        let recipients: Vec<_> = recipient.into_iter().collect();
        let content = pair_of(&mut settings)?.map(|pair| SigningPair { recipients, ..pair });
        if content.is_some() && settings.identity_dir.is_some() {
            return Err(excluded("identity_dir", "certificate"));
        }
        let encrypts = profile.as_ref().is_some_and(|profile| profile.document_encryption.is_some());
        if let (true, Some(pair)) = (encrypts, &content)
            && let Some(why) = pair.certificate.why_unfit_to_sign(i64::MIN)
        {
            return Err(Error::invalid_setting("certificate", why));
        }
        let sender = sender_pair_of(&mut settings)?;
        let mut anchors = anchors_of(&mut settings)?;
        let mut rules = VerificationRules::default();
        let (mut transport, mut certificate_transport, mut asks_bank) = (None, None, None);
        let mut crl_url = settings.crl_url.clone();
        if let Some(profile) = &profile {
            anchors.profile = profile.anchors_of(environment)?;
            rules.intermediates = profile.intermediates()?;
            rules.allows_sha1 = profile.allows_sha1_answers.unwrap_or_default();
            rules.signers = Some(profile.signers.clone().unwrap_or_default());
            rules.family = profile.family;
            rules.own = [&content, &sender].into_iter().flatten().map(|pair| pair.certificate.clone()).collect();
            let file_url = settings.file_url.clone().or_else(|| profile.file_url_of(environment).map(str::to_owned));
            // The bank's own does not go with a file service elsewhere: a code must not end up there.
            let is_elsewhere = settings.file_url.is_some();
            let of_profile = || profile.certificate_url_of(environment).filter(|_| !is_elsewhere).map(str::to_owned);
            let certificate_url = settings.certificate_url.clone().or_else(of_profile);
            let list_of_profile = || profile.crl_url_of(environment).filter(|_| !is_elsewhere).map(str::to_owned);
            crl_url = crl_url.or_else(list_of_profile);
            asks_bank = [
                ("file_url", &file_url, settings.file_url.is_some()),
                ("certificate_url", &certificate_url, settings.certificate_url.is_some()),
            ]
            .into_iter()
            .find_map(|(setting, url, is_given)| {
                BankAddress::at(&ClientAddress { setting, url: url.as_deref()?, is_given }, profile)
            });
            let to = |url: Option<String>| url.map(|url| settings.connection.transport(url)).transpose();
            (transport, certificate_transport) = (to(file_url)?, to(certificate_url)?);
        } else if settings.file_url.is_some() || settings.certificate_url.is_some() {
            return Err(Error::invalid_setting(
                "bank",
                "is missing: an address alone does not say which bank's rules hold",
            ));
        }
        let check = settings.crl_check.unwrap_or_default();
        let revocation = match (&transport, &certificate_transport) {
            (None, None) => None,
            _ => RevocationSource::new(check, crl_url, &settings.connection)?,
        };
        let anchors = ReadSources::new(anchors)?;
        if let Some(asked) = asks_bank.as_ref().filter(|_| settings.customer_id.is_some()) {
            check_no_tests(&settings, asked, environment, &anchors, [&content, &sender], bank_encryption.as_ref())?;
        }
        Ok(Self {
            profile,
            asks_bank,
            settings,
            content,
            sender,
            rules,
            anchors,
            transport,
            certificate_transport,
            identity_passphrase,
            bank_encryption,
            revocation,
        })
    }

    /// The address of the file service, as it may be shown.
    pub(super) fn file_url(&self) -> Option<&str> {
        let url = self.transport.as_ref().map(|transport| &*transport.base_url)?;
        check_base_url(url).is_ok().then(|| url.trim().trim_end_matches('/'))
    }

    /// Whether a bank is configured.
    pub(super) fn sends(&self) -> bool {
        let has_address = self.transport.is_some() || self.certificate_transport.is_some();
        has_address && self.settings.customer_id.is_some()
    }

    /// The transport settings for the bank.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the missing setting.
    pub(super) fn transport(&self) -> Result<&TransportSettings> {
        let missing = |setting: &str, why: &str| Err(Error::invalid_setting(setting, why));
        let Some(profile) = &self.profile else {
            return missing("bank", "is missing: it names the bank, such as op; list_profiles shows which there are");
        };
        let Some(transport) = &self.transport else {
            let bank = profile.bank.as_deref().unwrap_or("this bank");
            return missing(
                "file_url",
                &format!("is missing: the profile has no address of {bank} for this environment"),
            );
        };
        if self.settings.customer_id.is_none() {
            return missing("customer_id", "is missing: the bank knows the customer by it");
        }
        Ok(transport)
    }

    /// The transport settings for the bank's certificate service.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the missing setting.
    pub(super) fn certificate_transport(&self) -> Result<&TransportSettings> {
        self.certificate_transport.as_ref().ok_or_else(|| {
            let bank = self.profile.as_ref().and_then(|profile| profile.bank.as_deref()).unwrap_or("this bank");
            let why = match self.settings.file_url {
                Some(_) => format!("is missing: with a file_url of your own, that of {bank} is not used"),
                None => format!("is missing: the profile has no certificate service of {bank} for this environment"),
            };
            Error::invalid_setting("certificate_url", why)
        })
    }

    /// The customer at the bank.
    pub(super) fn connection(&self) -> Result<FileServiceConnection> {
        let Some(customer_id) = self.settings.customer_id.clone().filter(|_| self.profile.is_some()) else {
            return Err(self.transport().err().unwrap_or_else(|| Error::invalid_setting("customer_id", "is missing")));
        };
        self.connection_of(customer_id, self.settings.target_id.clone())
    }

    /// This customer at the bank.
    pub(super) fn connection_of(
        &self,
        customer_id: String,
        target_id: Option<String>,
    ) -> Result<FileServiceConnection> {
        let (settings, profile) = (&self.settings, self.profile.clone().unwrap_or_default());
        let of_profile = || profile.receiver_id.clone();
        let receiver_id = settings.receiver_id.clone().or_else(of_profile).or_else(|| target_id.clone());
        let receiver_id = receiver_id.ok_or_else(|| {
            Error::invalid_setting("receiver_id", "is missing: neither the profile nor target_id gives one")
        })?;
        for (field, value, max) in [
            ("customer_id", Some(&customer_id), 16),
            ("sender_id", settings.sender_id.as_ref(), 35),
            ("target_id", target_id.as_ref(), 80),
            ("receiver_id", Some(&receiver_id), 35),
            ("software_id", settings.software_id.as_ref(), 80),
        ] {
            let Some(value) = value else { continue };
            if value.is_empty() || value.chars().count() > max || value.chars().any(char::is_control) {
                let why = format!("must have 1 to {max} characters, none of them a control character");
                return Err(Error::invalid_setting(field, why));
            }
        }
        for (field, value) in [("customer_id", Some(&customer_id)), ("sender_id", settings.sender_id.as_ref())] {
            let Some(why) = value.and_then(|value| profile.why_no_id(value)) else { continue };
            return Err(Error::invalid_setting(field, why));
        }
        Ok(FileServiceConnection {
            profile,
            environment: settings.environment.unwrap_or_default(),
            sender_id: settings.sender_id.clone().unwrap_or_else(|| customer_id.clone()),
            customer_id,
            target_id,
            receiver_id,
            language: settings.language.unwrap_or_default().word().to_owned(),
            software_id: settings.software_id.clone().unwrap_or_else(|| SOFTWARE.to_owned()),
        })
    }

    /// The company's name, where the settings have it.
    pub(super) fn company(&self) -> Option<&str> {
        self.settings.company.as_deref()
    }

    /// The folder with the customer's keys and certificates.
    pub(super) fn identity(&self) -> Result<Option<IdentityFolder>> {
        let Some(folder) = &self.settings.identity_dir else { return Ok(None) };
        let connection = self.connection()?;
        let bank = connection.profile.name.clone().or(connection.profile.bank.clone()).unwrap_or_default();
        let environment = match connection.environment {
            BankEnvironment::Test => "test",
            _ => "production",
        };
        let passphrase = self.identity_passphrase.clone();
        Ok(Some(IdentityFolder::new(folder, format!("{bank}/{environment}"), connection.customer_id, passphrase)))
    }

    /// The customer's pair, and the sender's.
    pub(super) fn pairs(&self) -> Result<(SigningPair, SigningPair)> {
        let content = self.content.clone().ok_or_else(|| {
            Error::invalid_setting("certificate", "is missing: requests are signed with the customer's certificate")
        })?;
        let sender = self.sender.clone().unwrap_or_else(|| content.clone());
        Ok((content, sender))
    }

    pub(super) fn exchange_timeout(&self) -> Option<Duration> {
        self.settings.connection.exchange_limit()
    }
}

/// The profile that the settings name.
fn profile_of(settings: &SepaWebServicesSettings) -> Result<Option<ChannelProfile>> {
    let read = |path: &String| {
        let read = ChannelProfile::from_file(path);
        read.map_err(|why| SettingSource::file("profile_file", path).unusable(&why))
    };
    let in_file = settings.profile_file.as_ref().map(read).transpose()?;
    match (&settings.bank, settings.profile.clone().or(in_file)) {
        (Some(_), Some(_)) => Err(excluded("profile", "bank")),
        (Some(name), None) => {
            let found = profile::named(name).map_err(|error| Error::invalid_setting("bank", error.message()))?;
            Ok(Some(found.clone()))
        }
        (None, Some(own)) => {
            own.resolved().map(Some).map_err(|error| Error::invalid_setting("profile", error.message()))
        }
        (None, None) => Ok(None),
    }
}
