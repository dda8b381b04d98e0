//! Mail by SMTP: one message, one connection.
//!
//! The mail server's words are not repeated, neither in errors nor in the log: they have the addresses of people in them.

use std::{path::PathBuf, time::Duration};

use bankchannel_foundation::{Error, Result, Secret, read_regular, shown};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters, TlsVersion},
        extension::ClientId,
    },
};

/// The largest file of authorities.
const CA_MAX: u64 = 1024 * 1024;

/// How a mail server is reached.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Its name or address.
    pub host: String,
    /// Its port; `None` for that of the security.
    pub port: Option<u16>,
    /// How the connection is secured.
    pub security: MailSecurity,
    /// The user and the password, if the server asks for them.
    pub login: Option<(String, Secret)>,
    /// The sender's address, with a name before it or not: `Payments <payments@company.example>`.
    pub from: String,
    /// Further certificate authorities, PEM, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// The time limit of a message, from the connection to the server's word.
    pub timeout: Duration,
}

/// How a connection to a mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the start, port 465.
    Tls,
    /// TLS by STARTTLS, port 587: a server that does not offer it gets nothing.
    StartTls,
    /// None, port 25: for a server on this machine only.
    Plain,
}

/// A message.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingMail<'a> {
    /// Its id: the same whenever it is sent again.
    pub id: &'a str,
    /// The address that gets it.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFault {
    /// It may be taken later: no connection, no answer in time, a temporary refusal, a refusal of ourselves.
    Later(String),
    /// It will never be taken: the server refuses the address or the message.
    Refused(String),
}

impl MailFault {
    /// The reason, without the server's words.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Later(why) | Self::Refused(why) => why,
        }
    }
}

/// Sends mail through one server.
pub struct MailSender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
}

bankchannel_foundation::redacted_debug!(MailSender);

impl MailSender {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting below `smtp`.
    pub fn new(settings: &MailSettings) -> Result<Self> {
        let wrong =
            |setting: &str, why: &dyn std::fmt::Display| Error::invalid_setting(&format!("smtp.{setting}"), why);
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_| wrong("from", &"must be an address such as payments@company.example, or `Name <address>`"))?;
        let is_here = settings.host.eq_ignore_ascii_case("localhost")
            || settings.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if settings.security == MailSecurity::Plain && !is_here {
            return Err(wrong("security", &"`plain` is for a mail server on this machine: use `tls` or `starttls`"));
        }
        let (tls, port) = match settings.security {
            MailSecurity::Plain => (Tls::None, 25),
            security => {
                crate::settings::install_provider();
                let mut parameters =
                    TlsParameters::builder(settings.host.clone()).set_min_tls_version(TlsVersion::Tlsv12);
                if let Some(file) = &settings.ca_file {
                    let bad = |why: &dyn std::fmt::Display| wrong("ca_file", &format!("{}: {why}", shown::path(file)));
                    let pem = read_regular(file, CA_MAX).map_err(|why| bad(&why))?;
                    parameters = parameters
                        .add_root_certificate(Certificate::from_pem(&pem).map_err(|_| bad(&"holds no certificate"))?);
                }
                let parameters = parameters.build_rustls().map_err(|why| wrong("host", &why))?;
                match security {
                    MailSecurity::Tls => (Tls::Wrapper(parameters), 465),
                    _ => (Tls::Required(parameters), 587),
                }
            }
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port.unwrap_or(port))
            .tls(tls)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .timeout(Some(settings.timeout));
        if let Some((user, password)) = &settings.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), from, timeout: settings.timeout })
    }

    /// Sends a message: `Ok` once the server has taken it.
    ///
    /// # Errors
    /// [`MailFault`].
    pub async fn send(&self, mail: OutgoingMail<'_>) -> std::result::Result<(), MailFault> {
        let refused = |why: &str| MailFault::Refused(why.to_owned());
        let to: Address = mail.to.parse().map_err(|_| refused("the address is none that mail can have"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.to_owned())
            .map_err(|_| refused("the message is none that mail can have"))?;
        // The library's own limit covers the connection alone.
        match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(why)) => Err(fault(&why)),
            Err(_) => Err(MailFault::Later("no answer in time".to_owned())),
        }
    }
}

/// Codes that are about the address or the message, not about us (RFC 5321 §4.2.3).
const ABOUT_THE_MESSAGE: [u16; 5] = [550, 551, 552, 553, 556];

fn fault(why: &lettre::transport::smtp::Error) -> MailFault {
    let Some(code) = why.status().map(u16::from) else {
        let kind = if why.is_timeout() {
            "no answer in time"
        } else if why.is_tls() {
            "TLS with the mail server failed"
        } else if why.is_client() {
            "the mail server does not offer what the settings demand"
        } else if why.is_response() {
            "the mail server's answer cannot be read"
        } else {
            "no connection to the mail server"
        };
        return MailFault::Later(kind.to_owned());
    };
    let text = format!("the mail server answered with code {code}");
    if ABOUT_THE_MESSAGE.contains(&code) { MailFault::Refused(text) } else { MailFault::Later(text) }
}
