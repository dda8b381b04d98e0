//! Authorisations of a consent: one for each redirect of the customer to the bank (§4.2).

use bankchannel_crypto::random;
use bankchannel_nextgen_psd2::signing::redirect_uri;

use super::{
    BankState,
    data::StoredAuthorisation,
    lifecycle::{AuthorisationState, ConsentState, bank_date},
    problem::ConsentProblem,
};

/// The maximum number of authorisations of a consent.
const AUTHORISATIONS_MAX: usize = 50;

/// The parameters of another authorisation.
#[derive(Default)]
pub(crate) struct NewAuthorisation<'a> {
    /// `TPP-Redirect-URI`; if `None`, that of the previous authorisation.
    pub(crate) redirect_uri: Option<&'a str>,
    /// `TPP-Nok-Redirect-URI`; if both URIs are `None`, that of the previous authorisation.
    pub(crate) nok_redirect_uri: Option<&'a str>,
    /// `PSU-ID`.
    pub(crate) psu_id: Option<&'a str>,
    /// `PSU-Corporate-ID`.
    pub(crate) psu_corporate_id: Option<&'a str>,
}

/// A started authorisation.
#[derive(Debug)]
pub(crate) struct StartedAuthorisation {
    /// Its id.
    pub(crate) authorisation_id: String,
    /// The redirect state, for the customer's link.
    pub(crate) redirect_state: String,
    /// Its status.
    pub(crate) sca_status: AuthorisationState,
}

/// An authorisation as returned to the third party.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AuthorisationView {
    /// Its status.
    pub(crate) sca_status: AuthorisationState,
}

impl BankState {
    /// The ids of a consent's authorisations, oldest first.
    ///
    /// # Errors
    /// If the consent does not belong to this third party.
    pub(crate) fn authorisations(
        &self,
        tpp: &str,
        consent_id: &str,
        now_s: i64,
    ) -> Result<Vec<String>, ConsentProblem> {
        let mut data = self.keeper.change();
        let consent = data.owned(tpp, consent_id, now_s).ok_or(ConsentProblem::ConsentUnknown)?;
        Ok(consent.authorisations.iter().map(|authorisation| authorisation.id.clone()).collect())
    }

    /// An authorisation of a consent.
    ///
    /// # Errors
    /// If the consent does not belong to this third party, or the authorisation does not belong to the consent.
    pub(crate) fn authorisation(
        &self,
        tpp: &str,
        consent_id: &str,
        authorisation_id: &str,
        now_s: i64,
    ) -> Result<AuthorisationView, ConsentProblem> {
        let mut data = self.keeper.change();
        let consent = data.owned(tpp, consent_id, now_s).ok_or(ConsentProblem::ConsentUnknown)?;
        let found = consent.authorisations.iter().find(|authorisation| authorisation.id == authorisation_id);
        Ok(AuthorisationView { sca_status: found.ok_or(ConsentProblem::AuthorisationUnknown)?.status })
    }

    /// Starts another authorisation of a consent that is not authorised yet.
    ///
    /// # Errors
    /// If the consent does not belong to this third party or does not wait for authorisation; for an invalid customer
    /// or redirect URI as in [`offer`](Self::offer), also in combination with the consent's customer and agreement.
    pub(crate) fn start_authorisation(
        &self,
        tpp: &str,
        consent_id: &str,
        new: &NewAuthorisation<'_>,
        now_s: i64,
    ) -> Result<StartedAuthorisation, ConsentProblem> {
        let mut data = self.keeper.change();
        let named = data.named_psu(tpp, new.psu_id);
        let consent = data.owned(tpp, consent_id, now_s).ok_or(ConsentProblem::ConsentUnknown)?;
        if consent.status != ConsentState::Received {
            return Err(ConsentProblem::StatusInvalid);
        }
        if consent.authorisations.len() >= AUTHORISATIONS_MAX {
            return Err(ConsentProblem::TooMany);
        }
        let psu = named?;
        if psu.is_some() && consent.psu.is_some() && psu != consent.psu {
            return Err(ConsentProblem::PsuUnknown);
        }
        let psu = psu.or_else(|| consent.psu.clone());
        let corporate_id = new.psu_corporate_id.map(ToOwned::to_owned).or_else(|| consent.corporate_id.clone());
        let (redirect, nok) = match (new.redirect_uri, consent.authorisations.last()) {
            (Some(uri), _) => (uri.to_owned(), new.nok_redirect_uri.map(ToOwned::to_owned)),
            (None, Some(before)) => {
                let nok = new.nok_redirect_uri.or(before.nok_redirect_uri.as_deref());
                (before.redirect_uri.clone(), nok.map(ToOwned::to_owned))
            }
            (None, None) => return Err(ConsentProblem::Format { field: "TPP-Redirect-URI", why: "is missing" }),
        };
        let made = authorisation(&redirect, nok.as_deref(), now_s)?;
        data.agree(psu.as_deref(), corporate_id.as_deref())?;
        let consent = data.owned(tpp, consent_id, now_s).ok_or(ConsentProblem::ConsentUnknown)?;
        (consent.psu, consent.corporate_id) = (psu, corporate_id);
        consent.last_action = bank_date(now_s);
        let started = StartedAuthorisation {
            authorisation_id: made.id.clone(),
            redirect_state: made.state.clone(),
            sca_status: made.status,
        };
        consent.authorisations.push(made);
        data.changed = true;
        data.note_redirect(&started.redirect_state, consent_id);
        Ok(started)
    }
}

/// A new authorisation with these redirect URIs.
pub(super) fn authorisation(
    redirect: &str,
    nok: Option<&str>,
    now_s: i64,
) -> Result<StoredAuthorisation, ConsentProblem> {
    let checked =
        |field, uri: &str| redirect_uri(uri).map_err(|why| ConsentProblem::Format { field, why: without_it(why) });
    checked("TPP-Redirect-URI", redirect)?;
    nok.map_or(Ok(()), |nok| checked("TPP-Nok-Redirect-URI", nok))?;
    Ok(StoredAuthorisation {
        id: random::uuid_v4(),
        state: random::uuid_v4(),
        status: AuthorisationState::Received,
        created_s: now_s,
        opened: false,
        used: false,
        redirect_uri: redirect.to_owned(),
        nok_redirect_uri: nok.map(ToOwned::to_owned),
    })
}

/// Strips the leading `it` of a reason such as `it has no host`: the name of the field comes before it.
fn without_it(why: &'static str) -> &'static str {
    why.strip_prefix("it ").unwrap_or(why)
}
