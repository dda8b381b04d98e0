//! Keys, certificates and verifiers from texts in requests: a client parses each text once and caches the result.
//!
//! The cache key is the SHA-256 of all texts that the result depends on, so a changed text is a different entry.

use std::sync::Arc;

use bankchannel_crypto::{digest::sha256_of_texts, signature::SigningKey};
use bankchannel_foundation::{Error, Secret, operation::LocalContext, shown};

use crate::{certificates::Certificate, errors, verify::RequestVerifier};

/// The certificate in a field.
///
/// # Errors
/// `nextgen_psd2.certificate_unusable`, naming the field.
pub(crate) fn certificate(field: &'static str, pem: &str, with: &LocalContext<'_>) -> Result<Arc<Certificate>, Error> {
    with.get_or_make(sha256_of_texts(&[Some(pem)]), || {
        Certificate::from_pem(pem).map_err(|fault| unusable(field, &fault))
    })
}

/// Parses the field `private_key`.
///
/// # Errors
/// `nextgen_psd2.key_unusable`.
pub(crate) fn private_key(
    pem: &Secret,
    passphrase: Option<&Secret>,
    with: &LocalContext<'_>,
) -> Result<Arc<SigningKey>, Error> {
    let passphrase = passphrase.map(Secret::expose);
    with.get_or_make(sha256_of_texts(&[Some(pem.expose()), passphrase]), || {
        SigningKey::from_pem(pem.expose(), passphrase).map_err(|fault| {
            let why = format!("{}{}", fault.naming_opener("passphrase"), shown::key_file_remedy(pem.expose()));
            Error::because(&errors::KEY_UNUSABLE, why).with("field", "private_key")
        })
    })
}

/// A verifier that trusts the issuers in the field `trusted`, with its own cache of certificates.
///
/// # Errors
/// `nextgen_psd2.certificate_unusable`.
pub(crate) fn verifier(trusted: Option<&str>, with: &LocalContext<'_>) -> Result<Arc<RequestVerifier>, Error> {
    with.get_or_make(sha256_of_texts(&[trusted]), || certificates("trusted", trusted).map(RequestVerifier::new))
}

/// All certificates in a field.
///
/// # Errors
/// `nextgen_psd2.certificate_unusable`, naming the field.
pub(crate) fn certificates(field: &'static str, pem: Option<&str>) -> Result<Vec<Certificate>, Error> {
    let Some(pem) = pem else { return Ok(Vec::new()) };
    Certificate::all_from_pem(pem).map_err(|fault| unusable(field, &fault))
}

