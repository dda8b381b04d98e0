//! Words for the codes of statements, reports and notifications.

/// `Bal/Tp/CdOrPrtry/Cd`.
pub(super) const BALANCES: &[(&str, &str)] = &[
    ("CLAV", "closing available"),
    ("CLBD", "closing booked"),
    ("FWAV", "forward available"),
    ("INFO", "information"),
    ("ITAV", "interim available"),
    ("ITBD", "interim booked"),
    ("OPAV", "opening available"),
    ("OPBD", "opening booked"),
    ("PRCD", "previously closed booked"),
    ("XPCD", "expected"),
];

/// `Ntry/Sts`.
pub(super) const ENTRY_STATUSES: &[(&str, &str)] =
    &[("BOOK", "booked"), ("FUTR", "future"), ("INFO", "information only"), ("PDNG", "pending")];

/// `Acct/Tp/Cd` (external code set of cash account types).
pub(super) const ACCOUNT_TYPES: &[(&str, &str)] = &[
    ("CACC", "current account"),
    ("CARD", "card account"),
    ("CASH", "cash payments"),
    ("CHAR", "charges"),
    ("CISH", "cash income"),
    ("COMM", "commission"),
    ("LLSV", "limited liquidity savings account"),
    ("LOAN", "loan"),
    ("MGLD", "marginal lending"),
    ("MOMA", "money market"),
    ("NREX", "non-resident external"),
    ("ODFT", "overdraft"),
    ("ONDP", "overnight deposit"),
    ("OTHR", "other account"),
    ("SACC", "settlement account"),
    ("SLRY", "salary account"),
    ("SVGS", "savings account"),
    ("TAXE", "tax account"),
    ("TRAN", "transaction account"),
    ("TRAS", "cash trading"),
    ("VACC", "virtual account"),
];

/// `BkTxCd/Domn/Cd`.
pub(super) const DOMAINS: &[(&str, &str)] = &[
    ("ACMT", "account management"),
    ("CAMT", "cash management"),
    ("CMDT", "commodities"),
    ("DERV", "derivatives"),
    ("FORX", "foreign exchange"),
    ("LDAS", "loans and deposits"),
    ("PMET", "precious metal"),
    ("PMNT", "payment"),
    ("SECU", "securities"),
    ("TRAD", "trade services"),
    ("XTND", "extended domain"),
];

/// `BkTxCd/Domn/Fmly/Cd` of payments.
pub(super) const FAMILIES: &[(&str, &str)] = &[
    ("CCRD", "customer's card"),
    ("CNTR", "at the counter"),
    ("DRFT", "draft"),
    ("ICCN", "issued cash concentration"),
    ("ICDT", "issued credit transfer"),
    ("ICHQ", "issued cheque"),
    ("IDDT", "issued direct debit"),
    ("IRCT", "issued instant transfer"),
    ("LBOX", "lock box"),
    ("MCOP", "other credit"),
    ("MCRD", "merchant's card"),
    ("MDOP", "other debit"),
    ("NTAV", "kind not available"),
    ("OTHR", "other"),
    ("RCCN", "received cash concentration"),
    ("RCDT", "received credit transfer"),
    ("RCHQ", "received cheque"),
    ("RDDT", "received direct debit"),
    ("RRCT", "received instant transfer"),
];

/// `BkTxCd/Domn/Fmly/SubFmlyCd`.
pub(super) const SUB_FAMILIES: &[(&str, &str)] = &[
    ("ACDT", "clearing house credit"),
    ("ADJT", "adjustment"),
    ("ATXN", "clearing house"),
    ("AUTT", "automatic"),
    ("BBDD", "SEPA business direct debit"),
    ("BOOK", "inside the bank"),
    ("CDPT", "cash deposit"),
    ("CHRG", "charges"),
    ("COMM", "commission"),
    ("CWDL", "cash withdrawal"),
    ("DMCT", "domestic"),
    ("ESCT", "SEPA"),
    ("ESDD", "SEPA direct debit"),
    ("FEES", "fees"),
    ("INTR", "interest"),
    ("OTHR", "other"),
    ("POSD", "card purchase"),
    ("PRCT", "priority"),
    ("RPCR", "recall"),
    ("RRTN", "return"),
    ("SALA", "payroll"),
    ("SDVA", "same day"),
    ("STDO", "standing order"),
    ("TAXE", "tax"),
    ("UPDD", "unpaid direct debit"),
    ("VCOM", "with agreed reference"),
    ("XBCT", "cross-border"),
];
