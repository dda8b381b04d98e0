//! The checker's settings for a connector: keys, authentication methods, and the customer's input.

use std::collections::BTreeMap;

use bankchannel_foundation::{Error, Result, Secret, model::Boundary};

/// The checker's settings for a connector.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct CheckSettings {
    /// The folder with the hub's keys, app id and app secret, for a check without an embedded hub; relative to the
    /// settings' file. The connector has the hub's public key, the app id and the app secret. An embedded hub has them
    /// already: its order `check` does not use this member, and over HTTP refuses it.
    #[boundary(opens_file)]
    pub hub_folder: Option<String>,
    /// The connector's public key, a PEM file; relative to the settings' file. Without it, the hub's folder has the
    /// connector's key too. For the order `check` as `hub_folder`.
    #[boundary(opens_file)]
    pub connector_public_key_file: Option<String>,
    /// A PEM file with more certificate authorities to trust at the connector and at `psu_url`; relative to the
    /// settings' file. The order `check` uses it for `psu_url`: which authorities an embedded hub trusts at the connector is
    /// its option `connector_ca_file`, or set by the order `connector`. Not over HTTP.
    #[boundary(opens_file)]
    pub ca_file: Option<String>,
    /// The connector's authentication methods. Missing methods are not checked.
    pub authorization_types: Vec<CheckWay>,
    /// The URL of a program that acts as the customer on the bank's page: HTTPS, or HTTP on loopback. The checker posts `{"url"}` to `URL/approve` or `URL/deny`
    /// and waits up to 60 seconds; a status of 200 to 299 means that the customer has answered. `--psu` replaces it.
    pub psu_url: Option<String>,
    /// The seconds within which the connector has to report. Default: 10.
    pub patience_s: Option<u32>,
    /// The seconds during which the checker watches for a forbidden repetition of a report. Default: 5. A later
    /// repetition is not found.
    pub quiet_s: Option<u32>,
}

/// A customer's authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum CheckMode {
    /// On the bank's page: `--psu` or `psu_url` answers for the customer.
    Redirect,
    /// With credentials in the request.
    Embedded,
}

/// An authentication method, with right and wrong input.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CheckWay {
    /// The method's code, as in `authorization_type`.
    pub code: String,
    /// The mode.
    pub mode: CheckMode,
    /// The customer's first data, by field code.
    pub right: Option<BTreeMap<String, Secret>>,
    /// The same with wrong values.
    pub wrong: Option<BTreeMap<String, Secret>>,
    /// The code of the field for a one-time code, for a method that asks for one.
    pub code_field: Option<String>,
    /// The right one-time code, for a test system with a fixed one.
    pub right_code: Option<Secret>,
    /// Who signs in with it: any name, the same for all methods of one customer. Default: `right`'s first value that is
    /// not a secret, such as the login name. For a page: the one as whom `--psu` or `psu_url` signs in; without it, what
    /// the page shows is not compared.
    pub customer: Option<String>,
    /// The bank's id of this customer, to be compared with the reports.
    pub user_id: Option<String>,
    /// The ids of all accounts that this customer must be shown.
    pub accounts: Option<Vec<String>>,
    /// The name that the customer's data must have.
    pub name: Option<String>,
    /// A file to which codes are appended as JSON lines with a member `code`; relative to the settings' file. Not over HTTP:
    /// give `right_code` there.
    #[boundary(opens_file)]
    pub codes_file: Option<String>,
}

/// Parts of the names of fields whose values are secret.
const SECRET: [&str; 5] = ["pass", "pin", "code", "secret", "token"];

impl CheckWay {
    /// The customer who signs in, if the settings say so.
    pub(super) fn customer(&self) -> Option<String> {
        let is_plain = |field: &str| !SECRET.iter().any(|part| field.to_lowercase().contains(part));
        let given = self.right.iter().flatten().find(|(field, _)| is_plain(field));
        self.customer.clone().or_else(|| given.map(|(_, value)| value.expose().to_owned()))
    }
}

impl CheckSettings {
    /// Validates the settings.
    ///
    /// # Errors
    /// `input.invalid_field`.
    pub(crate) fn check(&self) -> Result<()> {
        for way in &self.authorization_types {
            let wrong = |field: &str, why: &str| {
                Err(Error::invalid_field("authorization_types", format!("{}: {field} {why}", way.code)))
            };
            if way.mode == CheckMode::Embedded && way.right.is_none() {
                return wrong("right", "is missing: what a customer gives");
            }
            if way.code_field.is_some() && way.right_code.is_none() && way.codes_file.is_none() {
                return wrong("right_code", "or codes_file is missing: where the right code is");
            }
        }
        if !(1..=600).contains(&self.patience_s.unwrap_or(10)) {
            return Err(Error::invalid_field("patience_s", "must be 1 to 600"));
        }
        if self.quiet_s.is_some_and(|quiet| quiet > 600) {
            return Err(Error::invalid_field("quiet_s", "must be 600 or less"));
        }
        Ok(())
    }

    /// The first matching method.
    pub(crate) fn way(&self, is_meant: impl Fn(&CheckWay) -> bool) -> Option<&CheckWay> {
        self.authorization_types.iter().find(|way| is_meant(way))
    }

    /// An embedded method without a code: the quickest one to get a token.
    pub(crate) fn quick(&self) -> Option<&CheckWay> {
        self.way(|way| way.mode == CheckMode::Embedded && way.code_field.is_none())
    }

    /// A method with a code.
    pub(crate) fn with_code(&self) -> Option<&CheckWay> {
        self.way(|way| way.mode == CheckMode::Embedded && way.code_field.is_some())
    }

    /// A method with the bank's page.
    pub(crate) fn redirect(&self) -> Option<&CheckWay> {
        self.way(|way| way.mode == CheckMode::Redirect)
    }
}
