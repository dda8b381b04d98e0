//! Words for the codes of payments.

/// `Purp/Cd`, `CtgyPurp/Cd`: codes used in Europe.
pub(super) const PURPOSES: &[(&str, &str)] = &[
    ("BECH", "child benefit"),
    ("BENE", "benefit for unemployment or disability"),
    ("BONU", "bonus"),
    ("CHAR", "charity"),
    ("COMM", "commission"),
    ("COST", "costs"),
    ("ELEC", "electricity"),
    ("EPAY", "electronic payment"),
    ("GASB", "gas"),
    ("GDDS", "goods"),
    ("GOVT", "payment of a government"),
    ("HLRP", "housing loan"),
    ("INSU", "insurance"),
    ("INTC", "inside a group of companies"),
    ("INTE", "interest"),
    ("IVPT", "invoice"),
    ("LOAN", "loan"),
    ("OTHR", "other"),
    ("OTLC", "other telecommunication"),
    ("PENS", "pension"),
    ("PHON", "telephone"),
    ("REFU", "refund"),
    ("RENT", "rent"),
    ("SALA", "salary"),
    ("SCVE", "services"),
    ("SSBE", "social security"),
    ("STDY", "studies"),
    ("SUBS", "subscription"),
    ("SUPP", "supplier"),
    ("TAXS", "tax"),
    ("TRAD", "trade"),
    ("TREA", "treasury"),
    ("UNIT", "unit trust"),
    ("VATX", "value added tax"),
    ("WHLD", "withholding tax"),
    ("WTER", "water"),
];

/// `RfrdDocInf` and `CdtrRefInf`: kinds of documents and references.
pub(super) const DOCUMENTS: &[(&str, &str)] = &[
    ("CINV", "commercial invoice"),
    ("CREN", "credit note"),
    ("DEBN", "debit note"),
    ("DISP", "dispatch advice"),
    ("MSIN", "metered service invoice"),
    ("PUOR", "purchase order"),
    ("SCOR", "structured creditor reference"),
    ("SOAC", "statement of account"),
];

/// `SvcLvl/Cd`, `LclInstrm/Cd`.
pub(super) const SERVICE_LEVELS: &[(&str, &str)] = &[
    ("INST", "instant"),
    ("NURG", "not urgent"),
    ("SDVA", "same day"),
    ("SEPA", "SEPA"),
    ("URGP", "urgent"),
    ("URNS", "urgent, net settlement"),
];