fn unusable(field: &'static str, fault: &impl ToString) -> Error {
    Error::because(&errors::CERTIFICATE_UNUSABLE, fault.to_string()).with("field", field)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use bankchannel_foundation::{
        ClientCache, ClientResources,
        clock::FixedClock,
        model::{Profile, read_boundary, write_boundary},
        operation::Local,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::operations::{
        certificates::make_certificates::MakeCertificates, signing::sign_request::SignRequest,
        verification::verify_request::VerifyRequest,
    };

    /// 2026-03-03T10:15:30Z.
    const NOW_MS: i64 = 1_772_532_930_000;

    /// A client that has only a cache; it counts how often the cache was looked for.
    struct Caching<'a>(&'a ClientCache, Cell<u32>);

    impl Profile for Caching<'_> {
        fn value(&self, _: &str) -> Option<bankchannel_foundation::model::Value<'static>> {
            None
        }

        fn resources(&self) -> Option<ClientResources<'_>> {
            self.1.set(self.1.get() + 1);
            Some(ClientResources { cache: self.0, key: None })
        }
    }

    fn run_of<O: Local>(request: Value, client: Option<&dyn Profile>) -> Result<Value, Error> {
        let clock = FixedClock::at_ms(NOW_MS);
        O::run(read_boundary(request)?, LocalContext::new(&clock).of_client(client)).map(write_boundary)
    }

    fn run<O: Local>(request: Value, cache: Option<&ClientCache>) -> Result<Value, Error> {
        let client = cache.map(|cache| Caching(cache, Cell::default()));
        run_of::<O>(request, client.as_ref().map(|client| client as &dyn Profile))
    }

    #[test]
    fn the_cache_is_looked_for_once_and_only_if_it_is_used() {
        let (cache, [certificate, key, _]) = (ClientCache::default(), party());
        let client = Caching(&cache, Cell::default());
        run_of::<MakeCertificates>(json!({}), Some(&client)).unwrap();
        assert_eq!(client.1.get(), 0);
        run_of::<SignRequest>(signing(&certificate, &key), Some(&client)).unwrap();
        assert_eq!(client.1.get(), 1);
    }

    /// A third party: its certificate, its key, its authority.
    fn party() -> [String; 3] {
        let made = run::<MakeCertificates>(json!({}), None).unwrap();
        ["qseal_certificate", "qseal_key", "authority_certificate"].map(|name| made[name].as_str().unwrap().to_owned())
    }

    fn signing(certificate: &str, key: &str) -> Value {
        json!({
            "method": "POST", "target": "/api/v1/user/verification", "content": {"base64": "e30="},
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "certificate": certificate, "private_key": key,
        })
    }

    fn sign(certificate: &str, key: &str, cache: &ClientCache) -> Result<Value, Error> {
        run::<SignRequest>(signing(certificate, key), Some(cache))
    }

    fn verdict(signed: &Value, trusted: &str, cache: &ClientCache) -> Value {
        let request = json!({
            "method": "POST", "target": "/api/v1/user/verification", "content": {"base64": "e30="},
            "headers": signed["headers"], "trusted": trusted,
        });
        run::<VerifyRequest>(request, Some(cache)).unwrap()["verdict"].clone()
    }

    #[test]
    fn each_text_is_read_once_and_a_changed_one_is_noticed() {
        let cache = ClientCache::default();
        let ([certificate, key, trusted], [new_certificate, new_key, new_trusted]) = (party(), party());
        let first = sign(&certificate, &key, &cache).unwrap();
        assert_eq!(cache.count(), 2);
        assert_eq!(verdict(&first, &trusted, &cache), "ok");
        assert_eq!(cache.count(), 3);
        assert_eq!(sign(&certificate, &key, &cache).unwrap()["key_id"], first["key_id"]);
        assert_eq!(cache.count(), 3);
        let second = sign(&new_certificate, &new_key, &cache).unwrap();
        assert_ne!(second["key_id"], first["key_id"]);
        assert_eq!(
            (verdict(&second, &new_trusted, &cache), verdict(&second, &trusted, &cache)),
            ("ok".into(), "V17".into())
        );
        assert_eq!(sign(&certificate, &key, &cache).unwrap()["key_id"], first["key_id"]);
        assert_eq!(verdict(&first, &trusted, &cache), "ok");
    }

    /// T-147.
    #[test]
    fn a_key_that_does_not_belong_is_refused_each_time() {
        let cache = ClientCache::default();
        let ([certificate, key, _], [other_certificate, other_key, _]) = (party(), party());
        for _ in 0..2 {
            assert!(sign(&certificate, &key, &cache).is_ok());
            for (certificate, key) in [(&certificate, &other_key), (&other_certificate, &key)] {
                let error = sign(certificate, key, &cache).unwrap_err();
                assert_eq!(error.row(), &errors::KEY_UNUSABLE);
            }
            let error = sign(&certificate, "no key", &cache).unwrap_err();
            assert_eq!(error.row(), &errors::KEY_UNUSABLE);
            let error = sign("no certificate", &key, &cache).unwrap_err();
            assert_eq!(error.row(), &errors::CERTIFICATE_UNUSABLE);
        }
        assert_eq!(cache.count(), 4, "what cannot be read is not kept");
    }

    #[test]
    fn a_passphrase_is_part_of_what_a_key_was_read_from() {
        let (texts, passphrases) = (["a", "ab"], [None, Some(""), Some("b")]);
        let mut seen = std::collections::BTreeSet::new();
        for text in texts {
            for passphrase in passphrases {
                assert!(seen.insert(sha256_of_texts(&[Some(text), passphrase])), "{text} {passphrase:?}");
            }
        }
        assert!(!seen.contains(&sha256_of_texts(&[Some("a")])));
    }
}
