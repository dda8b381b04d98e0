//! `$psd2_sign`: a signed request as text, also with deliberately wrong signatures.

use bankchannel_crypto::{random, signature::SigningKey};
use bankchannel_foundation::model;
use bankchannel_nextgen_psd2::{
    certificates::Certificate,
    http::Request,
    model::SigningOptions,
    signing::{self, Rfc2047Use, SignatureHeader, algorithm_name, encode_rfc2047},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    peers::nextgen_psd2,
    template,
    world::{Outcome, World},
};

/// `{"request": TEXT, "tpp": 1, "key": PEM, "certificate": PEM, "dialect", "signing": {…}, "at": instant, "string":
/// {"from", "to"}}`: the request with the headers of its signature. `string` replaces text in the signing string before
/// it is signed; the key does not have to match the certificate.
///
/// # Errors
/// The reason why it cannot be signed.
pub fn sign(world: &World, argument: &Value) -> Outcome<String> {
    let text = argument["request"].as_str().ok_or("$psd2_sign needs `request`")?;
    let request = Request::parse(text.as_bytes()).map_err(|why| format!("$psd2_sign: {why}"))?;
    let certificate = Certificate::from_pem(&pem(world, argument, "certificate", "qseal.pem")?)
        .map_err(|why| format!("$psd2_sign: {why}"))?;
    let key = SigningKey::from_pem(&pem(world, argument, "key", "qseal.key")?, None)
        .map_err(|why| format!("$psd2_sign: {why}"))?;
    let mut options = argument["signing"].as_object().cloned().unwrap_or_default();
    if argument["dialect"].is_string() {
        options.insert("dialect".into(), argument["dialect"].clone());
    }
    let options: SigningOptions = model::read_boundary(json!(options)).map_err(|why| why.to_string())?;
    let profile = options.profile().map_err(|why| why.to_string())?;
    let now_s = match argument["at"].as_str() {
        Some(at) => at.parse::<jiff::Timestamp>().map_err(|why| format!("{at}: {why}"))?.as_second(),
        None => world.now_s(),
    };
    let prepared = signing::prepare(request, &certificate, &profile, now_s, &random::uuid_v4())
        .map_err(|fault| format!("$psd2_sign: {:?} {}", fault.header, fault.why))?;
    let mut string = String::from_utf8(prepared.signing_string.bytes).map_err(|_| "the signing string is not text")?;
    if argument["string"].is_object() {
        let change = json!({"text": string, "from": argument["string"]["from"], "to": argument["string"]["to"]});
        string = template::replaced(&change)?;
    }
    let signature = key.sign_pkcs1(profile.signature_hash, string.as_bytes()).map_err(|why| why.to_string())?;
    let header = SignatureHeader {
        key_id: prepared.key_id,
        algorithm: Some(algorithm_name(profile.signature_hash).to_owned()),
        headers: Some(prepared.names),
        signature: STANDARD.encode(signature),
    };
    let value = header.to_text(profile.param_separator.text());
    let is_wrapped = match profile.rfc2047 {
        Rfc2047Use::Auto => !value.is_ascii(),
        Rfc2047Use::Always => true,
        Rfc2047Use::Never => false,
    };
    let mut request = prepared.request;
    request.headers.set("Signature", if is_wrapped { encode_rfc2047(&value) } else { value });
    String::from_utf8(request.to_bytes()).map_err(|_| "the request is not text".to_owned())
}

/// A PEM that the argument gives, or that of the third party's file.
fn pem(world: &World, argument: &Value, name: &str, file: &str) -> Outcome<String> {
    if let Some(pem) = argument[name].as_str() {
        return Ok(pem.to_owned());
    }
    if world.text("certificates_dir").is_empty() {
        return Err(format!("$psd2_sign needs `{name}` where there is no bank"));
    }
    let path = nextgen_psd2::file(world.ready(), argument["tpp"].as_u64().unwrap_or(1), file);
    std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Vector A of the specification, and its mutation M10.
    #[test]
    fn the_sheets_vector_comes_out() {
        let world = World::without_peer().unwrap();
        let file = |name: &str| template::fill(&world, &json!({ "$file": name })).unwrap();
        let vector = file("vectors/a.http");
        let (head, body) = vector.as_str().unwrap().split_once("\r\n\r\n").unwrap();
        let is_added = |line: &&str| !["Digest:", "TPP-", "Signature:"].iter().any(|name| line.starts_with(name));
        let bare = format!("{}\r\n\r\n{body}", head.split("\r\n").filter(is_added).collect::<Vec<_>>().join("\r\n"));
        let mut argument = json!({
            "request": bare, "key": file("vectors/test-key.pem"), "certificate": file("psd2-leaf-1.cert.pem"),
            "at": "2026-03-03T10:15:30Z",
        });
        let lines = |text: &str| {
            let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(lines(&sign(&world, &argument).unwrap()), lines(vector.as_str().unwrap()));
        argument["string"] = json!({"from": "SHA-256=", "to": "sha-256="});
        assert_ne!(lines(&sign(&world, &argument).unwrap()), lines(vector.as_str().unwrap()));
        argument["string"] = json!({"from": "not there", "to": ""});
        assert!(sign(&world, &argument).is_err());
    }
}
