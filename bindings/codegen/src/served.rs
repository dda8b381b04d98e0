//! The embedded servers: what each is called, how it is started, and what it says of itself.

use bankchannel::model::{Boundary, Shape, StructShape};
use bankchannel_counterparts::{nextgen_psd2::BankOptions, ws_channel::ServiceOptions};

/// One embedded server.
#[derive(Clone, Copy)]
pub(crate) struct Served {
    /// Its class in Python and Node.
    pub(crate) class: &'static str,
    /// Its class in PHP, below the client's namespace.
    pub(crate) short: &'static str,
    /// Its kind, as C and the command line name it.
    pub(crate) kind: &'static str,
    /// What it is, in a few words.
    pub(crate) what: &'static str,
    /// How it is started.
    pub(crate) options: &'static StructShape,
    /// What it says when it is ready.
    pub(crate) info: &'static [Info],
}

/// One member of what a server says when it is ready.
pub(crate) struct Info {
    /// Its name on the boundary.
    pub(crate) name: &'static str,
    /// Its meaning.
    pub(crate) doc: &'static str,
    /// Whether it may be absent.
    pub(crate) optional: bool,
    /// Whether a client takes it as the setting of the same name.
    pub(crate) is_setting: bool,
}

const CONTROL_URL: Info = Info {
    name: "control_url",
    doc: "The control interface, where it was asked for.",
    optional: true,
    is_setting: false,
};

impl Served {
    /// The WS Channel service.
    pub(crate) fn ws_channel() -> Result<Self, String> {
        const INFO: &[Info] = &[
            setting("base_url", "What clients take as `base_url`."),
            setting("public_key_file", "What clients take as `public_key_file`: an absolute path."),
            CONTROL_URL,
        ];
        Ok(Self {
            class: "Service",
            short: "Service",
            kind: "ws-channel",
            what: "An embedded WS Channel service",
            options: fields_of(ServiceOptions::SHAPE)?,
            info: INFO,
        })
    }

    /// The sandbox bank.
    pub(crate) fn nextgen_psd2() -> Result<Self, String> {
        const INFO: &[Info] = &[
            setting("base_url", "What clients of the dialect `era` take as `base_url`."),
            told("bg_base_url", "What clients of the dialect `bg` take as `base_url`."),
            Info {
                name: "ca_file",
                doc: "What clients take as `ca_file`, where the bank speaks TLS: an absolute path.",
                optional: true,
                is_setting: true,
            },
            told(
                "certificates_dir",
                "The folder with certificates and keys of three third parties: `tpp1-qseal.pem`, `tpp1-qseal.key`, \
                 `tpp1-qwac.pem`, `tpp1-qwac.key`, and so on.",
            ),
            Info {
                name: "requests_url",
                doc: "The page that shows the latest requests, for a browser; absent where the bank does not explain.",
                optional: true,
                is_setting: false,
            },
            CONTROL_URL,
        ];
        Ok(Self {
            class: "NextGenPsd2Bank",
            short: "Bank",
            kind: "nextgen-psd2-bank",
            what: "An embedded NextGenPSD2 sandbox bank",
            options: fields_of(BankOptions::SHAPE)?,
            info: INFO,
        })
    }

    /// What a client takes over as settings.
    pub(crate) fn settings(&self) -> impl Iterator<Item = &'static Info> + use<> {
        self.info.iter().filter(|info| info.is_setting)
    }
}

const fn setting(name: &'static str, doc: &'static str) -> Info {
    Info { name, doc, optional: false, is_setting: true }
}

const fn told(name: &'static str, doc: &'static str) -> Info {
    Info { name, doc, optional: false, is_setting: false }
}

fn fields_of(shape: &'static Shape) -> Result<&'static StructShape, String> {
    match shape {
        Shape::Struct(fields) => Ok(fields),
        _ => Err("a server's options must be a struct".into()),
    }
}
