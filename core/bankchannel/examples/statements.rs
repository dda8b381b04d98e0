//! Downloads every new account statement into the folder `statements`. The README shows this program; a test runs it.
// An example prints for a person.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use bankchannel::{CallOptions, Question, Result, Secret, ws_channel::*};

#[tokio::main]
async fn main() -> Result<()> {
    // From ISECURE_EMAIL, ISECURE_PASSWORD, ISECURE_MODE, ISECURE_API_KEY and ISECURE_BANK.
    let client = WsChannel::new(WsChannelSettings::from_env()?)?;
    let options = CallOptions::asking(|question: Question| Ok(Secret::new(read_line(&question.text))));
    client.log_in_with(LogInRequest::builder(), &options).await?;
    let statements = DownloadNewFilesRequest::builder().file_type("camt.053.001.02").directory("statements");
    for file in client.download_new_files(statements).await?.files {
        println!("{} {:?} {}", file.file_reference, file.status, file.path.unwrap_or_default());
    }
    Ok(())
}

fn read_line(prompt: &str) -> String {
    eprint!("{prompt}: ");
    std::io::stdin().lines().next().and_then(std::io::Result::ok).unwrap_or_default()
}
