//! What the checker has to know of a connector: keys, ways to authenticate, and what a customer gives.

use std::collections::BTreeMap;

use bankchannel_foundation::{Boundary, Error, Result, Secret};

/// What the checker has to know of a connector.
#[derive(Debug, Clone, Default, Boundary)]
pub(crate) struct CheckSettings {
    /// The folder with the hub's keys, app id and app secret; relative to the settings' file. The connector is given their public
    /// halves.
    pub(crate) hub_folder: String,
    /// The connector's public key, a PEM file; relative to the settings' file. Left out, the hub's folder has the connector's key too.
    pub(crate) connector_public_key_file: Option<String>,
    /// Further certificate authorities to trust at the connector, a PEM file; relative to the settings' file.
    pub(crate) ca_file: Option<String>,
    /// The connector's ways to authenticate a customer. What lacks is not looked at.
    pub(crate) authorization_types: Vec<CheckWay>,
    /// How many seconds the connector may take to report; 10 when left out.
    pub(crate) patience_s: Option<u32>,
    /// How many seconds the checker looks whether a report comes again that should not; 5 when left out. A connector that repeats later
    /// than that is not found.
    pub(crate) quiet_s: Option<u32>,
}

/// How a customer authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub(crate) enum CheckMode {
    /// On the bank's page: `--psu` answers for the customer.
    Redirect,
    /// With credentials in the request.
    Embedded,
}

/// A way to authenticate, with what is right and what is wrong.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct CheckWay {
    /// Its code, as `authorization_type` names it.
    pub(crate) code: String,
    /// How it goes.
    pub(crate) mode: CheckMode,
    /// What a customer gives at first, by the codes of the fields.
    pub(crate) right: Option<BTreeMap<String, Secret>>,
    /// The same, wrong.
    pub(crate) wrong: Option<BTreeMap<String, Secret>>,
    /// The field that a one-time code comes in, for a way that asks for one.
    pub(crate) code_field: Option<String>,
    /// The one-time code that is right, for a test system with a fixed one.
    pub(crate) right_code: Option<Secret>,
    /// A file to which codes are appended as JSON lines with a member `code`; relative to the settings' file.
    pub(crate) codes_file: Option<String>,
}

impl CheckSettings {
    /// What is sensible of them.
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

    /// The first way that is meant.
    pub(crate) fn way(&self, is_meant: impl Fn(&CheckWay) -> bool) -> Option<&CheckWay> {
        self.authorization_types.iter().find(|way| is_meant(way))
    }

    /// A way without a code: the quickest to a token.
    pub(crate) fn quick(&self) -> Option<&CheckWay> {
        self.way(|way| way.mode == CheckMode::Embedded && way.code_field.is_none())
    }

    /// A way with a code.
    pub(crate) fn with_code(&self) -> Option<&CheckWay> {
        self.way(|way| way.mode == CheckMode::Embedded && way.code_field.is_some())
    }

    /// A way with the bank's page.
    pub(crate) fn redirect(&self) -> Option<&CheckWay> {
        self.way(|way| way.mode == CheckMode::Redirect)
    }
}
