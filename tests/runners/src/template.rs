//! Values in steps: `${name}` and the functions that a case needs.

use std::{collections::BTreeMap, path::PathBuf, time::SystemTime};

use bankchannel_crypto::{rsa, totp, x509::Certificate};
use bankchannel_openpgp as openpgp;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    encrypt, expect, psd2_sign, scenario,
    world::{Outcome, World, pgp_key},
};

/// The initial values of a case.
#[must_use]
pub fn given(
    world: &World,
    common: &BTreeMap<String, Value>,
    values: &BTreeMap<String, Value>,
) -> BTreeMap<String, Value> {
    let mut out = world.known();
    out.extend([("scratch".to_owned(), json!(world.scratch())), ("data".to_owned(), json!(world.data()))]);
    out.extend(common.clone());
    out.extend(values.clone());
    out
}

/// Replaces `${name}` and functions with their values, at every level.
///
/// # Errors
/// A value that cannot be filled.
pub fn fill(world: &World, value: &Value) -> Outcome<Value> {
    match value {
        Value::String(text) => fill_text(world, text),
        Value::Array(items) => items.iter().map(|item| fill(world, item)).collect(),
        Value::Object(map) => match map.iter().next() {
            Some((name, argument)) if map.len() == 1 && is_function(name) => {
                function(world, name, &fill(world, argument)?)
            }
            _ => Ok(Value::Object(
                map.iter().map(|(k, v)| Ok((k.clone(), fill(world, v)?))).collect::<Outcome<Map<_, _>>>()?,
            )),
        },
        other => Ok(other.clone()),
    }
}

fn fill_text(world: &World, text: &str) -> Outcome<Value> {
    let value = |name: &str| world.values.get(name).cloned().ok_or_else(|| format!("no value `{name}` was saved"));
    if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
        && !name.contains("${")
        && !name.contains('}')
    {
        return value(name);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| format!("`{text}` has a ${{ without an end"))?;
        out.push_str(before);
        match value(name)? {
            Value::String(text) => out.push_str(&text),
            other => out.push_str(&other.to_string()),
        }
        rest = after;
    }
    Ok(Value::String(out + rest))
}

const FUNCTIONS: &[&str] = &[
    "$encrypt",
    "$code",
    "$wrong_code",
    "$sign",
    "$pgp_public",
    "$pgp_private",
    "$pgp_id",
    "$file",
    "$base64_of",
    "$totp",
    "$concat",
    "$repeat",
    "$url",
    "$text_of",
    "$decrypt_pgp",
    "$lines",
    "$flip",
    "$lower",
    "$path",
    "$slice",
    "$part",
    "$spki_of",
    "$pkcs1_of",
    "$replace",
    "$psd2_sign",
    "$date",
    "$read",
];

fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

