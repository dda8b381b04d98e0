//! The third party's own request, which the hub forwards: verified with the key from the hub, if the settings ask for
//! it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_crypto::signature::VerifyingKey;
use bankchannel_foundation::{
    Cache, Secret,
    model::{Boundary, Representation, Value, Writer},
};
use bankchannel_salt_edge::{
    class::RefusedRequest,
    client_jwt::{AGE_MAX_S, ClientJwtMode, ComparedJwt, JwtComparison, compare},
    connector::operations::clients::get_client_info::{GetClientInfo, GetClientInfoRequest},
    envelope::EnvelopeVerifier,
};
use bankchannel_storage::salt_edge_connector::UsedJwt;

use super::{
    ConnectorEngine,
    requests::{DeclinedRequest, StepOutcome},
};
use crate::{CallOptions, salt_edge::SaltEdgeSender};

/// How long the hub's data on a third party stay valid.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// The time limit for fetching them: meanwhile the hub waits for an answer itself.
const LIMIT: Duration = Duration::from_secs(5);
/// The maximum number of third parties in the cache.
const MOST: u64 = 1000;
/// The number of this check among the checks of a request.
const STEP: u8 = 15;

/// Third parties as reported by the hub, keyed by the hub's address and their id.
pub(super) type ThirdParties = Cache<(String, u64), Arc<ThirdParty>>;

/// An empty cache.
pub(super) fn none_known() -> ThirdParties {
    Cache::new(MOST)
}

/// A third party.
pub(super) struct ThirdParty {
    /// The verifier of its own requests, or the reason why its key is unusable.
    verifier: Result<EnvelopeVerifier, String>,
    scopes: Option<Vec<String>>,
    read: Instant,
}

impl ConnectorEngine<'_> {
    /// Whether the signatures of third parties are verified.
    pub(super) fn verifies_third_parties(&self) -> bool {
        self.client.ready.client_jwt != ClientJwtMode::Off
    }

    /// Compares the hub's reading of a request with the text that the third party signed. Returns warnings, and the
    /// JWT if it counts for one session only.
    ///
    /// # Errors
    /// With `enforce`: a refusal if they differ or the signature is invalid; 503 if the hub does not provide the key.
    pub(super) async fn compared(
        &self,
        client_id: u64,
        client_jwt: &Secret,
        payload: &(impl Boundary + Clone),
    ) -> StepOutcome<(Vec<String>, Option<UsedJwt>)> {
        let mode = self.client.ready.client_jwt;
        let Some(sender) = self.client.sender.as_ref().filter(|_| self.verifies_third_parties()) else {
            return Ok((Vec::new(), None));
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
            let (refused, warnings, ends_at_s) = (compared.refused, compared.warnings, compared.ends_at_s);
            let is_wrong = refused.is_some() || warnings.iter().any(has_failed);
            // The third party may have changed its key: it is fetched again.
            if is_wrong && may_be_renewed {
                continue;
            }
            return match refused {
                Some((class, text)) => Err(DeclinedRequest::Refused(RefusedRequest::new(class, STEP, text))),
                // With `enforce` it counts for one session, as long as it is accepted.
                None if mode != ClientJwtMode::Warn => {
                    let ends_at_s = ends_at_s.unwrap_or(i64::MAX / 2000);
                    let expires_at = ends_at_s.saturating_add(AGE_MAX_S).saturating_mul(1000);
                    Ok((warnings, Some(UsedJwt { hash: self.vault.client_jwt(client_jwt), expires_at })))
                }
                None => Ok((warnings, None)),
            };
        }
    }

    async fn look_up(&self, sender: &SaltEdgeSender, name: &(String, u64)) -> Result<Arc<ThirdParty>, String> {
        let timeout = self.options.timeout.map_or(LIMIT, |left| left.min(LIMIT));
        let options = CallOptions { timeout: Some(timeout), ..self.options.clone() };
        let asked = GetClientInfoRequest::new(name.1);
        let told = sender.exchange::<GetClientInfo>(asked, &options).await;
        let told = told.map_err(|error| format!("the third party's key cannot be fetched: {}", error.code()))?;
        let keys = VerifyingKey::all_from_pem(&told.public_key).map_err(|fault| fault.to_string());
        let short_keys = self.client.ready.allow_short_client_key;
        let verifier =
            keys.and_then(|keys| EnvelopeVerifier::of_third_party(keys, short_keys).map_err(|why| why.to_string()));
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
    ) -> Result<ComparedJwt, String> {
        let unusable = |why: &String| format!("the third party's key cannot be used: {why}");
        let verifier = third_party.verifier.as_ref().map_err(unusable)?;
        let (admitted, now_s) = (third_party.scopes.as_deref(), self.arrived_s());
        let how = JwtComparison { mode, strict_expiry: false, admitted, now_s };
        Ok(compare(verifier, client_jwt.expose(), payload, how))
    }
}

/// The result when nothing can be compared.
fn unknown(mode: ClientJwtMode, why: String) -> StepOutcome<(Vec<String>, Option<UsedJwt>)> {
    match mode {
        ClientJwtMode::Off | ClientJwtMode::Warn => Ok((vec![why], None)),
        // An unknown mode is treated as the strictest.
        _ => {
            let text = "the third party's signature cannot be verified now";
            Err(DeclinedRequest::Later(text, why))
        }
    }
}
