//! Names of API keys, shown in their place. A key is as good as a password: it is shown once, when it is made.

use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, Result};

use super::api::AdminApi;
use crate::data::storage;

/// Characters of a key that its name has.
const SHOWN: usize = 4;
/// Bytes of its hash.
const HASHED: usize = 4;

/// The name of a key: its first characters and a part of its hash, `4vN6.1a2b3c4d`. No key has a dot.
pub(super) fn key_name(api_key: &str) -> String {
    if api_key.is_empty() || api_key.contains('.') {
        return api_key.to_owned();
    }
    let begin: String = api_key.chars().take(SHOWN).collect();
    format!("{begin}.{}", digest::hex(&digest::sha256(api_key.as_bytes())[..HASHED]))
}

impl AdminApi {
    /// The key that is given itself, or by its name.
    ///
    /// # Errors
    /// `input.invalid_field` for a name of no key, or of several.
    pub(super) async fn whole_key(&self, given: String) -> Result<String> {
        if !given.contains('.') {
            return Ok(given);
        }
        let tenants = self.store.tenants().await.map_err(storage)?;
        let mut named = tenants.into_iter().map(|tenant| tenant.api_key).filter(|key| key_name(key) == given);
        match (named.next(), named.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(Error::invalid_field("api_key", "there is no such key: see key-list")),
            (Some(_), Some(_)) => {
                Err(Error::invalid_field("api_key", "several keys have this name: give the key itself"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::key_name;

    #[test]
    fn a_name_tells_keys_apart_and_gives_none_away() {
        let key = "4vN6hGHrav31smM04vN6hGHrav31smM0abcdefgh";
        let name = key_name(key);
        assert!(name.starts_with("4vN6.") && name.len() == 13, "{name}");
        assert_ne!(name, key_name(&key.replace("abcdefgh", "abcdefgi")));
        assert_eq!(key_name(&name), name, "a name stays");
        assert_eq!(key_name(""), "");
        // A short key is not in its name either.
        assert!(!key_name("abcd").starts_with("abcd.abcd"));
    }
}
