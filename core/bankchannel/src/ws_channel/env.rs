//! Settings from the `ISECURE_*` environment variables (docs/protocols/ws-channel.md §8.1).

use bankchannel_foundation::{
    Boundary, Error, Result, Secret,
    error::row,
    model::{Reader, Representation},
};
use bankchannel_ws_channel::model::Mode;

use super::WsChannelSettings;

/// The environment variables for settings, each with its setting.
pub const VARIABLES: [(&str, &str); 12] = [
    ("ISECURE_BASE_URL", "base_url"),
    ("ISECURE_PUBLIC_KEY_PEM", "public_key_pem"),
    ("ISECURE_PUBLIC_KEY_PEM_FILE", "public_key_file"),
    ("ISECURE_PUBLIC_KEY_FILE", "public_key_file"),
    ("ISECURE_EMAIL", "email"),
    ("ISECURE_MODE", "mode"),
    ("ISECURE_PASSWORD", "password"),
    ("ISECURE_NAME", "name"),
    ("ISECURE_COMPANY", "company"),
    ("ISECURE_PHONE", "phone"),
    ("ISECURE_API_KEY", "api_key"),
    ("ISECURE_BANK", "bank"),
];

impl WsChannelSettings {
    /// Reads the settings from the environment variables [`VARIABLES`]. An empty variable counts as absent.
    ///
    /// # Errors
    /// `configuration.invalid`, which names the variable; its value is not shown.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(crate::client::variable_text)
    }

    /// The same with any source of variables. A text with U+FFFD, the replacement of what was no UTF-8, is an error.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let from = Variables(&variable);
        Ok(Self {
            base_url: from.read("ISECURE_BASE_URL")?,
            public_key_pem: from.read("ISECURE_PUBLIC_KEY_PEM")?,
            public_key_file: match from.read("ISECURE_PUBLIC_KEY_PEM_FILE")? {
                Some(file) => Some(file),
                None => from.read("ISECURE_PUBLIC_KEY_FILE")?,
            },
            email: from.read("ISECURE_EMAIL")?,
            mode: from.read("ISECURE_MODE")?,
            password: from.read("ISECURE_PASSWORD")?,
            name: from.read("ISECURE_NAME")?,
            company: from.read("ISECURE_COMPANY")?,
            phone: from.read("ISECURE_PHONE")?,
            api_key: from.read("ISECURE_API_KEY")?,
            bank: from.read("ISECURE_BANK")?,
            ..Self::default()
        })
    }

    /// These settings, completed from `other`. Text and file of the public key are taken together from one side, so
    /// that a text in `other` does not override a file given here.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let own_key = self.public_key_pem.is_some() || self.public_key_file.is_some();
        let (public_key_pem, public_key_file) = if own_key {
            (self.public_key_pem, self.public_key_file)
        } else {
            (other.public_key_pem, other.public_key_file)
        };
        Self {
            environment: self.environment.or(other.environment),
            base_url: self.base_url.or(other.base_url),
            public_key_pem,
            public_key_file,
            email: self.email.or(other.email),
            mode: self.mode.or(other.mode),
            password: self.password.or(other.password),
            name: self.name.or(other.name),
            company: self.company.or(other.company),
            phone: self.phone.or(other.phone),
            api_key: self.api_key.or(other.api_key),
            id_token: self.id_token.or(other.id_token),
            bank: self.bank.or(other.bank),
            flow_timeout_s: self.flow_timeout_s.or(other.flow_timeout_s),
            renew_session: self.renew_session.or(other.renew_session),
            seal_key: self.seal_key.or(other.seal_key),
            connection: self.connection.or(other.connection),
        }
    }
}

/// The answer to a login's question from the environment: `ISECURE_ADMIN_MFA_CODE`, `ISECURE_DATA_PHONE_CODE`, …, else
/// `ISECURE_MFA_CODE`, `ISECURE_EMAIL_CODE`, `ISECURE_PHONE_CODE` (§8.1). `kind` is the kind of the question.
#[must_use]
pub fn code_from_env(kind: &str, mode: Mode) -> Option<Secret> {
    code_from_variables(kind, mode, |name| std::env::var(name).ok())
}

