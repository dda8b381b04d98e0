//! Consents requested by a third party, in the dialect of the Berlin Group (§4.1, §4.2).

use bankchannel_crypto::random;
use bankchannel_foundation::model::Date;
use bankchannel_nextgen_psd2::model::ConsentAccess;

use super::{
    BankState,
    authorisations::authorisation,
    data::{ConsentKind, StoredConsent},
    lifecycle::{AuthorisationState, ConsentState, bank_date, last_day},
    offers::UNATTENDED,
    problem::ConsentProblem,
    scope::bounded,
};

/// The parameters of a new consent. The combination of members of `access` was checked when the request was decoded
/// ([`ConsentAccess::check`]) and is checked here again.
pub(crate) struct NewConsent<'a> {
    /// The requested access.
    pub(crate) access: ConsentAccess,
    /// Whether it may be used more than once.
    pub(crate) recurring: bool,
    /// The last day, in the bank's calendar.
    pub(crate) valid_until: Date,
    /// Uses per day without the customer.
    pub(crate) frequency: u32,
    /// `TPP-Redirect-URI`, as it was signed.
    pub(crate) redirect_uri: &'a str,
    /// `TPP-Nok-Redirect-URI`.
    pub(crate) nok_redirect_uri: Option<&'a str>,
    /// `PSU-ID`.
    pub(crate) psu_id: Option<&'a str>,
    /// `PSU-Corporate-ID`.
    pub(crate) psu_corporate_id: Option<&'a str>,
}

/// A consent that was created.
#[derive(Debug)]
pub(crate) struct CreatedConsent {
    /// Its id.
    pub(crate) consent_id: String,
    /// The id of its first authorisation.
    pub(crate) authorisation_id: String,
    /// The redirect state, for the customer's link.
    pub(crate) redirect_state: String,
    /// Its status.
    pub(crate) status: ConsentState,
    /// The status of its authorisation.
    pub(crate) sca_status: AuthorisationState,
}

/// A consent as returned to the third party.
#[derive(Debug)]
pub(crate) struct ConsentView {
    /// The access that it grants, with the accounts if the customer chose them.
    pub(crate) access: ConsentAccess,
    /// Whether it may be used more than once.
    pub(crate) recurring: bool,
    /// The last day; it may be earlier than requested.
    pub(crate) valid_until: Date,
    /// Uses per day without the customer; it may be less than requested.
    pub(crate) frequency: u32,
    /// The day of the last use or change.
    pub(crate) last_action: Date,
    /// Its status.
    pub(crate) status: ConsentState,
}

impl BankState {
    /// Stores a consent that the customer has not approved yet.
    ///
    /// # Errors
    /// For a date in the past, a frequency of zero, members of `access` that do not go together, or too many of them;
    /// for an invalid customer or redirect URI as in [`offer`](Self::offer).
    pub(crate) fn create_consent(
        &self,
        tpp: &str,
        new: NewConsent<'_>,
        now_s: i64,
    ) -> Result<CreatedConsent, ConsentProblem> {
        let authorisation = authorisation(new.redirect_uri, new.nok_redirect_uri, now_s)?;
        if new.access.check(bankchannel_foundation::model::Representation::Wire).is_err() {
            return Err(ConsentProblem::Format { field: "access", why: "has members that do not go together" });
        }
        bounded(&new.access).map_err(|why| ConsentProblem::Format { field: "access", why })?;
        let today = bank_date(now_s);
        if new.valid_until.0 < today {
            return Err(ConsentProblem::Format { field: "validUntil", why: "is in the past" });
        }
        if new.frequency == 0 {
            return Err(ConsentProblem::Format { field: "frequencyPerDay", why: "must be at least 1" });
        }
        let created = CreatedConsent {
            consent_id: random::uuid_v4(),
            authorisation_id: authorisation.id.clone(),
            redirect_state: authorisation.state.clone(),
            status: ConsentState::Received,
            sca_status: authorisation.status,
        };
        let mut data = self.keeper.change();
        let psu = data.named(tpp, new.psu_id, new.psu_corporate_id)?;
        let consent = StoredConsent {
            id: created.consent_id.clone(),
            number: data.count(),
            approved: None,
            kind: ConsentKind::Bg,
            tpp: tpp.to_owned(),
            status: ConsentState::Received,
            access: new.access,
            recurring: new.recurring,
            valid_until: new.valid_until.0.min(last_day(now_s)),
            frequency: if new.recurring { new.frequency.min(UNATTENDED) } else { 1 },
            last_action: today,
            created_s: now_s,
            psu,
            corporate_id: new.psu_corporate_id.map(ToOwned::to_owned),
            context: None,
            accounts: Vec::new(),
            session_id: None,
            unattended: Default::default(),
            authorisations: vec![authorisation],
        };
        data.insert(consent);
        Ok(created)
    }

    /// A consent of this third party.
    ///
    /// # Errors
    /// The same for an unknown id and for an id of another third party.
    pub(crate) fn consent(&self, tpp: &str, id: &str, now_s: i64) -> Result<ConsentView, ConsentProblem> {
        let mut data = self.keeper.change();
        let consent = data.owned(tpp, id, now_s).ok_or(ConsentProblem::ConsentUnknown)?;
        Ok(ConsentView {
            access: consent.access.clone(),
            recurring: consent.recurring,
            valid_until: Date(consent.valid_until),
            frequency: consent.frequency,
            last_action: Date(consent.last_action),
            status: consent.status,
        })
    }

    /// Ends a consent on behalf of its third party. A consent that has already ended is not changed.
    ///
    /// # Errors
    /// As [`consent`](Self::consent).
    pub(crate) fn delete(&self, tpp: &str, id: &str, now_s: i64) -> Result<(), ConsentProblem> {
        let mut data = self.keeper.change();
        let consent = data.owned(tpp, id, now_s).ok_or(ConsentProblem::ConsentUnknown)?;
        if !consent.status.is_final() {
            consent.end(ConsentState::TerminatedByTpp);
            consent.last_action = bank_date(now_s);
            data.changed = true;
        }
        Ok(())
    }

    /// The customer withdraws an approved consent at the bank. Repeating this changes nothing.
    ///
    /// # Errors
    /// If the consent does not exist or is not valid.
    pub(crate) fn revoke_by_psu(&self, id: &str, now_s: i64) -> Result<(), ConsentProblem> {
        let mut data = self.keeper.change();
        let consent = data.consent(id, now_s).ok_or(ConsentProblem::ConsentUnknown)?;
        match consent.status {
            ConsentState::Valid => {
                consent.end(ConsentState::RevokedByPsu);
                consent.last_action = bank_date(now_s);
                data.changed = true;
                Ok(())
            }
            ConsentState::RevokedByPsu => Ok(()),
            _ => Err(ConsentProblem::StatusInvalid),
        }
    }
}
