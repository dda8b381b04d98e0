//! Sign a JWT (§1.4).

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{model::Value, prelude::*};

use crate::{
    connector::errors,
    declare,
    envelope::{LIFETIME_S, UnsignedEnvelope},
    model::keys,
};

/// The maximum validity of a JWT, in seconds: a year.
const LONGEST_S: u32 = 366 * 24 * 60 * 60;

/// The parameters and the key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignJwtRequest {
    /// The parameters.
    pub data: JsonObject,
    /// The validity in seconds. Default: 60.
    pub expires_in_s: Option<u32>,
    /// The private key as PEM text, PKCS#8 or PKCS#1. Default: the client's own key, also in a token.
    pub private_key: Option<Secret>,
    /// The passphrase, if the private key given here is encrypted.
    pub passphrase: Option<Secret>,
    /// The time from which the validity counts. Default: now.
    pub at: Option<Timestamp>,
}

/// The signed JWT.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignJwtResponse {
    /// The JWT.
    pub jwt: Secret,
    /// The end of the validity, in Unix seconds.
    pub exp: i64,
}

/// Sign a JWT.
///
/// Signs `data` and `exp`, and nothing else, with RS256.
#[derive(Debug, Operation)]
#[operation(SignJwtRequest => SignJwtResponse)]
#[declaration(commands: COMMANDS, ..declare::local("jwt", "salt_edge_connector.sign_jwt"))]
#[errors(..errors::OF_SIGNING)]
pub struct SignJwt;

const EXAMPLES: &str = "Examples:
  bankchannel salt-edge sign --private-key connector.key.pem data.json
  printf '{\"client_id\": 517}' | bankchannel salt-edge sign --private-key connector.key.pem --expires-in 300 -

The file holds the parameters, a JSON object. The command prints the JWT: RS256, with `data` and `exp`.";

const COMMANDS: &[Command] =
    &[Command::named("sign").with_examples(EXAMPLES).with_form(&CommandForm::new("Make a signed JWT from parameters"))];

impl Local for SignJwt {
    fn run(asked: SignJwtRequest, with: LocalContext<'_>) -> Result<SignJwtResponse, Error> {
        let expires_in_s = asked.expires_in_s.map_or(LIFETIME_S, i64::from);
        if !(1..=i64::from(LONGEST_S)).contains(&expires_in_s) {
            return Err(Error::invalid_field("expires_in_s", format!("must be 1 to {LONGEST_S}")));
        }
        let exp = keys::instant_s(asked.at.as_ref(), &with) + expires_in_s;
        let unsigned = UnsignedEnvelope::new(&Value::Object(asked.data.0).to_json(), exp);
        let signature = match asked.private_key {
            Some(pem) => {
                let key = keys::private_key(&pem, asked.passphrase.as_ref(), &with)?;
                key.sign_pkcs1(Hash::Sha256, unsigned.bytes())
                    .map_err(|_| keys::unusable("private_key", "the key cannot sign"))?
            }
            None => keys::own(&with)?.sign(unsigned.bytes())?,
        };
        Ok(SignJwtResponse { jwt: Secret::new(unsigned.complete(&signature)), exp })
    }
}