fn code_from_variables(kind: &str, mode: Mode, variable: impl Fn(&str) -> Option<String>) -> Option<Secret> {
    let what = match kind {
        "sms_code" | "totp_code" => "MFA",
        "email_code" => "EMAIL",
        "phone_code" => "PHONE",
        _ => return None,
    };
    let names = [format!("ISECURE_{}_{what}_CODE", mode.as_str().to_ascii_uppercase()), format!("ISECURE_{what}_CODE")];
    names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty())).map(Secret::new)
}

struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn read<T: Boundary>(&self, name: &'static str) -> Result<Option<T>> {
        let Some(text) = (self.0)(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        if text.contains(char::REPLACEMENT_CHARACTER) {
            let why = format!("the environment variable {name} is not UTF-8");
            return Err(Error::because(&row::CONFIGURATION, why).with("field", name));
        }
        let reader = &mut Reader::new(Representation::Boundary);
        let read = reader.at_key(name.to_owned(), |reader| T::read(text.into(), reader));
        read.map(Some).map_err(|why| Error::because(&row::CONFIGURATION, why.message()).with("field", name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn variables(name: &str) -> Option<String> {
        let value = match name {
            "ISECURE_BASE_URL" => "http://127.0.0.1:9/v2",
            "ISECURE_EMAIL" => "User@Example.test",
            "ISECURE_MODE" => "data",
            "ISECURE_PASSWORD" => "Toddler_..123456789012345",
            "ISECURE_API_KEY" => "0",
            "ISECURE_PUBLIC_KEY_PEM" => "from the environment",
            "ISECURE_PHONE" => "",
            "ISECURE_ADMIN_MFA_CODE" => "111111",
            "ISECURE_MFA_CODE" => "222222",
            _ => return None,
        };
        Some(value.into())
    }

    #[test]
    fn variables_are_read_and_explicit_settings_win() {
        let env = WsChannelSettings::from_variables(variables).unwrap();
        assert_eq!(env.email.as_ref().unwrap().as_str(), "user@example.test");
        assert!(env.phone.is_none() && env.name.is_none());
        let explicit = WsChannelSettings {
            public_key_file: Some("key.pem".into()),
            mode: Some(Mode::Admin),
            ..WsChannelSettings::default()
        };
        let both = explicit.or(env);
        assert_eq!((both.mode, both.base_url.as_deref()), (Some(Mode::Admin), Some("http://127.0.0.1:9/v2")));
        assert_eq!((both.public_key_pem, both.public_key_file.as_deref()), (None, Some("key.pem")));
        assert_eq!(both.password.unwrap().expose(), "Toddler_..123456789012345");
    }

    #[test]
    fn a_bad_variable_is_named_and_not_shown() {
        let error =
            WsChannelSettings::from_variables(|name| (name == "ISECURE_API_KEY").then(|| "short secret".into()))
                .unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("ISECURE_API_KEY")));
        let not_utf8 =
            WsChannelSettings::from_variables(|name| (name == "ISECURE_NAME").then(|| "P\u{fffd}ivi".into()));
        assert!(not_utf8.unwrap_err().message().contains("ISECURE_NAME is not UTF-8"));
        assert!(
            error.message().contains("ISECURE_API_KEY") && !error.to_json().to_string().contains("short secret"),
            "{error}"
        );
    }

    #[test]
    fn codes_are_looked_up_by_mode_first() {
        let code = |kind, mode| code_from_variables(kind, mode, variables).map(|code| code.expose().to_owned());
        assert_eq!(code("sms_code", Mode::Admin).as_deref(), Some("111111"));
        assert_eq!(code("totp_code", Mode::Data).as_deref(), Some("222222"));
        assert_eq!(code("email_code", Mode::Data), None);
        assert_eq!(code("mfa_method", Mode::Admin), None);
    }

    #[test]
    fn the_list_has_the_variables_that_are_read() {
        let read = std::cell::RefCell::new(Vec::new());
        WsChannelSettings::from_variables(|name| {
            read.borrow_mut().push(name.to_owned());
            None
        })
        .unwrap();
        assert_eq!(read.into_inner(), VARIABLES.map(|(name, _)| name));
        let fields: Vec<&str> = WsChannelSettings::SHAPE.fields().iter().map(|field| field.name).collect();
        assert!(VARIABLES.iter().all(|(_, setting)| fields.contains(setting)));
    }
}
