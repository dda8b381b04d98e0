//! Links in answers (§1.4, §4.3): absolute for the customer's browser, relative to the API's base for the third party.

use bankchannel_nextgen_psd2::{
    model::{LinkMap, LinkTarget},
    signing::SigningDialect,
};

use super::service::Bank;

/// What the documented example ends in: spaces, a comma and a semicolon, none of them allowed in a URI.
const BAD_TAIL: &str = "&locale=no-NB, no; q=1.0";

impl Bank {
    /// Where the customer gives or refuses consent.
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

/// Links of these names and targets, as the dialect writes them.
pub(crate) fn links<const N: usize>(dialect: SigningDialect, named: [(&str, String); N]) -> LinkMap {
    let link = |href: String| match dialect {
        SigningDialect::Era => LinkTarget::get(href),
        SigningDialect::Bg => LinkTarget::bare(href),
    };
    named.into_iter().map(|(name, href)| (name.to_owned(), link(href))).collect()
}

/// A consent's own path.
pub(crate) fn consent_path(id: &str) -> String {
    format!("/v1/consents/{id}")
}
