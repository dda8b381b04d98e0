//! Create a consent: POST `/v1/consents` (§4.1, §4.2).

use bankchannel_foundation::{
    message::{InRequest, OutRequest},
    model::Representation,
    operation::Codec,
    prelude::*,
};

use crate::{
    BankConventions, NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{
        ChallengeData, ConsentAccess, ConsentStatus, LinkMap, PsuContext, PsuCorporateId, PsuId, ScaApproach,
        ScaMethod, ScaStatus, TppMessage, TppUri, UnreadMember, linked,
    },
};

/// The access, its duration, and the third party's preferences.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CreateConsentRequest {
    /// The access that the consent gives.
    #[boundary(wire = "access")]
    pub access: ConsentAccess,
    /// Whether the consent is for repeated use.
    #[boundary(wire = "recurringIndicator")]
    pub recurring_indicator: bool,
    /// The last day of the consent, in the bank's calendar; `9999-12-31` for as long as the bank allows.
    #[boundary(wire = "validUntil")]
    pub valid_until: Date,
    /// The maximum number of readings of each account in a day without the customer, at least 1; banks allow 4 unless
    /// agreed
    /// otherwise.
    #[boundary(wire = "frequencyPerDay")]
    pub frequency_per_day: u32,
    /// Whether a payment follows in the same session. Default: false.
    #[boundary(wire = "combinedServiceIndicator")]
    pub combined_service_indicator: Option<bool>,
    /// The customer, if the third party knows the identifier.
    #[boundary(wire = "@PSU-ID")]
    pub psu_id: Option<PsuId>,
    /// The type of that identifier, if the bank has several.
    #[boundary(wire = "@PSU-ID-Type")]
    pub psu_id_type: Option<String>,
    /// The customer's corporate agreement.
    #[boundary(wire = "@PSU-Corporate-ID")]
    pub psu_corporate_id: Option<PsuCorporateId>,
    /// The type of that identifier.
    #[boundary(wire = "@PSU-Corporate-ID-Type")]
    pub psu_corporate_id_type: Option<String>,
    /// The address to which the bank returns the customer. Needed if the customer is redirected.
    #[boundary(wire = "@TPP-Redirect-URI")]
    pub redirect_uri: Option<TppUri>,
    /// The address for a customer who did not authorise.
    #[boundary(wire = "@TPP-Nok-Redirect-URI")]
    pub nok_redirect_uri: Option<TppUri>,
    /// Whether a redirect is preferred.
    #[boundary(wire = "@TPP-Redirect-Preferred")]
    pub redirect_preferred: Option<bool>,
    /// Whether the bank's own application is preferred.
    #[boundary(wire = "@TPP-Decoupled-Preferred")]
    pub decoupled_preferred: Option<bool>,
    /// Whether a separate request starts the authorisation.
    #[boundary(wire = "@TPP-Explicit-Authorisation-Preferred")]
    pub explicit_authorisation_preferred: Option<bool>,
    /// The brand that the third party shows to the customer, for the bank's log.
    #[boundary(wire = "@TPP-Brand-Logging-Information")]
    pub brand_logging_information: Option<String>,
    /// The address for the bank's notifications of changes.
    #[boundary(wire = "@TPP-Notification-URI")]
    pub notification_uri: Option<TppUri>,
    /// The changes to notify, such as `status=SCA,LAST`.
    #[boundary(wire = "@TPP-Notification-Content-Preferred")]
    pub notification_content_preferred: Option<String>,
    /// The languages of the bank's texts, such as `nb,en;q=0.7`.
    #[boundary(wire = "@Accept-Language")]
    pub accept_language: Option<String>,
    /// The customer's own request. The Berlin Group requires its IP address here.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The consent, which the customer has not yet authorised.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CreateConsentResponse {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The status of the consent.
    #[boundary(wire = "consentStatus")]
    pub consent_status: ConsentStatus,
    /// The status of its authorisation.
    #[boundary(wire = "scaStatus")]
    pub sca_status: Option<ScaStatus>,
    /// Links by their names; `scaRedirect` is the one for the customer.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
    /// The address for the customer's browser, checked. Does not travel: it is made of the link `scaRedirect`.
    #[boundary(wire = "scaRedirect", off_wire)]
    pub sca_redirect: Option<String>,
    /// The way in which the customer authorises.
    #[boundary(wire = "@ASPSP-SCA-Approach")]
    pub sca_approach: Option<ScaApproach>,
    /// A text of the bank for the customer.
    #[boundary(wire = "psuMessage")]
    pub psu_message: Option<String>,
    /// The consent's own address, as the bank wrote it.
    #[boundary(wire = "@Location")]
    pub location: Option<String>,
    /// The methods among which the customer can choose.
    #[boundary(wire = "scaMethods")]
    pub sca_methods: Option<Vec<ScaMethod>>,
    /// The method that the bank has chosen.
    #[boundary(wire = "chosenScaMethod")]
    pub chosen_sca_method: Option<ScaMethod>,
    /// Data that the customer needs for the chosen method.
    #[boundary(wire = "challengeData")]
    pub challenge_data: Option<ChallengeData>,
    /// The bank's messages to the third party, such as warnings.
    #[boundary(wire = "tppMessages", alias = "tppMessage")]
    pub tpp_messages: Option<Vec<TppMessage>>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

linked!(CreateConsentResponse, sca_redirect);

/// Create a consent for reading accounts, which the customer then authorises.
///
/// An older recurring consent of the same customer ends when this one is authorised. The request is never repeated
/// automatically: each request asks the customer. Dialect `bg`.
#[derive(Debug, Operation)]
#[operation(CreateConsentRequest => CreateConsentResponse)]
#[declaration(..declare::exchange("nextgen_psd2.create_consent"))]
#[errors(..declare::FOR_CUSTOMER)]
#[route(..declare::route("createConsent", Method::Post, "/v1/consents", 201))]
pub struct CreateConsent;

impl Exchange for CreateConsent {
    type Codec = NextGenPsd2Codec;
    const TERMS: NextGenPsd2Terms = NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP };

    /// The Berlin Group requires `combinedServiceIndicator`, so its default is sent.
    fn encode_request(mut request: CreateConsentRequest, with: &BankConventions) -> Result<OutRequest, Error> {
        check(&request, Representation::Boundary)?;
        request.combined_service_indicator.get_or_insert(false);
        NextGenPsd2Codec::encode_request::<Self>(request, with)
    }

    fn decode_request(message: InRequest<'_>) -> Result<CreateConsentRequest, Error> {
        let request = NextGenPsd2Codec::decode_request::<Self>(message)?;
        check(&request, Representation::Wire)?;
        if request.combined_service_indicator.is_none() {
            let why = "combinedServiceIndicator is missing";
            return Err(Error::missing_field("combinedServiceIndicator", why));
        }
        Ok(request)
    }
}

fn check(request: &CreateConsentRequest, representation: Representation) -> Result<(), Error> {
    request.access.check(representation)?;
    if request.frequency_per_day == 0 {
        let name = if representation == Representation::Wire { "frequencyPerDay" } else { "frequency_per_day" };
        return Err(Error::invalid_field(name, "must be at least 1"));
    }
    Ok(())
}