fn function(world: &World, name: &str, argument: &Value) -> Outcome<Value> {
    let text = |key: &str| argument[key].as_str().ok_or_else(|| format!("{name} needs `{key}`"));
    let plain = || argument.as_str().ok_or_else(|| format!("{name} needs a text"));
    let out = match name {
        "$encrypt" => encrypt::password(world.text("public_key_pem"), argument)?,
        "$code" | "$wrong_code" => {
            let code = world
                .last_code(text("email")?, text("mode")?, text("purpose")?)
                .ok_or_else(|| format!("no code was sent for {argument}"))?;
            if name == "$code" { code } else { other_code(&code) }
        }
        "$sign" => sign(argument)?,
        "$pgp_public" => pgp_key(plain()?).public().to_armored().map_err(|why| why.to_string())?,
        "$pgp_private" => pgp_key(plain()?).to_armored().map_err(|why| why.to_string())?.to_string(),
        "$pgp_id" => pgp_key(plain()?).public().short_id(),
        "$file" => String::from_utf8(data_file(plain()?)?).map_err(|_| "the file is not text".to_owned())?,
        "$read" => std::fs::read_to_string(plain()?).map_err(|why| format!("{argument}: {why}"))?,
        "$path" => data_path(plain()?).display().to_string(),
        "$base64_of" => STANDARD.encode(bytes_of(argument)?),
        "$text_of" => String::from_utf8_lossy(&STANDARD.decode(plain()?).map_err(|_| "not base64")?).into_owned(),
        "$totp" => {
            let secret = totp::TotpKey::from_base32(text("secret")?).map_err(|why| why.to_string())?;
            let counter = totp::counter(u64::try_from(world.now_s()).unwrap_or(0))
                .wrapping_add_signed(argument["offset"].as_i64().unwrap_or(0));
            totp::code_at_counter(&secret, counter)
        }
        "$concat" => argument.as_array().into_iter().flatten().map(as_text).collect(),
        "$repeat" => text("text")?.repeat(usize::try_from(argument["count"].as_u64().unwrap_or(1)).unwrap_or(1)),
        "$url" => bankchannel_foundation::message::percent_encode(plain()?),
        "$lower" => plain()?.to_lowercase(),
        "$lines" => {
            let width = usize::try_from(argument["width"].as_u64().unwrap_or(64)).unwrap_or(64);
            let lines: Vec<String> =
                text("text")?.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            lines.join("\n")
        }
        "$flip" => {
            // The last base64 character that carries full bits: another one there gives another value.
            let given = plain()?;
            let (first, rest) = given.split_at(1);
            format!("{}{rest}", if first == "A" { "B" } else { "A" })
        }
        "$slice" => {
            let end = |key: &str| argument[key].as_u64().and_then(|at| usize::try_from(at).ok());
            let (text, from) = (text("text")?, end("from").unwrap_or(0));
            text.get(from..end("to").unwrap_or(text.len())).ok_or("$slice leads outside of the text")?.to_owned()
        }
        "$part" => {
            let number = usize::try_from(argument["n"].as_u64().unwrap_or(0)).unwrap_or(0);
            text("text")?.split(text("by")?).nth(number).ok_or("$part has no such part")?.to_owned()
        }
        "$replace" => replaced(argument)?,
        "$psd2_sign" => psd2_sign::sign(world, argument)?,
        "$date" => date(world, argument)?,
        "$spki_of" => STANDARD.encode(spki_of(plain()?)?),
        "$pkcs1_of" => pkcs1_of(plain()?)?,
        "$decrypt_pgp" => {
            let plain = openpgp::decrypt(&pgp_key(text("key")?), text("message")?.as_bytes(), SystemTime::now())
                .map_err(|why| why.to_string())?;
            String::from_utf8_lossy(&plain).into_owned()
        }
        _ => return Err(format!("there is no function {name}")),
    };
    Ok(Value::String(out))
}

/// `{"text", "from", "to"}`: replaces a text that must be present.
pub(crate) fn replaced(argument: &Value) -> Outcome<String> {
    let text = |key: &str| argument[key].as_str().ok_or_else(|| format!("a replacement needs `{key}`"));
    let (all, from) = (text("text")?, text("from")?);
    if !all.contains(from) {
        return Err(format!("there is no {from:?} to replace"));
    }
    Ok(all.replace(from, text("to")?))
}

