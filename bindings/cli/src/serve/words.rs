//! Texts of the command line about a counterpart, in addition to its declaration: examples, older spellings, warnings.

/// The texts for one kind.
pub(super) struct Words {
    kind: &'static str,
    pub(super) about: &'static str,
    pub(super) after_help: &'static str,
    /// Options whose spelling differs from their fields.
    pub(super) spellings: &'static [Spelling],
    /// Warnings on stderr for given fields.
    pub(super) warnings: &'static [(&'static str, &'static str)],
    /// Whether `--drain` announces the shutdown; otherwise it is in the configuration.
    pub(super) drains: bool,
    /// Whether data can be seeded.
    pub(super) seeds: bool,
    /// Whether it serves in production; the others are for tests on any system.
    is_for_production: bool,
}

impl Words {
    /// The warning at a start on this system, as [`std::env::consts::OS`] names it.
    pub(super) fn system_warning(&self, system: &str) -> Option<&'static str> {
        (self.is_for_production && system != "linux").then_some(ONLY_LINUX)
    }
}

const ONLY_LINUX: &str = "in production this service runs on Linux: use it for tests and development here";

/// An option and its field.
pub(super) struct Spelling {
    pub(super) field: &'static str,
    pub(super) option: &'static str,
    /// For a flag: the value that it sets.
    pub(super) means: bool,
    /// Its help, if the field's documentation would mislead.
    pub(super) help: Option<&'static str>,
}

const NONE: Words = Words {
    kind: "",
    about: "",
    after_help: "",
    spellings: &[],
    warnings: &[CONTROL],
    drains: true,
    seeds: true,
    is_for_production: false,
};

const CONTROL: (&str, &str) =
    ("control", "the control interface is open: anyone who can reach it controls this service");

/// The texts for this kind.
pub(super) fn words(kind: &str) -> &'static Words {
    WORDS.iter().find(|words| words.kind == kind).unwrap_or(&NONE)
}

