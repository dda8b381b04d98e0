//! Mail by SMTP: one message, one connection.
//!
//! The mail server's words are not repeated, neither in errors nor in the log: they have the addresses of people in them.

mod stream;

use std::{path::PathBuf, time::Duration};

use bankchannel_foundation::{Error, Result, Secret, read_regular, shown};
use lettre::{
    Address, Message,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters, TlsVersion},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use tokio::net::TcpStream;

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
    /// The mail server takes nothing of us now: no connection, no answer in time, a refusal of ourselves.
    Away(String),
    /// It does not take this message now, and may later.
    Later(String),
    /// It will never take it: there is no such address.
    Refused(String),
}

impl MailFault {
    /// The reason, without the server's words.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Away(why) | Self::Later(why) | Self::Refused(why) => why,
        }
    }
}

/// How the connection becomes a secured one.
enum MailTls {
    None,
    Wrapped(TlsParameters),
    StartTls(TlsParameters),
}

/// Sends mail through one server.
pub struct MailSender {
    host: String,
    port: u16,
    tls: MailTls,
    hello: ClientId,
    login: Option<Credentials>,
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
            MailSecurity::Plain => (MailTls::None, 25),
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
                    MailSecurity::Tls => (MailTls::Wrapped(parameters), 465),
                    _ => (MailTls::StartTls(parameters), 587),
                }
            }
        };
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port.unwrap_or(port),
            tls,
            hello: ClientId::Domain(from.email.domain().to_owned()),
            login: settings
                .login
                .as_ref()
                .map(|(user, password)| Credentials::new(user.clone(), password.expose().to_owned())),
            from,
            timeout: settings.timeout,
        })
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
            .to(Mailbox::new(None, to.clone()))
            .subject(mail.subject)
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.to_owned())
            .map_err(|_| refused("the message is none that mail can have"))?;
        let exchange = async {
            let mut connection = self.connected().await?;
            self.hand_over(&mut connection, to, &message.formatted()).await?;
            Ok(connection)
        };
        let away = || Err(MailFault::Away("no answer in time".to_owned()));
        let mut connection = tokio::time::timeout(self.timeout, exchange).await.unwrap_or_else(|_| away())?;
        // It was taken, whatever is said to the farewell.
        let _ = tokio::time::timeout(FAREWELL, connection.quit()).await;
        Ok(())
    }

    async fn connected(&self) -> std::result::Result<AsyncSmtpConnection, MailFault> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(|_| MailFault::Away("no connection to the mail server".to_owned()))?;
        let connected = match &self.tls {
            MailTls::None => AsyncSmtpConnection::connect_with_transport(stream::bounded(stream), &self.hello).await,
            MailTls::Wrapped(parameters) => {
                let secured = stream::secured(stream, parameters.clone()).await.map_err(|why| away(&why))?;
                AsyncSmtpConnection::connect_with_transport(secured, &self.hello).await
            }
            MailTls::StartTls(parameters) => {
                let plain = AsyncSmtpConnection::connect_with_transport(stream::bounded(stream), &self.hello).await;
                let mut plain = plain.map_err(|why| away(&why))?;
                plain.starttls(parameters.clone(), &self.hello).await.map(|()| plain)
            }
        };
        let mut connection = connected.map_err(|why| away(&why))?;
        if let Some(login) = &self.login {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, login).await.map_err(|why| away(&why))?;
        }
        Ok(connection)
    }

    /// A refusal before the recipient's name is about us, and from then on about the message.
    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: Address,
        content: &[u8],
    ) -> std::result::Result<(), MailFault> {
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        let is_plain = is_ascii(&to) && is_ascii(&self.from.email);
        if !is_plain && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(MailFault::Refused("the mail server takes no address with such letters".to_owned()));
        }
        let options = if is_plain { Vec::new() } else { vec![MailParameter::SmtpUtfEight] };
        let from = Some(self.from.email.clone());
        connection.command(Mail::new(from, options)).await.map_err(|why| away(&why))?;
        connection.command(Rcpt::new(to, Vec::new())).await.map_err(|why| about_the_message(&why))?;
        connection.command(Data).await.map_err(|why| about_the_message(&why))?;
        connection.message(content).await.map(drop).map_err(|why| about_the_message(&why))
    }
}

/// How long a farewell is waited for.
const FAREWELL: Duration = Duration::from_secs(1);
/// Enhanced codes by which there is no such recipient (RFC 3463 §3.2, §3.3). By the plain codes alone servers also refuse the
/// sender.
const NO_SUCH_RECIPIENT: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];
/// The server closes the connection, whatever it was about.
const NOT_AVAILABLE: u16 = 421;

fn away(why: &SmtpError) -> MailFault {
    MailFault::Away(said(why))
}

fn about_the_message(why: &SmtpError) -> MailFault {
    if why.status().is_none_or(|code| u16::from(code) == NOT_AVAILABLE) {
        return away(why);
    }
    // The text has the server's words: only its code is looked at.
    let words = std::error::Error::source(why).map(ToString::to_string).unwrap_or_default();
    match words.split_whitespace().next() {
        // The server's own trouble.
        Some(code) if code.starts_with("4.3.") => away(why),
        Some(code) if NO_SUCH_RECIPIENT.contains(&code) => MailFault::Refused(said(why)),
        _ => MailFault::Later(said(why)),
    }
}

/// The reason of a failure, without the server's words.
fn said(why: &SmtpError) -> String {
    let kind = match why.status().map(u16::from) {
        Some(code) => return format!("the mail server answered with code {code}"),
        None if why.is_timeout() => "no answer in time",
        None if why.is_tls() => "TLS with the mail server failed",
        None if why.is_client() => "the mail server does not offer what the settings demand",
        None if why.is_response() => "the mail server's answer cannot be read",
        None => "no connection to the mail server",
    };
    kind.to_owned()
}
