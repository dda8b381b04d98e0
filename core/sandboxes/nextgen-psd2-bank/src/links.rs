//! Links in answers (§1.4, §4.3): absolute for the customer's browser, relative to the API's base for the third party.

use bankchannel_nextgen_psd2::{
    model::{LinkMap, LinkTarget},
    signing::SigningDialect,
};

use super::service::SandboxBank;

/// The end of the documented example: spaces, a comma and a semicolon, none of which are allowed in a URI.
const BAD_TAIL: &str = "&locale=no-NB, no; q=1.0";

impl SandboxBank {
    /// The URL where the customer approves or refuses the consent.
    pub(crate) fn sca_redirect(&self, dialect: SigningDialect, state: &str, context: Option<&str>) -> String {
        let mut href = format!("{}/tap?flow=psd2&state={state}", self.origin);
        if let Some(context) = context {
            href.push_str("&context=");
            href.push_str(context);
        }
        if dialect == SigningDialect::Era && self.config.era_bad_href {
            href.push_str(BAD_TAIL);
        }
        href
    }
}

/// The links with these names and targets, in the dialect's format.
pub(crate) fn links<const N: usize>(dialect: SigningDialect, named: [(&str, String); N]) -> LinkMap {
    let link = |href: String| match dialect {
        SigningDialect::Era => LinkTarget::get(href),
        SigningDialect::Bg => LinkTarget::bare(href),
    };
    named.into_iter().map(|(name, href)| (name.to_owned(), link(href))).collect()
}

/// The path of a consent.
pub(crate) fn consent_path(id: &str) -> String {
    format!("/v1/consents/{id}")
}
