//! `bankchannel salt-edge`: JWTs of Salt Edge verified and signed on this machine, and a connector's reports and
//! questions to the hub.
//!
//! ```text
//!   jwt         verify, sign
//!   work        continuous work, the bank behind a URL; pending callbacks
//! ```

mod jwt;
mod work;

use crate::handwritten::Handwritten;

/// Their group, which also has a command for each exchange with the hub and each flow over the connector's store.
const GROUP: &str = "salt-edge";

/// The commands.
pub(crate) const COMMANDS: &[Handwritten] = &[
    Handwritten { group: GROUP, name: "verify", command: jwt::verify_command, run: jwt::verify },
    Handwritten { group: GROUP, name: "sign", command: jwt::sign_command, run: jwt::sign },
    Handwritten { group: GROUP, name: "outbox", command: work::outbox_command, run: work::outbox },
    Handwritten { group: GROUP, name: "work", command: work::command, run: work::run },
];

pub(crate) const EXAMPLES: &str = "Examples:
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
