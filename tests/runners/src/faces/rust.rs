//! The Rust face: the crate itself.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use bankchannel::{
    CallAnswer, CallAsker, CallOptions, Client, Content, ContentDestination, Error, Question, Secret, Settings,
};
use bankchannel_foundation::{error::row, model::ContentPieces};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Asked, Face, answer};
use crate::world::Outcome;

/// The crate itself.
#[derive(Default)]
pub struct Rust {
    clients: BTreeMap<String, Client>,
}

impl Face for Rust {
    fn name(&self) -> &str {
        "rust"
    }

    fn send(&mut self, request: Value) -> Pin<Box<dyn Future<Output = Outcome<Value>> + Send + '_>> {
        Box::pin(async move {
            let client = request["client"].as_str().unwrap_or("main").to_owned();
            match request["op"].as_str() {
                Some("open") => Ok(match open(request["settings"].clone()) {
                    Ok(made) => {
                        self.clients.insert(client, made);
                        json!({"ok": true})
                    }
                    Err(error) => json!({"error": error.to_json()}),
                }),
                Some("call") => {
                    let client = self.clients.get(&client).ok_or_else(|| format!("no client `{client}` was opened"))?;
                    Ok(call(client, &request).await)
                }
                other => Err(format!("unknown op {other:?}")),
            }
        })
    }

    fn reset(&mut self) -> Pin<Box<dyn Future<Output = Outcome<()>> + Send + '_>> {
        self.clients.clear();
        Box::pin(async { Ok(()) })
    }
}

/// A client of the protocol that the settings name.
fn open(settings: Value) -> Result<Client, Error> {
    Client::new(Settings::read(settings.into())?)
}

async fn call(client: &Client, request: &Value) -> Value {
    let (pieces_in, mut pieces) = tokio::sync::mpsc::channel(8);
    let destination = match request["destination"]["path"].as_str() {
        Some(path) => ContentDestination::File(path.into()),
        None if request["destination"]["pieces"] == true => ContentDestination::Pieces(pieces_in.clone()),
        None => ContentDestination::Memory,
    };
    // Dropping the last sender ends the collecting below.
    drop(pieces_in);
    let options = CallOptions {
        timeout: request["timeout_ms"].as_u64().map(Duration::from_millis),
        content: content(&request["content"]),
        destination,
        asker: Some(Arc::new(Given {
            answers: request["answers"].clone(),
            outbox: request["outbox"].as_str().unwrap_or_default().to_owned(),
        })),
        ..CallOptions::default()
    };
    if let Some(after) = request["cancel_after_ms"].as_u64() {
        let cancel = options.cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            cancel.cancel();
        });
    }
    let collected = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Some(piece) = pieces.recv().await {
            all.extend_from_slice(&piece);
        }
        all
    });
    let name = request["name"].as_str().unwrap_or_default();
    let result = client.call_values(name, request["request"].clone().into(), options).await;
    let collected = collected.await.unwrap_or_default();
    match result {
        Err(error) => json!({"error": error.to_json()}),
        Ok(done) => {
            let content = match done.content {
                Some(Content::Bytes(bytes)) => json!({"base64": STANDARD.encode(bytes)}),
                Some(Content::Delivered { .. }) => json!({"base64": STANDARD.encode(collected)}),
                _ => Value::Null,
            };
            json!({"response": Value::from(done.response), "content": content})
        }
    }
}

fn content(given: &Value) -> Option<Content> {
    let decode = |text: &str| STANDARD.decode(text).unwrap_or_default();
    if let Some(text) = given["base64"].as_str() {
        return Some(Content::from(decode(text)));
    }
    if let Some(path) = given["path"].as_str() {
        return Some(Content::from(std::path::Path::new(path)));
    }
    let pieces: Vec<Vec<u8>> =
        given["pieces"].as_array()?.iter().filter_map(|piece| Some(decode(piece.as_str()?))).collect();
    let mut pieces = pieces.into_iter();
    Some(Content::Pieces(ContentPieces::new(move || Ok(pieces.next().map(Into::into)))))
}

struct Given {
    answers: Value,
    outbox: String,
}

impl CallAsker for Given {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer, Error>> + Send + '_>> {
        let asked = question
            .signature
            .as_ref()
            .map(|wanted| Asked { algorithm: wanted.algorithm, digest: wanted.digest.clone() });
        let found = answer(&self.answers, &self.outbox, question.kind, asked);
        Box::pin(async move {
            found
                .map(Secret::new)
                .ok_or_else(|| Error::because(&row::CANCELLED, format!("no answer to {}", question.kind)))
        })
    }
}
