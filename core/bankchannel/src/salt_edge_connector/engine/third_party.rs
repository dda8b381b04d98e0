//! The third party's own request, which the hub hands on: verified with the key that the hub names, where the settings want that.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_crypto::signature::VerifyingKey;
use bankchannel_foundation::{
    Boundary, Secret,
    cache::Cache,
    model::{Representation, Value, Writer},
};
use bankchannel_salt_edge::{
    Refusal, Verifier,
    client_jwt::{ClientJwtMode, Compared, Comparison, compare},
    connector::operations::clients::get_client_info::{
        GetClientInfo, GetClientInfoRequest, GetClientInfoRequestFields,
    },
};

use super::{
    Engine,
    requests::{Declined, Outcome},
};
use crate::{CallOptions, salt_edge::Sender};

/// How long what the hub says of a third party counts.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// How long the hub may take to say it: it waits for an answer itself.
const LIMIT: Duration = Duration::from_secs(5);
/// How many third parties are remembered.
const MOST: u64 = 1000;
/// Where the checks of a request stand when this one is made.
const STEP: u8 = 15;

/// Third parties as the hub has named them, by its address and their ids.
pub(super) type ThirdParties = Cache<(String, u64), Arc<ThirdParty>>;

/// No third party is known yet.
pub(super) fn none_known() -> ThirdParties {
    Cache::new(MOST)
}

/// A third party.
pub(super) struct ThirdParty {
    /// What its own requests are verified with, or why nothing can be.
    verifier: Result<Verifier, String>,
    scopes: Option<Vec<String>>,
    read: Instant,
}

impl Engine<'_> {
    /// Whether what third parties have signed is looked at.
    pub(super) fn verifies_third_parties(&self) -> bool {
        self.client.ready.client_jwt != ClientJwtMode::Off
    }

    /// Compares what the hub has read with what the third party has signed. Answers what is odd.
    ///
    /// # Errors
    /// With `enforce`: a refusal where they differ, or the signature does not hold; 503 where the hub does not name the key.
    pub(super) async fn compared(
        &self,
        client_id: u64,
        client_jwt: &Secret,
        payload: &(impl Boundary + Clone),
    ) -> Outcome<Vec<String>> {
        let mode = self.client.ready.client_jwt;
        let Some(sender) = self.client.sender.as_ref().filter(|_| self.verifies_third_parties()) else {
            return Ok(Vec::new());
        };
        let name = (sender.transport.base_url().to_owned(), client_id);
        let payload = payload.clone().write(&mut Writer::new(Representation::Wire));
        let mut known = self.third_parties.get(&name).filter(|known| known.read.elapsed() < FRESH);
        let was_known = known.is_some();
        loop {
            let third_party = match known.take() {
                Some(third_party) => third_party,
                None => match self.look_up(sender, &name).await {
                    Ok(third_party) => third_party,
                    Err(why) => return unknown(mode, why),
                },
            };
            let compared = match self.judged(&third_party, mode, client_jwt, &payload) {
                Ok(compared) => compared,
                Err(why) => return unknown(mode, why),
            };
            let has_failed = |text: &String| text.starts_with("client_jwt: ");
            let may_be_renewed = was_known && third_party.read.elapsed() > LIMIT;
            let (refused, warnings) = (compared.refused, compared.warnings);
            let is_wrong = refused.is_some() || warnings.iter().any(has_failed);
            // The third party may have another key by now: it is read once more.
            if is_wrong && may_be_renewed {
                continue;
            }
            return match refused {
                Some((class, text)) => Err(Declined::Refused(Refusal::new(class, STEP, text))),
                None => Ok(warnings),
            };
        }
    }

    async fn look_up(&self, sender: &Sender, name: &(String, u64)) -> Result<Arc<ThirdParty>, String> {
        let timeout = self.options.timeout.map_or(LIMIT, |left| left.min(LIMIT));
        let options = CallOptions { timeout: Some(timeout), ..self.options.clone() };
        let asked = GetClientInfoRequest::from(GetClientInfoRequestFields { client_id: name.1 });
        let told = sender.exchange::<GetClientInfo>(asked, &options).await;
        let told = told.map_err(|error| format!("the third party's key cannot be fetched: {}", error.code()))?;
        let keys = VerifyingKey::all_from_pem(&told.public_key).map_err(|fault| fault.to_string());
        let short_keys = self.client.ready.allow_short_client_key;
        let verifier = keys.and_then(|keys| Verifier::of_third_party(keys, short_keys).map_err(|why| why.to_string()));
        let third_party = Arc::new(ThirdParty { verifier, scopes: told.scopes, read: Instant::now() });
        self.third_parties.insert(name.clone(), Arc::clone(&third_party), 1);
        Ok(third_party)
    }

    fn judged(
        &self,
        third_party: &ThirdParty,
        mode: ClientJwtMode,
        client_jwt: &Secret,
        payload: &Value<'_>,
    ) -> Result<Compared, String> {
        let unusable = |why: &String| format!("the third party's key cannot be used: {why}");
        let verifier = third_party.verifier.as_ref().map_err(unusable)?;
        let (admitted, now_s) = (third_party.scopes.as_deref(), self.now().div_euclid(1000));
        let how = Comparison { mode, strict_expiry: false, admitted, now_s };
        Ok(compare(verifier, client_jwt.expose(), payload, how))
    }
}

/// Nothing can be compared.
fn unknown(mode: ClientJwtMode, why: String) -> Outcome<Vec<String>> {
    match mode {
        ClientJwtMode::Off | ClientJwtMode::Warn => Ok(vec![why]),
        // A mode that is not known is at least as strict.
        _ => {
            let text = "the third party's signature cannot be verified now";
            Err(Declined::Later(text, why))
        }
    }
}
