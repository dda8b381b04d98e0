//! Values in steps: `${name}` and the functions that a case needs of the world.

use std::{collections::BTreeMap, path::PathBuf, time::SystemTime};

use bankchannel_crypto::{rsa, totp};
use bankchannel_foundation::Secret;
use bankchannel_openpgp as openpgp;
use bankchannel_ws_channel::{challenge, model::Challenge};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    expect, scenario,
    world::{Told, World, pgp_key},
};

/// The values that a case is given.
#[must_use]
pub fn given(world: &World, values: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::from([
        ("scratch".to_owned(), json!(world.scratch())),
        ("data".to_owned(), json!(world.data())),
        ("base_url".to_owned(), json!(world.base_url)),
        ("public_key_file".to_owned(), json!(world.data().join("public-key.pem"))),
        ("public_key_pem".to_owned(), json!(world.public_key_pem)),
        ("control_url".to_owned(), json!(world.control_url)),
    ]);
    out.extend(values.clone());
    out
}

/// Puts values in place of `${name}` and of functions, everywhere inside.
///
/// # Errors
/// What cannot be filled.
pub fn fill(world: &World, value: &Value) -> Told<Value> {
    match value {
        Value::String(text) => fill_text(world, text),
        Value::Array(items) => items.iter().map(|item| fill(world, item)).collect(),
        Value::Object(map) => match map.iter().next() {
            Some((name, argument)) if map.len() == 1 && is_function(name) => function(world, name, &fill(world, argument)?),
            _ => Ok(Value::Object(map.iter().map(|(k, v)| Ok((k.clone(), fill(world, v)?))).collect::<Told<Map<_, _>>>()?)),
        },
        other => Ok(other.clone()),
    }
}

fn fill_text(world: &World, text: &str) -> Told<Value> {
    let value = |name: &str| world.values.get(name).cloned().ok_or_else(|| format!("no value `{name}` was saved"));
    if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
        && !name.contains("${")
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
    "$encrypt", "$code", "$wrong_code", "$sign", "$pgp_public", "$pgp_private", "$pgp_id", "$file", "$base64_of", "$totp",
    "$concat", "$repeat", "$url", "$text_of", "$decrypt_pgp", "$lines", "$flip", "$lower", "$path",
];

fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

