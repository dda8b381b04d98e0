//! Consents that a third party asks for, in the dialect of the Berlin Group (§4.1, §4.2).

use bankchannel_crypto::random;
use bankchannel_foundation::model::Date;
use bankchannel_nextgen_psd2::model::ConsentAccess;

use super::{
    State,
    authorisations::authorisation,
    data::{Consent, ConsentKind},
    lifecycle::{Sca, Status, bank_date, last_day},
    offers::UNATTENDED,
    problem::Problem,
    scope::bounded,
};

/// What a third party asks for. What the members of `access` say together was checked when it was read
/// ([`ConsentAccess::check`]); it is again here.
pub(crate) struct NewConsent<'a> {
    /// What it gives access to.
    pub(crate) access: ConsentAccess,
    /// Whether it is used more than once.
    pub(crate) recurring: bool,
    /// The last day, of the bank's calendar.
    pub(crate) valid_until: Date,
    /// Uses in a day without the customer.
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
pub(crate) struct Created {
    /// Its id.
    pub(crate) consent_id: String,
    /// The id of its first authorisation.
    pub(crate) authorisation_id: String,
    /// What the link for the customer holds.
    pub(crate) redirect_state: String,
    /// Where it stands.
    pub(crate) status: Status,
    /// Where its authorisation stands.
    pub(crate) sca_status: Sca,
}

/// A consent as it is read.
#[derive(Debug)]
pub(crate) struct ConsentView {
    /// What it gives access to: where the customer chose the accounts, those.
    pub(crate) access: ConsentAccess,
    /// Whether it is used more than once.
    pub(crate) recurring: bool,
    /// The last day; it may be before the one that was asked for.
    pub(crate) valid_until: Date,
    /// Uses in a day without the customer; it may be less than was asked for.
    pub(crate) frequency: u32,
    /// The day of the last use or change.
    pub(crate) last_action: Date,
    /// Where it stands.
    pub(crate) status: Status,
}

impl State {
    /// Stores a consent that the customer has still to approve.
    ///
    /// # Errors
    /// A day that is past, a frequency of zero, members of `access` that do not go together, more in it than is kept; a customer or
    /// redirect URI as in [`offer`](Self::offer).
    pub(crate) fn create_consent(&self, tpp: &str, new: NewConsent<'_>, now_s: i64) -> Result<Created, Problem> {
        let authorisation = authorisation(new.redirect_uri, new.nok_redirect_uri, now_s)?;
        if new.access.check(bankchannel_foundation::model::Representation::Wire).is_err() {
            return Err(Problem::Format { field: "access", why: "has members that do not go together" });
        }
        bounded(&new.access).map_err(|why| Problem::Format { field: "access", why })?;
        let today = bank_date(now_s);
        if new.valid_until.0 < today {
            return Err(Problem::Format { field: "validUntil", why: "is in the past" });
        }
        if new.frequency == 0 {
            return Err(Problem::Format { field: "frequencyPerDay", why: "must be at least 1" });
        }
        let created = Created {
            consent_id: random::uuid_v4(),
            authorisation_id: authorisation.id.clone(),
            redirect_state: authorisation.state.clone(),
            status: Status::Received,
            sca_status: authorisation.status,
        };
        let mut data = self.keeper.change();
        let psu = data.named(tpp, new.psu_id, new.psu_corporate_id)?;
        let consent = Consent {
            id: created.consent_id.clone(),
            number: data.count(),
            approved: None,
            kind: ConsentKind::Bg,
            tpp: tpp.to_owned(),
            status: Status::Received,
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
    /// The same for an id that nobody has and for one of another third party.
    pub(crate) fn consent(&self, tpp: &str, id: &str, now_s: i64) -> Result<ConsentView, Problem> {
        let mut data = self.keeper.change();
        let consent = data.owned(tpp, id, now_s).ok_or(Problem::ConsentUnknown)?;
        Ok(ConsentView {
            access: consent.access.clone(),
            recurring: consent.recurring,
            valid_until: Date(consent.valid_until),
            frequency: consent.frequency,
            last_action: Date(consent.last_action),
            status: consent.status,
        })
    }

    /// Ends a consent for its third party. One that has ended stays as it is.
    ///
    /// # Errors
    /// As [`consent`](Self::consent).
    pub(crate) fn delete(&self, tpp: &str, id: &str, now_s: i64) -> Result<(), Problem> {
        let mut data = self.keeper.change();
        let consent = data.owned(tpp, id, now_s).ok_or(Problem::ConsentUnknown)?;
        if !consent.status.is_final() {
            consent.end(Status::TerminatedByTpp);
            consent.last_action = bank_date(now_s);
            data.changed = true;
        }
        Ok(())
    }

    /// The customer withdraws an approved consent at the bank. Once more changes nothing.
    ///
    /// # Errors
    /// For a consent that there is not, or that is not valid.
    pub(crate) fn revoke_by_psu(&self, id: &str, now_s: i64) -> Result<(), Problem> {
        let mut data = self.keeper.change();
        let consent = data.consent(id, now_s).ok_or(Problem::ConsentUnknown)?;
        match consent.status {
            Status::Valid => {
                consent.end(Status::RevokedByPsu);
                consent.last_action = bank_date(now_s);
                data.changed = true;
                Ok(())
            }
            Status::RevokedByPsu => Ok(()),
            _ => Err(Problem::StatusInvalid),
        }
    }
}
