//! The help of the command line's groups.

use bankchannel_foundation::operation::CommandGroup;

/// The groups, in the order of the help.
pub(super) static GROUPS: &[CommandGroup] = &[
    CommandGroup::new(
        "account",
        "Register, verify, reset the password",
        "Examples:\n  bankchannel account register -m admin -e me@example.com --name 'Eve Example' --company 'Example Oy' --phone +358401234567\n  \
             bankchannel account register -m data\n  bankchannel account password-reset -m data\n\nThe command asks for values that are not given. A settings file saves repeating them: see\n`bankchannel account register --help`.",
    ),
    CommandGroup::new(
        "session",
        "Log in and out, second factors",
        "Examples:\n  bankchannel session login -m admin          asks for the password and the codes\n  \
             printf '%s\\n' \"$PASSWORD\" | bankchannel session login --noninteractive --password-stdin\n  bankchannel session logout\n\nThe session is stored in the settings file; later commands use it.",
    ),
    CommandGroup::new(
        "certs",
        "Bank certificates: enrol, import, share, export, retire",
        "Examples:\n  bankchannel certs list-certs\n  bankchannel certs enroll-cert -b simulator --company 'Example Oy' --ws-user-id SIM-0123456789ab --code SIM-0123456789abcdef01234567\n  \
             bankchannel certs import-cert -b nordea --ws-user-id 1234567890 --certificate cert.pem --privatekey key.pem\n\nAll commands except list-certs need an admin session.",
    ),
    CommandGroup::new(
        "files",
        "Send files to banks, list and fetch files from banks",
        "Examples:\n  bankchannel files list-files -b nordea --status NEW\n  bankchannel files upload-file -b nordea --file-type pain.001.001.09 --private-key authorize-private.asc payment.xml\n  \
             bankchannel files download-files -b nordea --directory inbox\n  bankchannel files download-file -b nordea --filetype camt.053.001.02 --filereference 227166 -o statement.xml",
    ),
    CommandGroup {
        last: &["sign", "verify", "generate", "inspect"],
        ..CommandGroup::new(
            "pgp",
            "Keys that sign uploads: on this machine and at the service",
            "Examples:\n  bankchannel pgp generate --name 'Eve Example' --email me@example.com --output-dir keys\n  bankchannel pgp sign --private-key keys/authorize-private.asc payment.xml\n  \
             bankchannel pgp verify --public-key keys/authorize-public.asc --signature payment.xml.asc payment.xml\n  bankchannel pgp upload-key --pgp-key-purpose authorize --pgp-key @keys/authorize-public.asc",
        )
    },
    CommandGroup::new(
        "integrator",
        "Accounts under an API key",
        "Examples:\n  bankchannel integrator list-accounts\n  bankchannel integrator delete-account --help",
    ),
];
