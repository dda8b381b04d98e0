//! `bankchannel salt-edge`: JWTs of Salt Edge verified and signed on this machine, and a connector's reports and
//! questions to the hub.
//!
//! ```text
//!   jwt         verify, sign
//!   exchange    an operation at the hub, signed and sent; or a flow over the connector's store
//!   work        continuous work, the bank behind a URL; pending callbacks
//! ```

mod exchange;
mod jwt;
mod work;

use clap::{ArgMatches, Command};

use crate::exit::{CommandFailure, CommandOutcome};

/// The group.
pub(crate) const GROUP: &str = "salt-edge";

const EXAMPLES: &str = "Examples:
  bankchannel salt-edge verify --public-key salt-edge.pem --issuer priora.saltedge.com request.jwt
  bankchannel salt-edge sign --private-key connector.key.pem - < data.json
  bankchannel salt-edge fail-session --settings connector.json --session-secret SECRET --error-class AccessDenied --error-message 'refused by the customer'

  bankchannel salt-edge work --settings connector.json --bank-command 'php bank.php'
  bankchannel salt-edge work --settings connector.json --bank http://127.0.0.1:8000/bank --watch
  bankchannel salt-edge outbox --settings connector.json

To try them without Salt Edge: `bankchannel serve salt-edge-hub --data hub --control` prints the settings in one line;
connector.json is then
{\"base_url\": …, \"app_id\": …, \"app_secret_file\": …, \"provider_code\": …, \"hub_public_key_file\": …,
 \"private_key_file\": …, \"store\": FOLDER}, and \"bank_secret_file\": … for --bank.
The store of `bankchannel serve salt-edge-connector --data DIR` is DIR/store.

Every operation of the library can also be called by its own name:
`bankchannel call salt_edge_connector.receive_request …`.";

/// The group with its commands.
pub(crate) fn command() -> Command {
    Command::new(GROUP)
        .about(
            "A bank's connector for Salt Edge: verify and sign JWTs, handle requests, ask the bank, report to the hub",
        )
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(jwt::verify_command())
        .subcommand(jwt::sign_command())
        .subcommand(work::outbox_command())
        .subcommands(exchange::commands())
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let Some((name, inner)) = matches.subcommand() else { return Err(CommandFailure::usage("a command is missing")) };
    match name {
        "verify" => jwt::verify(inner),
        "sign" => jwt::sign(inner),
        "outbox" => work::outbox(exchange::settings(inner)?, inner),
        _ => exchange::run(name, inner)
            .unwrap_or_else(|| Err(CommandFailure::usage(format!("there is no command `{GROUP} {name}`")))),
    }
}
