//! Downloads every new account statement of an embedded service into the folder `statements`. The README shows this
//! program; a test runs it.
// An example prints for a person.
#![allow(clippy::print_stdout)]

use bankchannel::{Result, model::read_boundary, ws_channel::*};
use bankchannel_counterparts::EmbeddedServer;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    let service = EmbeddedServer::start("ws-channel", json!({})).await?;
    let you = json!({"email": "you@example.com", "password": "Example-Password-2026", "certificates": ["simulator"]});
    let seeded = service.seed(json!({"accounts": [you]})).await?;
    let own = WsChannelSettings::builder().email("you@example.com").password("Example-Password-2026");
    let own = own.bank(Bank::Simulator).mode(Mode::Data).api_key(seeded["accounts"][0]["api_key"].as_str()).build()?;
    let client = WsChannel::new(own.or(read_boundary(service.client_settings())?))?;
    client.log_in(LogInRequest::builder()).await?;
    let statements = DownloadNewFilesRequest::builder().file_type("camt.053.001.02").directory("statements");
    client.download_new_files(statements).await.map(|done| println!("{} downloaded", done.downloaded))
}
