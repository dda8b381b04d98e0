//! The help of the command line's groups.

use bankchannel_foundation::operation::CommandGroup;

/// The groups.
pub(super) static GROUPS: &[CommandGroup] = &[
    CommandGroup { last: &["verify", "sign", "outbox", "work"], ..CommandGroup::new("salt-edge","A bank's connector for Salt Edge: verify and sign JWTs, handle requests, ask the bank, report to the hub","Examples:
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
`bankchannel call salt_edge_connector.receive_request …`.") },
];
