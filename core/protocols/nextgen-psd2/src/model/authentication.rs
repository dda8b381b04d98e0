//! The bank's data on a customer's authentication, and its messages to the third party (§4.2, §5).

use bankchannel_foundation::model::Boundary;

/// A method with which the customer authenticates.
#[derive(Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ScaMethod {
    /// The type, such as `SMS_OTP`, `CHIP_OTP`, `PHOTO_OTP`, `PUSH_OTP` or `SMTP_OTP`.
    #[boundary(wire = "authenticationType")]
    pub authentication_type: Option<String>,
    /// The version of this type, by the bank's documentation.
    #[boundary(wire = "authenticationVersion")]
    pub authentication_version: Option<String>,
    /// The bank's identifier of the method.
    #[boundary(wire = "authenticationMethodId")]
    pub authentication_method_id: Option<String>,
    /// The name that the customer knows.
    #[boundary(wire = "name")]
    pub name: Option<String>,
    /// An explanation for the customer.
    #[boundary(wire = "explanation")]
    pub explanation: Option<String>,
}

bankchannel_foundation::redacted_debug!(ScaMethod);

/// Data that the customer needs for the chosen method.
#[derive(Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ChallengeData {
    /// A picture to show to the customer: base64 of a PNG file.
    #[boundary(wire = "image")]
    pub image: Option<String>,
    /// The texts of the challenge.
    #[boundary(wire = "data")]
    pub data: Option<Vec<String>>,
    /// The address of the picture.
    #[boundary(wire = "imageLink")]
    pub image_link: Option<String>,
    /// The maximum length of the one-time password.
    #[boundary(wire = "otpMaxLength")]
    pub otp_max_length: Option<u32>,
    /// The form of the one-time password: `characters` or `integer`.
    #[boundary(wire = "otpFormat")]
    pub otp_format: Option<String>,
    /// A text that the customer must be shown.
    #[boundary(wire = "additionalInformation")]
    pub additional_information: Option<String>,
}

bankchannel_foundation::redacted_debug!(ChallengeData);

/// A message of the bank to the third party beside an answer, such as a warning.
#[derive(Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct TppMessage {
    /// `ERROR` or `WARNING`.
    #[boundary(wire = "category")]
    pub category: Option<String>,
    /// The code.
    #[boundary(wire = "code")]
    pub code: Option<String>,
    /// The field that it is about.
    #[boundary(wire = "path")]
    pub path: Option<String>,
    /// The text.
    #[boundary(wire = "text")]
    pub text: Option<String>,
}

bankchannel_foundation::redacted_debug!(TppMessage);
