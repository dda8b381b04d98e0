//! Help texts without a declaration: descriptions of groups, and examples.

use super::psd2;

/// The description of a group.
pub(super) fn group(name: &str) -> &'static str {
    match name {
        "account" => "Register, verify, reset the password",
        "session" => "Log in and out, second factors",
        "certs" => "Bank certificates: enrol, import, share, export, retire",
        "files" => "Send files to banks, list and fetch files from banks",
        "pgp" => "Keys that sign uploads: on this machine and at the service",
        "integrator" => "Accounts under an API key",
        "iso20022" => "Payment files, status reports and statements: make, check, read",
        "psd2" => "Requests of a third party to PSD2 banks: send, sign, verify, explain; certificates for tests",
        "salt-edge" => {
            "A bank's connector for Salt Edge: verify and sign JWTs, handle requests, ask the bank, report to the hub"
        }
        "sepa" => "The banks' own SOAP channel (SEPA Web Services): send and fetch files, verify and explain messages",
        _ => "Operations of this subject",
    }
}

/// Examples for a group.
pub(super) fn group_examples(name: &str) -> Option<&'static str> {
    Some(match name {
        "account" => {
            "Examples:\n  bankchannel account register -m admin -e me@example.com --name 'Eve Example' --company 'Example Oy' --phone +358401234567\n  \
             bankchannel account register -m data\n  bankchannel account password-reset -m data\n\nThe command asks for values that are not given. A settings file saves repeating them: see\n`bankchannel account register --help`."
        }
        "session" => {
            "Examples:\n  bankchannel session login -m admin          asks for the password and the codes\n  \
             printf '%s\\n' \"$PASSWORD\" | bankchannel session login --noninteractive --password-stdin\n  bankchannel session logout\n\nThe session is stored in the settings file; later commands use it."
        }
        "certs" => {
            "Examples:\n  bankchannel certs list-certs\n  bankchannel certs enroll-cert -b simulator --company 'Example Oy' --ws-user-id SIM-0123456789ab --code SIM-0123456789abcdef01234567\n  \
             bankchannel certs import-cert -b nordea --ws-user-id 1234567890 --certificate cert.pem --privatekey key.pem\n\nAll commands except list-certs need an admin session."
        }
        "files" => {
            "Examples:\n  bankchannel files list-files -b nordea --status NEW\n  bankchannel files upload-file -b nordea --file-type pain.001.001.09 --private-key authorize-private.asc payment.xml\n  \
             bankchannel files download-files -b nordea --directory inbox\n  bankchannel files download-file -b nordea --filetype camt.053.001.02 --filereference 227166 -o statement.xml"
        }
        "psd2" => psd2::EXAMPLES,
        "salt-edge" => SALT_EDGE_EXAMPLES,
        "sepa" => SEPA_EXAMPLES,
        "integrator" => {
            "Examples:\n  bankchannel integrator list-accounts\n  bankchannel integrator delete-account --help"
        }
        "pgp" => {
            "Examples:\n  bankchannel pgp generate --name 'Eve Example' --email me@example.com --output-dir keys\n  bankchannel pgp sign --private-key keys/authorize-private.asc payment.xml\n  \
             bankchannel pgp verify --public-key keys/authorize-public.asc --signature payment.xml.asc payment.xml\n  bankchannel pgp upload-key --pgp-key-purpose authorize --pgp-key @keys/authorize-public.asc"
        }
        _ => return None,
    })
}

/// Examples for a command.
pub(super) fn examples(group: &str, name: &str) -> Option<&'static str> {
    Some(match (group, name) {
        ("account", "register") => {
            "The settings file (~/.wscli/settings.yaml, mode 0600 in a folder of mode 0700) is the same as that of wscli:\n\n  settings:\n    email: me@example.com\n    \
             mode: admin\n    name: Eve Example\n    company: Example Oy\n    phone: \"+358401234567\"\n    apikey: \"0\"\n    environment: test\n    bank: simulator\n\n\
             Register the admin user first, then the data user. The API key from the first registration is stored in the file."
        }
        ("session", "login") => {
            "Examples:\n  bankchannel session login -m admin\n  bankchannel session login -m admin --session SESSION --code 123456    the second step alone\n\n\
             Environment variables can give the codes: ISECURE_ADMIN_MFA_CODE, ISECURE_DATA_EMAIL_CODE and so on\n(…_{MFA,EMAIL,PHONE}_CODE, with the mode or without)."
        }
        ("files", "upload-file") => {
            "Examples:\n  bankchannel files upload-file --file-type pain.001.001.09 --private-key authorize-private.asc payment.xml\n  \
             bankchannel files upload-file --file-type pain.001.001.09 --signatures @payment.xml.asc payment.xml\n  \
             bankchannel files upload-file --file-type pain.001.001.09 --signing-certificate authorize-public.asc --signer 'openssl pkeyutl -sign -inkey key.pem -pkeyopt digest:sha256' payment.xml\n\nWith --private-key the command signs the file; with --signatures the file was signed elsewhere. With --signing-certificate\n\
             the key is elsewhere, such as in a smart card or an HSM, and --signer names the program that uses it: here an RSA key\n\
             in a file. The signature is checked before anything is sent. With --wait-for the command waits for the bank's answers\n\
             and writes them to --directory or the current folder; with --json and without --directory they are in the response."
        }
        ("files", "check-payment-file") => {
            "Examples:\n  bankchannel files check-payment-file payment.xml && bankchannel files upload-file --file-type pain.001.001.09 --private-key key.asc payment.xml\n\n\
             Exit code 0 when the file is correct, 1 when it is not: then each problem is shown with its line and the correction."
        }
        ("pgp", "verify-file") => "Exit code 0 when at least one signature is good, 1 when none is.",
        ("files", "download-files") => {
            "Files are named YYYYMMDD__TYPE_REFERENCE.dat after the bank's time stamp; existing files are skipped."
        }
        ("files", "download-file") => {
            "Without --output the file is written to stdout unchanged; with --json the response holds it as base64."
        }
        _ => return None,
    })
}

const SALT_EDGE_EXAMPLES: &str = "Examples:
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

const SEPA_EXAMPLES: &str = "Examples:
  bankchannel sepa upload-file --settings op.json --content salaries.xml --file-type pain.001.001.09
  bankchannel sepa list-files --settings op.json --status NEW
  bankchannel sepa download-file --settings op.json --file-reference 31000000001 -o report.xml
  bankchannel sepa verify --bank nordea answer.xml
  bankchannel sepa explain --bank op --at 2026-03-03T10:15:30Z answer.xml
  bankchannel sepa verify --signatures-only --json - < envelope.xml
  bankchannel sepa profiles op
  bankchannel sepa enrol --settings op.json --code 9026173400582314
  bankchannel sepa renew --settings op.json
  bankchannel sepa status --settings op.json --check
  bankchannel sepa change-passphrase --settings op.json --new-passphrase @new.txt
  bankchannel sepa anchors add --settings op.json new-root.pem

A message is a SOAP envelope, or the document inside of one (ApplicationRequest, ApplicationResponse).";
