//! The issuer's statements in the extension qcStatements (RFC 3739, ETSI EN 319 412-5, ETSI TS 119 495; §7.1).

/// 0.4.0.1862.1.1.
pub(super) const COMPLIANCE: &[u8] = b"\x04\x00\x8e\x46\x01\x01";
/// 0.4.0.1862.1.6; the types have one more arc.
pub(super) const TYPE: &[u8] = b"\x04\x00\x8e\x46\x01\x06";
/// 0.4.0.19495.2.
pub(super) const PSD2: &[u8] = b"\x04\x00\x81\x98\x27\x02";
/// 0.4.0.19495.1; the roles have one more arc.
pub(super) const ROLE: &[u8] = b"\x04\x00\x81\x98\x27\x01";

/// The issuer's statements about a qualified certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QcStatements {
    /// Whether the certificate claims to be qualified.
    pub compliance: bool,
    /// The purposes of the certificate.
    pub types: Vec<QcType>,
    /// Roles and authority under PSD2.
    pub psd2: Option<Psd2Statement>,
    /// Deviations from the standard.
    pub oddities: Vec<QcOddity>,
}

impl QcStatements {
    /// Whether this statement is there and cannot be used.
    #[must_use]
    pub fn is_broken(&self, statement: QcStatementKind) -> bool {
        self.oddities.iter().any(|one| one.statement == statement && one.tolerance == QcTolerance::Nobody)
    }
}

/// A deviation from the standard in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QcOddity {
    /// The statement.
    pub statement: QcStatementKind,
    /// Who tolerates it.
    pub tolerance: QcTolerance,
    /// The text for a person, which names the statement.
    pub text: String,
}

/// A kind of statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QcStatementKind {
    /// QcCompliance.
    Compliance,
    /// QcType: the purposes.
    Type,
    /// The PSD2 statement: roles and authority.
    Psd2,
    /// Any other, or none that can be recognised.
    Other,
}

impl QcStatementKind {
    /// The name and number of the statement, for a person.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Compliance => "statement QcCompliance (0.4.0.1862.1.1)",
            Self::Type => "statement QcType (0.4.0.1862.1.6)",
            Self::Psd2 => "PSD2 statement (0.4.0.19495.2)",
            Self::Other => "list of statements",
        }
    }
}

/// Who tolerates a deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum QcTolerance {
    /// Every verifier: it is a warning.
    Every,
    /// Verifiers that are not strict.
    UnlessStrict,
    /// Lenient verifiers only.
    Lenient,
    /// No verifier: the statement cannot be used.
    Nobody,
}

/// The purpose of a qualified certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QcType {
    /// Signatures of a natural person.
    Esign,
    /// Seals of a legal person: these certificates sign requests.
    Eseal,
    /// Web sites and connections.
    Web,
    /// Another type, as an object identifier in dotted form.
    Other(String),
}

/// The PSD2 statement (ETSI TS 119 495 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Psd2Statement {
    /// The roles of the third party, each once, in the order of the certificate.
    pub roles: Vec<Psd2Role>,
    /// Name of the authority.
    pub nca_name: String,
    /// Identifier of the authority, such as `NO-FSA`.
    pub nca_id: String,
}

/// A role of a payment service provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Psd2Role {
    /// Account servicing.
    As,
    /// Payment initiation.
    Pi,
    /// Account information.
    Ai,
    /// Issuing of card-based payment instruments.
    Ic,
}

impl Psd2Role {
    /// All roles, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::As, Self::Pi, Self::Ai, Self::Ic];

    /// The object identifier in dotted form.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::As => "0.4.0.19495.1.1",
            Self::Pi => "0.4.0.19495.1.2",
            Self::Ai => "0.4.0.19495.1.3",
            Self::Ic => "0.4.0.19495.1.4",
        }
    }

    /// The name in a certificate: `PSP_AI`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::As => "PSP_AS",
            Self::Pi => "PSP_PI",
            Self::Ai => "PSP_AI",
            Self::Ic => "PSP_IC",
        }
    }

    /// The name of a third party with this role: `AISP`.
    #[must_use]
    pub const fn normalised(self) -> &'static str {
        match self {
            Self::As => "ASPSP",
            Self::Pi => "PISP",
            Self::Ai => "AISP",
            Self::Ic => "PIISP",
        }
    }

    /// The last arc of the object identifier.
    pub(super) const fn arc(self) -> u8 {
        match self {
            Self::As => 1,
            Self::Pi => 2,
            Self::Ai => 3,
            Self::Ic => 4,
        }
    }
}
