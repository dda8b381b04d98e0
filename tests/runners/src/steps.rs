//! Steps common to wire and api.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{
    at_rest, browser, expect,
    faces::is_foreign_windows,
    template,
    world::{Outcome, World},
};

/// Sets the values of a `use` step's `with`; returns their previous values, for [`leave`].
///
/// # Errors
/// A value that cannot be filled.
pub fn enter(world: &mut World, step: &Value) -> Outcome<Vec<(String, Option<Value>)>> {
    let mut filled = Vec::new();
    for (key, value) in step["with"].as_object().into_iter().flatten() {
        filled.push((key.clone(), template::fill(world, value)?));
    }
    Ok(filled.into_iter().map(|(key, value)| (key.clone(), world.values.insert(key, value))).collect())
}

/// Restores the values that [`enter`] has set.
pub fn leave(world: &mut World, before: Vec<(String, Option<Value>)>) {
    for (key, value) in before {
        match value {
            Some(value) => world.values.insert(key, value),
            None => world.values.remove(&key),
        };
    }
}

/// Runs a step common to wire and api; false if it is not one.
///
/// # Errors
/// Why it failed.
pub async fn common_step(world: &mut World, step: &Value) -> Outcome<bool> {
    let Some((name, argument)) = step.as_object().and_then(|map| map.iter().next()) else { return Ok(false) };
    match name.as_str() {
        "set" => {
            for (key, value) in argument.as_object().into_iter().flatten() {
                let value = template::fill(world, value)?;
                world.values.insert(key.clone(), value);
            }
        }
        "advance_s" => {
            let by = argument.as_i64().ok_or("`advance_s` is a number")?;
            world.control("POST", "clock", &json!({"advance_s": by})).await?;
            world.advanced_s += by;
        }
        "align_s" => {
            // To a little after a multiple: a counter of time steps does not change in the middle of a case.
            let step = argument.as_i64().filter(|step| *step > 0).ok_or("`align_s` is a number of seconds")?;
            let by = step - world.now_s().rem_euclid(step) + 3;
            world.control("POST", "clock", &json!({"advance_s": by})).await?;
            world.advanced_s += by;
        }
        "control" => {
            let filled = template::fill(world, argument)?;
            let method = filled["method"].as_str().unwrap_or("POST");
            let path = filled["path"].as_str().unwrap_or_default();
            let answer = match filled["of"].as_str() {
                Some("bank") => world.control_bank(method, path, &filled["body"]).await?,
                _ => world.control(method, path, &filled["body"]).await?,
            };
            expect::matches(&template::fill(world, &step["expect"])?, &answer)
                .or_else(|why| if step["expect"].is_null() { Ok(()) } else { Err(why) })?;
            template::save(world, &step["save"], &answer)?;
        }
        "outbox" => expect::matches(&template::fill(world, argument)?, &Value::Array(world.outbox()))
            .map_err(|why| format!("outbox{why}"))?,
        "equal" => {
            let pair = template::fill(world, argument)?;
            if pair[0] != pair[1] {
                return Err(format!("{} is not {}", pair[0], pair[1]));
            }
        }
        "different" => {
            let pair = template::fill(world, argument)?;
            if pair[0] == pair[1] {
                return Err(format!("{} is the same twice", pair[0]));
            }
        }
        "value" => {
            let filled = template::fill(world, argument)?;
            expect::matches(&template::fill(world, &step["expect"])?, &filled).map_err(|why| format!("value{why}"))?;
        }
        "data_has_no" => {
            let texts = template::fill(world, argument)?;
            at_rest::search(&world.data(), texts.as_array().ok_or("`data_has_no` takes a list of texts")?)?;
        }
        "compute" => {
            let name = argument.as_str().ok_or("`compute` names an operation that only computes")?;
            let request = template::fill(world, &step["request"])?;
            let answer = bankchannel::call_local(name, request, None).map_err(|why| why.to_string())?;
            expect::matches(&template::fill(world, &step["expect"])?, &answer)
                .or_else(|why| if step["expect"].is_null() { Ok(()) } else { Err(why) })
                .map_err(|why| format!("{name}{why}"))?;
            template::save(world, &step["save"], &answer)?;
        }
        "restart" => world.restart().await?,
        "visit" => browser::visit(world, step).await?,
        "wait_ms" => tokio::time::sleep(std::time::Duration::from_millis(argument.as_u64().unwrap_or(0))).await,
        "write_file" => {
            let filled = template::fill(world, argument)?;
            let path = world.scratch().join(filled["name"].as_str().ok_or("`write_file` needs `name`")?);
            std::fs::write(&path, template::bytes_of(&filled["content"])?).map_err(|why| why.to_string())?;
        }
        "read_file" => {
            let filled = template::fill(world, argument)?;
            let path = filled["path"].as_str().ok_or("`read_file` needs `path`")?;
            // Windows in an emulator has this system's folders, with other separators.
            let path = PathBuf::from(if is_foreign_windows() { path.replace('\\', "/") } else { path.to_owned() });
            let bytes = std::fs::read(&path).map_err(|why| format!("{}: {why}", path.display()))?;
            let text = Value::String(String::from_utf8_lossy(&bytes).into_owned());
            expect::matches(&template::fill(world, &step["expect"])?, &text).map_err(|why| format!("file{why}"))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
