//! The rule of category purposes, the same for data and for files.

use super::{Finding, Rule};

/// Category purposes of the external code set (`CtgyPurp/Cd`).
const CATEGORIES: &str = "\
    BONU CASH CBLK CCRD CGWV CIPC CONC CORT DCRD DIVI DVPM EPAY FCDT FCIN FCOL GOVT GP2P HEDG ICCP IDCP INTC INTE \
    LBOX LOAN MP2B MP2P OTHR PENS RPRE RRCT RVPM SALA SECU SSBE SUPP SWEP TAXS TOPA TPRI TPRP TRAD TREA VATX VOST \
    WHLD ZABA";

/// A category purpose that is not in the external code set. Purposes are not compared with a list: they reach the
/// payee as they are, and the set has more than three hundred.
pub fn check_category(code: &str) -> Option<Finding> {
    if CATEGORIES.split_ascii_whitespace().any(|known| known == code) {
        return None;
    }
    let change = "use one of the external code set, such as SUPP or SALA";
    let found = Finding::warning(Rule::Purpose, "the category purpose is not known", change);
    Some(found.value(code).reason("FF06"))
}
