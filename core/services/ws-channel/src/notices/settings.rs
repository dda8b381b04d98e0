//! The settings of the ways out of the service, and their checks.

use std::time::Duration;

use bankchannel_foundation::{Error, Result, Secret, model::Boundary};
use bankchannel_transport::mail::{MailSecurity, MailSettings};

use super::NoticeChannel;
use crate::config::{DeliveryKind, ServiceConfig};

/// The shortest secret of a webhook.
const SECRET_LEAST: usize = 32;

/// The mail server.
#[derive(Debug, Clone, Boundary)]
pub struct SmtpSettings {
    /// Its name. Required.
    #[boundary(example = "mail.company.example")]
    pub host: Option<String>,
    /// Its port. Default: 465 with `tls`, 587 with `starttls`, 25 with `plain`.
    #[boundary(example = "587")]
    pub port: Option<u32>,
    /// How the connection is secured.
    #[boundary(default = "starttls")]
    pub security: SmtpSecurity,
    /// The user, if the server asks for one. Default: none.
    #[boundary(example = "bankchannel")]
    pub user: Option<String>,
    /// The user's password. Required with a user.
    #[boundary(example = "the-password")]
    pub password: Option<Secret>,
    /// The sender: an address, with a name before it or not. Required.
    #[boundary(example = "Payments <payments@company.example>")]
    pub from: Option<String>,
    /// A PEM file with more certificate authorities to trust there, beside the system's. Default: none.
    #[boundary(example = "/etc/bankchannel/mail-ca.pem")]
    pub ca_file: Option<String>,
    /// The time limit of a message, in seconds: 1 to 300.
    #[boundary(default = 30)]
    pub timeout_s: u32,
}

/// How the connection to a mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum SmtpSecurity {
    /// TLS from the start.
    Tls,
    /// TLS by STARTTLS: a server that does not offer it gets nothing.
    #[default]
    Starttls,
    /// None: for a mail server on this machine only.
    Plain,
}

/// The program that gets notices over HTTP.
#[derive(Debug, Clone, Boundary)]
pub struct WebhookSettings {
    /// Its URL, to which each notice is posted as JSON. Plain HTTP is accepted for loopback addresses only. Required.
    #[boundary(example = "https://gateway.company.example/notices")]
    pub url: Option<String>,
    /// The secret of the signature in `Notice-Signature`: 32 characters or more, such as `openssl rand -hex 32` makes. Required.
    #[boundary(example = "at-least-32-characters-that-you-have-drawn")]
    pub secret: Option<Secret>,
    /// A PEM file with more certificate authorities to trust there, beside the system's. Default: none.
    #[boundary(example = "/etc/bankchannel/gateway-ca.pem")]
    pub ca_file: Option<String>,
    /// The time limit of a notice, in seconds: 1 to 300.
    #[boundary(default = 30)]
    pub timeout_s: u32,
}

/// The program that is started for each notice.
#[derive(Debug, Clone, Boundary)]
pub struct NoticeCommandSettings {
    /// The program: an absolute path. It gets the notice as JSON on its standard input, and says by exit 0 that it has taken it.
    /// Required.
    #[boundary(example = "/usr/local/bin/send-notice")]
    pub program: Option<String>,
    /// Its arguments.
    #[boundary(default = [])]
    pub arguments: Vec<String>,
    /// The time limit of a notice, in seconds: 1 to 300.
    #[boundary(default = 30)]
    pub timeout_s: u32,
}

/// The delivery of a channel.
pub(super) fn delivery_of(config: &ServiceConfig, channel: NoticeChannel) -> DeliveryKind {
    let own = match channel {
        NoticeChannel::Sms => config.delivery_of_sms,
        NoticeChannel::Email => config.delivery_of_email,
        NoticeChannel::Operator => config.delivery_of_operator,
    };
    own.unwrap_or(config.delivery)
}

/// Checks that every channel has a delivery that can carry it, with its settings.
///
/// # Errors
/// `configuration.invalid`, naming the setting.
pub(crate) fn check(config: &ServiceConfig) -> Result<()> {
    for (channel, setting) in [
        (NoticeChannel::Sms, "delivery_of_sms"),
        (NoticeChannel::Email, "delivery_of_email"),
        (NoticeChannel::Operator, "delivery_of_operator"),
    ] {
        match delivery_of(config, channel) {
            DeliveryKind::Memory if !config.control => {
                let why = "`memory` shows codes to the control interface only, which is not open: use `file`";
                return Err(Error::invalid_setting("delivery", why));
            }
            DeliveryKind::Smtp if channel == NoticeChannel::Sms => {
                let why = "codes for phones do not go by mail: set it to webhook, command or file";
                return Err(Error::invalid_setting(setting, why));
            }
            DeliveryKind::Smtp if channel == NoticeChannel::Operator && config.operator_email.is_none() => {
                return Err(Error::invalid_setting(
                    "operator_email",
                    "is missing: what the operator is told goes by mail",
                ));
            }
            _ => {}
        }
    }
    for (setting, given) in [
        ("smtp.timeout_s", config.smtp.timeout_s),
        ("webhook.timeout_s", config.webhook.timeout_s),
        ("notice_command.timeout_s", config.notice_command.timeout_s),
    ] {
        if !(1..=300).contains(&given) {
            return Err(Error::invalid_setting(setting, "must be from 1 to 300"));
        }
    }
    if config.smtp.user.is_some() != config.smtp.password.is_some() {
        return Err(Error::invalid_setting("smtp.password", "goes with smtp.user: give both or neither"));
    }
    // What only its maker can see.
    super::senders::NoticeSenders::open(config).map(drop)
}

/// A setting that must be there.
pub(super) fn required<'a, T>(setting: &'static str, given: Option<&'a T>) -> Result<&'a T> {
    given.ok_or_else(|| Error::invalid_setting(setting, "is missing"))
}

/// The secret of a webhook.
pub(super) fn checked_secret(given: Option<&Secret>) -> Result<Secret> {
    let secret = required("webhook.secret", given)?.expose().trim();
    if secret.len() < SECRET_LEAST {
        return Err(Error::invalid_setting("webhook.secret", "must have 32 characters or more"));
    }
    Ok(Secret::new(secret))
}

impl SmtpSettings {
    /// The settings of the one who sends.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub(super) fn for_mail(&self) -> Result<MailSettings> {
        let port = self.port.map(|port| {
            u16::try_from(port)
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| Error::invalid_setting("smtp.port", "must be from 1 to 65535"))
        });
        Ok(MailSettings {
            host: required("smtp.host", self.host.as_ref())?.clone(),
            port: port.transpose()?,
            security: match self.security {
                SmtpSecurity::Tls => MailSecurity::Tls,
                SmtpSecurity::Starttls => MailSecurity::StartTls,
                SmtpSecurity::Plain => MailSecurity::Plain,
            },
            login: self.user.clone().zip(self.password.clone()),
            from: required("smtp.from", self.from.as_ref())?.clone(),
            ca_file: self.ca_file.as_ref().map(Into::into),
            timeout: Duration::from_secs(self.timeout_s.into()),
        })
    }
}
