//! Create a consent: POST `/v1/consents` (§4.1, §4.2).

use bankchannel_foundation::{
    Boundary, Codec, Declaration, Error, Exchange, Operation,
    error::row,
    message::{InRequest, Method, OutRequest},
    model::{Date, Dialect},
};

use crate::{
    Terms,
    codec::{Credentials, Psd2},
    declare,
    model::{
        ConsentAccess, ConsentStatus, LinkMap, PsuContext, PsuCorporateId, PsuId, ScaApproach, ScaStatus, TppUri,
        linked,
    },
};

/// What is asked for, for how long, and by whom.
#[derive(Debug, Clone, Boundary)]
pub struct CreateConsentRequest {
    /// What the consent gives access to.
    #[boundary(wire = "access")]
    pub access: ConsentAccess,
    /// Whether it is used more than once.
    #[boundary(wire = "recurringIndicator")]
    pub recurring_indicator: bool,
    /// The last day that it holds, of the bank's calendar; `9999-12-31` for as long as the bank allows.
    #[boundary(wire = "validUntil")]
    pub valid_until: Date,
    /// How often each account is read in a day without the customer, at least 1; banks allow 4 unless agreed otherwise.
    #[boundary(wire = "frequencyPerDay")]
    pub frequency_per_day: u32,
    /// Whether a payment follows in the same session; false when left out.
    #[boundary(wire = "combinedServiceIndicator")]
    pub combined_service_indicator: Option<bool>,
    /// The customer, where the third party knows it.
    #[boundary(wire = "@PSU-ID")]
    pub psu_id: Option<PsuId>,
    /// What kind of identifier that is, where a bank has several.
    #[boundary(wire = "@PSU-ID-Type")]
    pub psu_id_type: Option<String>,
    /// The customer's corporate agreement.
    #[boundary(wire = "@PSU-Corporate-ID")]
    pub psu_corporate_id: Option<PsuCorporateId>,
    /// What kind of identifier that is.
    #[boundary(wire = "@PSU-Corporate-ID-Type")]
    pub psu_corporate_id_type: Option<String>,
    /// Where the bank sends the customer afterwards; needed where the customer is redirected.
    #[boundary(wire = "@TPP-Redirect-URI")]
    pub redirect_uri: Option<TppUri>,
    /// Where it sends the customer who has not authorised.
    #[boundary(wire = "@TPP-Nok-Redirect-URI")]
    pub nok_redirect_uri: Option<TppUri>,
    /// Whether a redirect is preferred.
    #[boundary(wire = "@TPP-Redirect-Preferred")]
    pub redirect_preferred: Option<bool>,
    /// Whether the bank's own application is preferred.
    #[boundary(wire = "@TPP-Decoupled-Preferred")]
    pub decoupled_preferred: Option<bool>,
    /// Whether the authorisation is to be started by a request of its own.
    #[boundary(wire = "@TPP-Explicit-Authorisation-Preferred")]
    pub explicit_authorisation_preferred: Option<bool>,
    /// The brand under which the third party meets the customer, for the bank's log.
    #[boundary(wire = "@TPP-Brand-Logging-Information")]
    pub brand_logging_information: Option<String>,
    /// Where the bank tells of changes.
    #[boundary(wire = "@TPP-Notification-URI")]
    pub notification_uri: Option<TppUri>,
    /// Of which changes, such as `status=SCA,LAST`.
    #[boundary(wire = "@TPP-Notification-Content-Preferred")]
    pub notification_content_preferred: Option<String>,
    /// The languages of the bank's texts, such as `nb,en;q=0.7`.
    #[boundary(wire = "@Accept-Language")]
    pub accept_language: Option<String>,
    /// The customer's own request; the Berlin Group wants its address here.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The consent, which the customer has still to authorise.
#[derive(Debug, Clone, Boundary)]
pub struct CreateConsentResponse {
    /// Its identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// Where it stands.
    #[boundary(wire = "consentStatus")]
    pub consent_status: ConsentStatus,
    /// Where its authorisation stands.
    #[boundary(wire = "scaStatus")]
    pub sca_status: Option<ScaStatus>,
    /// Links by their names; `scaRedirect` is the one for the customer.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
    /// Where to send the customer, checked. Does not travel: it is made of the link `scaRedirect`.
    #[boundary(wire = "scaRedirect", off_wire)]
    pub sca_redirect: Option<String>,
    /// How the customer authorises.
    #[boundary(wire = "@ASPSP-SCA-Approach")]
    pub sca_approach: Option<ScaApproach>,
    /// A text of the bank for the customer.
    #[boundary(wire = "psuMessage")]
    pub psu_message: Option<String>,
    /// The consent's own address, as the bank wrote it.
    #[boundary(wire = "@Location")]
    pub location: Option<String>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
}

linked!(CreateConsentResponse, sca_redirect);

/// Creates a consent.
#[derive(Debug)]
pub struct CreateConsent;

impl Operation for CreateConsent {
    type Request = CreateConsentRequest;
    type Response = CreateConsentResponse;
    const DECLARATION: Declaration = declare::exchange(
        "nextgen_psd2.create_consent",
        "Create a consent for reading accounts, which the customer then authorises",
        "An older recurring consent of the same customer ends when this one is authorised. Never sent again by itself: each one asks \
         the customer. Dialect `bg`.",
        declare::FOR_CUSTOMER,
        declare::route("createConsent", Method::Post, "/v1/consents", 201),
    );
}

impl Exchange for CreateConsent {
    type Codec = Psd2;
    const TERMS: Terms = Terms { dialects: declare::BG, roles: declare::AISP };

    /// The Berlin Group wants `combinedServiceIndicator` to be said.
    fn encode_request(mut request: CreateConsentRequest, with: &Credentials) -> Result<OutRequest, Error> {
        check(&request, Dialect::Boundary)?;
        request.combined_service_indicator.get_or_insert(false);
        Psd2::encode_request::<Self>(request, with)
    }

    fn decode_request(message: InRequest<'_>) -> Result<CreateConsentRequest, Error> {
        let request = Psd2::decode_request::<Self>(message)?;
        check(&request, Dialect::Wire)?;
        if request.combined_service_indicator.is_none() {
            let why = "combinedServiceIndicator is missing";
            return Err(Error::because(&row::MISSING_FIELD, why).with("field", "combinedServiceIndicator"));
        }
        Ok(request)
    }
}

fn check(request: &CreateConsentRequest, dialect: Dialect) -> Result<(), Error> {
    request.access.check(dialect)?;
    if request.frequency_per_day == 0 {
        let name = if dialect == Dialect::Wire { "frequencyPerDay" } else { "frequency_per_day" };
        return Err(Error::invalid_field(name, "must be at least 1"));
    }
    Ok(())
}
