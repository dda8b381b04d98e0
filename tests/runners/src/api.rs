//! Runs api scenarios through a face.

use serde_json::{Value, json};

use crate::{
    expect,
    faces::Face,
    scenario::{Case, Suite},
    steps, template,
    world::{Outcome, World},
};

/// The result of a case in a face.
#[derive(Debug, PartialEq, Eq)]
pub enum Went {
    /// Everything matched.
    Well,
    /// The face cannot run the case, for this reason.
    NotApplicable(String),
}

/// Runs one case through a face.
///
/// # Errors
/// The failed step, and the reason.
pub async fn run(suite: &Suite, case: &Case, face: &mut dyn Face) -> Outcome<Went> {
    if !case.faces.is_empty() && !case.faces.iter().any(|name| name == face.name()) {
        return Ok(Went::NotApplicable("the case names other faces".into()));
    }
    let mut world = World::of_case(case, &suite.values).await?;
    let result = run_steps(suite, &mut world, face, &case.steps).await;
    let closed = face.reset().await;
    world.stop().await;
    match result {
        Ok(()) => closed.map(|()| Went::Well),
        Err(Failure::NotApplicable(why)) => Ok(Went::NotApplicable(why)),
        Err(Failure::Failed(why)) => Err(why),
    }
}

enum Failure {
    NotApplicable(String),
    Failed(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

async fn run_steps(suite: &Suite, world: &mut World, face: &mut dyn Face, list: &[Value]) -> Result<(), Failure> {
    for (number, step) in list.iter().enumerate() {
        match Box::pin(one(suite, world, face, step)).await {
            Err(Failure::Failed(why)) => return Err(Failure::Failed(format!("step {}: {why}", number + 1))),
            other => other?,
        }
    }
    Ok(())
}

async fn one(suite: &Suite, world: &mut World, face: &mut dyn Face, step: &Value) -> Result<(), Failure> {
    if let Some(name) = step["use"].as_str() {
        let procedure = suite.procedures.get(name).ok_or_else(|| format!("there is no procedure `{name}`"))?;
        let before = steps::enter(world, step)?;
        let result = Box::pin(run_steps(suite, world, face, procedure)).await;
        steps::leave(world, before);
        return result;
    }
    if steps::common_step(world, step).await? {
        return Ok(());
    }
    if step["open"].is_string() {
        let client = template::fill(world, &step["open"])?;
        let settings = world.settings(step, template::fill(world, &step["settings"])?)?;
        let answer = face.send(json!({"op": "open", "client": client, "settings": settings})).await?;
        return judge(world, step, &answer);
    }
    if step["call"].is_string() {
        let deadline =
            tokio::time::Instant::now() + std::time::Duration::from_secs(step["within_s"].as_u64().unwrap_or(0));
        loop {
            let answer = call(world, face, step).await?;
            match judge(world, step, &answer) {
                Err(Failure::Failed(_)) if tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                other => return other,
            }
        }
    }
    Err(Failure::Failed(format!("not a step: {step}")))
}

async fn call(world: &World, face: &mut dyn Face, step: &Value) -> Outcome<Value> {
    let part = |name: &str| template::fill(world, &step[name]);
    let answers = part("answers")?;
    let request = json!({
        "op": "call",
        "client": match part("client")? { Value::Null => json!("main"), named => named },
        "name": step["call"],
        "request": match part("request")? { Value::Null => json!({}), given => given },
        "content": part("content")?,
        "destination": part("destination")?,
        "timeout_ms": step["timeout_ms"].as_i64().unwrap_or(-1),
        "answers": if answers.is_null() { json!({}) } else { answers },
        // Codes are looked up when they are requested: they are sent in the middle of the call.
        "outbox": world.data().join("outbox.jsonl"),
        "cancel_after_ms": step["cancel_after_ms"],
    });
    face.send(request).await
}

fn judge(world: &mut World, step: &Value, answer: &Value) -> Result<(), Failure> {
    if let Some(why) = answer["not_applicable"].as_str() {
        return Err(Failure::NotApplicable(why.to_owned()));
    }
    // An error of the driver itself is not an answer of the library, whatever was expected.
    if answer["broken"].is_string() || answer["error"]["code"] == "driver" {
        return Err(Failure::Failed(format!("the driver failed: {answer}")));
    }
    let wanted = template::fill(world, &step["expect"])?;
    let wanted = if wanted.is_null() { json!({"error": {"$absent": true}}) } else { wanted };
    expect::matches(&wanted, answer).map_err(|why| format!("{}: answer{why}\n  answered {answer}", step["call"]))?;
    template::save(world, &step["save"], answer)?;
    Ok(())
}