const WORDS: &[Words] = &[
    Words {
        kind: "ws-channel",
        about: "The WS Channel service, with the simulator bank",
        after_help: "Examples:
  bankchannel serve ws-channel --data ws-data                                   on a free loopback port
  bankchannel serve ws-channel --data ws-data --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem --config service.toml
  bankchannel serve ws-channel --data test --verification-code 123456 --no-limits --control     for tests
  bankchannel serve ws-channel --data ws-data --config service.toml --check

When it is ready it prints one line of JSON: kind, base_url, public_key_file, control_url.
It writes the codes for SMS and e-mail to DATA/outbox.jsonl, or sends them (delivery, in --config). GET /healthz and GET /readyz answer probes.
SIGINT or SIGTERM stops it: for drain_s seconds (--config) GET /readyz says 503 while requests are still answered.
Then it accepts no new requests, answers the requests in flight and exits.
SIGHUP makes it read its configuration and its TLS files again: the log says what it has applied and what needs a restart.
BANKCHANNEL_LOG (warn, debug, or a filter such as info,bankchannel::request=warn) goes before log_level of --config.",
        spellings: &[],
        warnings: &[
            ("verification_code", "every code is the --verification-code: use this service for tests only"),
            ("no_limits", "all limits are lifted: use this service for tests only"),
            CONTROL,
        ],
        drains: false,
        seeds: true,
        is_for_production: true,
    },
    Words {
        kind: "nextgen-psd2-bank",
        about: "A NextGenPSD2 sandbox bank that explains what is wrong with a request",
        after_help: "Examples:
  bankchannel serve nextgen-psd2-bank --data bank                       https with mutual TLS, on a free loopback port
  bankchannel serve nextgen-psd2-bank --data bank --listen 127.0.0.1:8443
  bankchannel serve nextgen-psd2-bank --data bank --plain --control     http, for tests
  bankchannel serve nextgen-psd2-bank --data bank --clock 2026-03-03T10:15:30Z --mode strict

When it is ready it prints one line of JSON: kind, base_url, bg_base_url, ca_file, certificate_file, private_key_file,
client_certificate_file, client_key_file, certificates_dir, control_url, requests_url.
DATA/certificates holds certificates and keys of three third parties: sign with tpp1-qseal, connect with tpp1-qwac.
Open requests_url in a browser: the page shows each request with its verdict, and for a wrong signature the byte
that differs and the reason. GET /healthz and GET /readyz answer probes, without a client certificate.
SIGINT or SIGTERM stops it: it answers the requests in flight and exits.
It is a sandbox: do not put data of real customers into it.",
        spellings: &[
            Spelling {
                field: "explain",
                option: "no-explain",
                means: false,
                help: Some("Refuse without explaining, as a real bank does"),
            },
            Spelling { field: "trusted_file", option: "trusted", means: true, help: None },
            Spelling { field: "era_status_quirk", option: "status-quirk", means: true, help: None },
            Spelling { field: "era_bad_href", option: "href-quirk", means: true, help: None },
        ],
        warnings: &[("control", "the control interface is open: anyone who can reach it controls this bank")],
        drains: true,
        seeds: true,
        is_for_production: false,
    },
    Words {
        kind: "sepa-bank",
        about: "A sandbox bank of SEPA Web Services, in the dialects of Nordea, OP and the Samlink banks",
        after_help: "Examples:
  bankchannel serve sepa-bank --data bank                       https, on a free loopback port
  bankchannel serve sepa-bank --data bank --plain --control     http, for tests
  bankchannel serve sepa-bank --data bank --listen 127.0.0.1:8444 --strict

When it is ready it prints one line of JSON: kind, base_url, families, clients, ca_file, control_url. Each family has
file_url, certificate_url, anchors_file and its customers, whose certificates and keys are files in the data folder, and
whose codes are good for a first certificate. clients has for each bank the settings of a client of its first customer.
It takes payment files and answers them with status reports after a minute (--report-after-s), and with statements the
next day; POST clock to control_url moves that time. Why it refused a request stands in the transcript; the answer has a bank's code.
GET /healthz and GET /readyz answer probes. SIGINT or SIGTERM stops it. Guide: docs/sepa-bank.md.",
        spellings: &[],
        warnings: &[("control", "the control interface is open: anyone who can reach it controls this bank")],
        drains: true,
        seeds: true,
        is_for_production: false,
    },
    Words {
        kind: "salt-edge-hub",
        about: "A hub that plays Salt Edge towards a bank's connector, for tests",
        after_help: "Examples:
  bankchannel serve salt-edge-hub --data hub --control          on a free loopback port
  bankchannel serve salt-edge-hub --data hub --listen 127.0.0.1:8090 --connector-public-key connector.pem
  bankchannel serve salt-edge-hub --data hub --clock 2024-11-24T08:14:23Z

When it is ready it prints one line of JSON: kind, base_url, hub_public_key_file, app_id, app_secret_file,
provider_code, private_key_file, requests_url, control_url. All except kind, requests_url and control_url are settings
of a connector.
Open requests_url in a browser: the page shows all sessions and messages.
Without --connector-public-key the hub also makes the connector's key pair. Sessions and tokens are kept in memory only.
GET /healthz and GET /readyz answer probes. SIGINT or SIGTERM stops it.",
        spellings: &[],
        warnings: &[("control", "the control interface is open: anyone who can reach it controls this hub")],
        drains: true,
        seeds: false,
        is_for_production: false,
    },
    Words {
        kind: "salt-edge-connector",
        about: "A bank's connector to Salt Edge: with an example bank, or in front of the bank's own code",
        after_help: "Examples:
  bankchannel serve salt-edge-connector --data connector                       with the example bank, on a free loopback port
  bankchannel serve salt-edge-connector --data connector --config connector.toml --check
  bankchannel serve salt-edge-connector --data connector --bank http://127.0.0.1:8000/bank \\
      --hub-url https://priora.saltedge.com --app-id ID --app-secret-file secret --provider-code mybank \\
      --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem

When it is ready it prints one line of JSON: kind, base_url, public_key_file, provider_code, bank_interface_url,
bank_secret_file, control_url. Enter base_url and the public key in Salt Edge's dashboard.
With --bank URL the connector sends each question to the bank's code as POST URL/NAME. The bank's page and back office
reach sessions and tokens at bank_interface_url. Both directions authenticate with the secret in bank_secret_file.
GET /healthz and GET /readyz answer probes. SIGINT or SIGTERM stops it after the work in progress.
SIGHUP makes it read its configuration and its TLS files again: the log says what it has applied and what needs a restart.
Guide: docs/salt-edge-connector.md. Configuration file: docs/salt-edge-connector.toml.",
        spellings: &[],
        warnings: &[("control", "the control interface is open: anyone who can reach it controls this connector")],
        drains: true,
        seeds: true,
        is_for_production: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_of_a_counterpart_and_a_field_that_there_is() {
        for words in WORDS {
            let counterpart = bankchannel_counterparts::counterpart(words.kind).expect("the kind is one");
            let is_field = |name: &str| counterpart.options.fields().iter().any(|field| field.name == name);
            assert!(words.spellings.iter().all(|spelling| is_field(spelling.field)), "{}", words.kind);
            assert!(words.warnings.iter().all(|(field, _)| is_field(field)), "{}", words.kind);
        }
    }

    #[test]
    fn a_service_for_production_says_elsewhere_that_it_belongs_on_linux() {
        let warned: Vec<&str> =
            WORDS.iter().filter(|words| words.system_warning("windows").is_some()).map(|words| words.kind).collect();
        assert_eq!(warned, ["ws-channel", "salt-edge-connector"]);
        assert!(words("ws-channel").system_warning("macos").is_some());
        assert!(WORDS.iter().all(|words| words.system_warning("linux").is_none()));
    }
}