/// `{"plus_days": N}`, `{"plus_s": N, "form": "http"}`: a day or an instant of the service's clock, as `YYYY-MM-DD` or
/// in the format of the header `Date`.
fn date(world: &World, argument: &Value) -> Outcome<String> {
    let number = |key: &str| argument[key].as_i64().unwrap_or(0);
    let at_s = world.now_s() + number("plus_days") * 86_400 + number("plus_s");
    if argument["form"] == "http" {
        return Ok(bankchannel_nextgen_psd2::signing::imf_fixdate(at_s));
    }
    let at = jiff::Timestamp::from_second(at_s).map_err(|why| why.to_string())?;
    Ok(at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn other_code(code: &str) -> String {
    let number: u32 = code.parse().unwrap_or(0);
    format!("{:06}", (number + 1) % 1_000_000)
}

/// `{"key": NAME or [NAMES], "content": …}`: armored detached signatures, concatenated.
fn sign(argument: &Value) -> Outcome<String> {
    let names: Vec<&str> = match &argument["key"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => vec![name.as_str().ok_or("$sign needs `key`")?],
    };
    let content = bytes_of(&argument["content"])?;
    let now = SystemTime::now();
    let signers: Vec<_> =
        names.iter().map(|name| pgp_key(name).signer(now)).collect::<Result<_, _>>().map_err(|why| why.to_string())?;
    let signers: Vec<&_> = signers.iter().collect();
    openpgp::sign_detached(&signers, content.as_slice(), openpgp::HashAlgorithm::Sha256, now)
        .map_err(|why| why.to_string())
}

/// A text's bytes, or those of `{"$file": NAME}` (already replaced by a text).
pub(crate) fn bytes_of(value: &Value) -> Outcome<Vec<u8>> {
    value.as_str().map(|text| text.as_bytes().to_vec()).ok_or_else(|| "a text is needed".to_owned())
}

/// The public key of a certificate, a private key or a public key, as DER.
fn spki_of(pem: &str) -> Outcome<Vec<u8>> {
    let from_certificate = || Certificate::from_pem(pem).ok().map(|certificate| certificate.spki_der().to_vec());
    let from_private = || rsa::RsaPrivateKey::from_pem(pem).ok().map(|key| key.public().spki_der().to_vec());
    let from_public = || rsa::RsaPublicKey::from_pem(pem).ok().map(|key| key.spki_der().to_vec());
    from_certificate()
        .or_else(from_private)
        .or_else(from_public)
        .ok_or_else(|| "not the PEM of a key or certificate".to_owned())
}

/// An `RSA PUBLIC KEY` (PKCS#1) of a `PUBLIC KEY` (SPKI) of 2048 bits.
fn pkcs1_of(pem: &str) -> Outcome<String> {
    // The part of an SPKI before a key of 2048 bits: two sequences, the algorithm, a bit string.
    const HEAD: usize = 24;
    let key = rsa::RsaPublicKey::from_pem(pem).map_err(|why| why.to_string())?;
    let encoded = STANDARD.encode(key.spki_der().get(HEAD..).ok_or("too short for a key")?);
    let lines: Vec<_> = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    Ok(format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", lines.join("\n")))
}

/// A file of `tests/scenarios/data`; the example payment under its name in the library, the NextGenPSD2 specification's
/// vectors under `vectors/`.
fn data_file(name: &str) -> Outcome<Vec<u8>> {
    std::fs::read(data_path(name)).map_err(|why| format!("{name}: {why}"))
}

fn data_path(name: &str) -> PathBuf {
    if name == "payment.xml" {
        return scenario::folder().join("../../core/iso20022/examples/pain.001.001.09.xml");
    }
    if let Some(name) = name.strip_prefix("vectors/") {
        return scenario::folder().join("../../core/protocols/nextgen-psd2/src/signing/vectors").join(name);
    }
    if name.starts_with("payee-check/") {
        return scenario::folder().join("../../core/iso20022/tests/data").join(name);
    }
    if let Some(name) = name.strip_prefix("cases/") {
        return scenario::folder().join("../../core/iso20022/tests/data/cases").join(name);
    }
    if name.starts_with("payment-breadth/") {
        return scenario::folder().join("../../core/iso20022/tests/data").join(name);
    }
    scenario::folder().join("data").join(name)
}

/// Saves values of an answer: name → JSON pointer, or `{"in": pointer to a list, "where": matcher, "take": pointer in
/// the element}`. A pointer after `?` is optional. Names may contain values themselves: `${who}.token`.
///
/// # Errors
/// A pointer that finds nothing.
pub fn save(world: &mut World, wanted: &Value, answer: &Value) -> Outcome<()> {
    for (name, place) in wanted.as_object().into_iter().flatten() {
        let name = as_text(&fill_text(world, name)?);
        let follow = |from: &Value, pointer: &Value| {
            let pointer = pointer.as_str().ok_or("`save` maps names to JSON pointers")?;
            from.pointer(pointer).cloned().ok_or_else(|| format!("the answer has no {pointer}"))
        };
        let value = if place.is_object() {
            let place = fill(world, place)?;
            let list = follow(answer, &place["in"])?;
            let found =
                list.as_array().into_iter().flatten().find(|item| expect::matches(&place["where"], item).is_ok());
            follow(found.ok_or_else(|| format!("nothing in {} is {}", place["in"], place["where"]))?, &place["take"])?
        } else if let Some(pointer) = place.as_str().and_then(|pointer| pointer.strip_prefix('?')) {
            let Some(value) = answer.pointer(pointer) else { continue };
            value.clone()
        } else {
            follow(answer, place)?
        };
        world.values.insert(name, value);
    }
    Ok(())
}
