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
    let (email, password) = ("you@example.com", "Example-Password-2026");
    let account = json!({"email": email, "password": password, "certificates": ["simulator"]});
    let seeded = service.seed(json!({"accounts": [account]})).await?;

    let own = WsChannelSettings::builder()
        .email(email)
        .password(password)
        .api_key(seeded["accounts"][0]["api_key"].as_str())
        .mode(Mode::Data)
        .bank(Bank::Simulator);
    let client = WsChannel::new(own.build()?.or(read_boundary(service.client_settings())?))?;
    client.log_in(LogInRequest::builder()).await?;
    let statements = DownloadNewFilesRequest::builder().file_type("camt.053.001.02").directory("statements");
    for file in client.download_new_files(statements).await?.files {
        println!("{} {:?} {}", file.file_reference, file.status, file.path.unwrap_or_default());
    }
    service.stop().await;
    Ok(())
}