fn function(world: &World, name: &str, argument: &Value) -> Told<Value> {
    let text = |key: &str| argument[key].as_str().ok_or_else(|| format!("{name} needs `{key}`"));
    let plain = || argument.as_str().ok_or_else(|| format!("{name} needs a text"));
    let out = match name {
        "$encrypt" => encrypt(world, argument)?,
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
        "$path" => data_path(plain()?).display().to_string(),
        "$base64_of" => STANDARD.encode(bytes_of(argument)?),
        "$text_of" => String::from_utf8_lossy(&STANDARD.decode(plain()?).map_err(|_| "not base64")?).into_owned(),
        "$totp" => {
            let secret = totp::Secret::from_base32(text("secret")?).map_err(|why| why.to_string())?;
            let counter = totp::counter(u64::try_from(world.now_s()).unwrap_or(0)).wrapping_add_signed(argument["offset"].as_i64().unwrap_or(0));
            totp::code_at_counter(&secret, counter)
        }
        "$concat" => argument.as_array().into_iter().flatten().map(as_text).collect(),
        "$repeat" => text("text")?.repeat(usize::try_from(argument["count"].as_u64().unwrap_or(1)).unwrap_or(1)),
        "$url" => bankchannel_foundation::message::percent_encode(plain()?),
        "$lower" => plain()?.to_lowercase(),
        "$lines" => {
            let width = usize::try_from(argument["width"].as_u64().unwrap_or(64)).unwrap_or(64);
            let lines: Vec<String> = text("text")?.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            lines.join("\n")
        }
        "$flip" => {
            // The last character of base64 that carries whole bits: another one there is another value.
            let given = plain()?;
            let (first, rest) = given.split_at(1);
            format!("{}{rest}", if first == "A" { "B" } else { "A" })
        }
        "$decrypt_pgp" => {
            let plain = openpgp::decrypt(&pgp_key(text("key")?), text("message")?.as_bytes(), SystemTime::now()).map_err(|why| why.to_string())?;
            String::from_utf8_lossy(&plain).into_owned()
        }
        _ => return Err(format!("there is no function {name}")),
    };
    Ok(Value::String(out))
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `{"password", "challenge", "timestamp"?}`: as a client does it, or with another time stamp.
fn encrypt(world: &World, argument: &Value) -> Told<String> {
    let password = argument["password"].as_str().ok_or("$encrypt needs `password`")?;
    let key = rsa::PublicKey::from_pem(&world.public_key_pem).map_err(|why| why.to_string())?;
    if let Some(stamp) = argument["timestamp"].as_str() {
        let cipher = key.encrypt_oaep_sha1(format!("{password}||{stamp}").as_bytes()).map_err(|why| why.to_string())?;
        return Ok(STANDARD.encode(cipher));
    }
    let challenge = Challenge::new(argument["challenge"].as_str().ok_or("$encrypt needs `challenge`")?).map_err(|why| why.to_string())?;
    let encrypted = challenge::encrypt_password(&Secret::new(password), &challenge, &key).map_err(|why| why.to_string())?;
    Ok(encrypted.expose().to_owned())
}

fn other_code(code: &str) -> String {
    let number: u32 = code.parse().unwrap_or(0);
    format!("{:06}", (number + 1) % 1_000_000)
}

/// `{"key": NAME or [NAMES], "content": …}`: armored detached signatures, one after the other.
fn sign(argument: &Value) -> Told<String> {
    let names: Vec<&str> = match &argument["key"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => vec![name.as_str().ok_or("$sign needs `key`")?],
    };
    let content = bytes_of(&argument["content"])?;
    let now = SystemTime::now();
    let signers: Vec<_> = names
        .iter()
        .map(|name| pgp_key(name).signer(now))
        .collect::<Result<_, _>>()
        .map_err(|why| why.to_string())?;
    let signers: Vec<&_> = signers.iter().collect();
    openpgp::sign_detached(&signers, content.as_slice(), openpgp::HashAlgorithm::Sha256, now).map_err(|why| why.to_string())
}

/// A text's bytes, or those of `{"$file": NAME}` (already filled to a text).
fn bytes_of(value: &Value) -> Told<Vec<u8>> {
    value.as_str().map(|text| text.as_bytes().to_vec()).ok_or_else(|| "a text is needed".to_owned())
}

/// A file of `tests/scenarios/data`; the example payment under its name of the library.
fn data_file(name: &str) -> Told<Vec<u8>> {
    std::fs::read(data_path(name)).map_err(|why| format!("{name}: {why}"))
}

fn data_path(name: &str) -> PathBuf {
    if name == "payment.xml" {
        return scenario::folder().join("../../core/iso20022/examples/pain.001.001.09.xml");
    }
    scenario::folder().join("data").join(name)
}

/// Keeps values of an answer: name → JSON pointer.
///
/// # Errors
/// A pointer that leads nowhere.
pub fn save(world: &mut World, wanted: &Value, answer: &Value) -> Told<()> {
    for (name, pointer) in wanted.as_object().into_iter().flatten() {
        let pointer = pointer.as_str().ok_or("`save` maps names to JSON pointers")?;
        let value = answer.pointer(pointer).ok_or_else(|| format!("the answer has no {pointer}"))?;
        world.values.insert(name.clone(), value.clone());
    }
    Ok(())
}

/// Steps that wire and api have in common; false when it is none of them.
///
/// # Errors
/// Why it failed.
pub async fn common_step(world: &mut World, step: &Value) -> Told<bool> {
    let Some((name, argument)) = step.as_object().and_then(|map| map.iter().next()) else { return Ok(false) };
    match name.as_str() {
        "set" => {
            for (key, value) in argument.as_object().into_iter().flatten() {
                let value = fill(world, value)?;
                world.values.insert(key.clone(), value);
            }
        }
        "advance_s" => {
            let by = argument.as_i64().ok_or("`advance_s` is a number")?;
            world.control("POST", "clock", &json!({"advance_s": by})).await?;
            world.advanced_s += by;
        }
        "control" => {
            let filled = fill(world, argument)?;
            let method = filled["method"].as_str().unwrap_or("POST");
            let answer = world.control(method, filled["path"].as_str().unwrap_or_default(), &filled["body"]).await?;
            expect::matches(&fill(world, &step["expect"])?, &answer).or_else(|why| if step["expect"].is_null() { Ok(()) } else { Err(why) })?;
            save(world, &step["save"], &answer)?;
        }
        "outbox" => expect::matches(&fill(world, argument)?, &Value::Array(world.outbox())).map_err(|why| format!("outbox{why}"))?,
        "equal" => {
            let pair = fill(world, argument)?;
            if pair[0] != pair[1] {
                return Err(format!("{} is not {}", pair[0], pair[1]));
            }
        }
        "different" => {
            let pair = fill(world, argument)?;
            if pair[0] == pair[1] {
                return Err(format!("{} is the same twice", pair[0]));
            }
        }
        "value" => {
            let filled = fill(world, argument)?;
            expect::matches(&fill(world, &step["expect"])?, &filled).map_err(|why| format!("value{why}"))?;
        }
        "restart" => world.restart().await?,
        "wait_ms" => tokio::time::sleep(std::time::Duration::from_millis(argument.as_u64().unwrap_or(0))).await,
        "write_file" => {
            let filled = fill(world, argument)?;
            let path = world.scratch().join(filled["name"].as_str().ok_or("`write_file` needs `name`")?);
            std::fs::write(&path, bytes_of(&filled["content"])?).map_err(|why| why.to_string())?;
        }
        "read_file" => {
            let filled = fill(world, argument)?;
            let path = PathBuf::from(filled["path"].as_str().ok_or("`read_file` needs `path`")?);
            let bytes = std::fs::read(&path).map_err(|why| format!("{}: {why}", path.display()))?;
            let text = Value::String(String::from_utf8_lossy(&bytes).into_owned());
            expect::matches(&fill(world, &step["expect"])?, &text).map_err(|why| format!("file{why}"))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
