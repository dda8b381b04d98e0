//! The rules of purposes and category purposes, the same for data and for files.

use super::{Finding, Rule};

/// Category purposes of the external code set (`CtgyPurp/Cd`).
const CATEGORIES: &str = "\
    BONU CASH CBLK CCRD CGWV CIPC CONC CORT DCRD DIVI DVPM EPAY FCDT FCIN FCOL GOVT GP2P HEDG ICCP IDCP INTC INTE \
    LBOX LOAN MP2B MP2P OTHR PENS RPRE RRCT RVPM SALA SECU SSBE SUPP SWEP TAXS TOPA TPRI TPRP TRAD TREA VATX VOST \
    WHLD ZABA";

/// Purposes of the external code set (`Purp/Cd`).
const PURPOSES: &str = "\
    ACCT ADCS ADMG ADVA AEMP AGRT AIRB ALLW ALMY AMEX ANNI ANTS AREN AUCO B112 BBSC BCDM BCFG BECH BENE BEXP BFWD \
    BKDF BKFE BKFM BKIP BKPP BLDM BNET BOCE BOND BONU BR12 BUSB CABD CAEQ CAFI CASH CBCR CBFF CBFR CBLK CBTV CCHD \
    CCIR CCPC CCPM CCRD CCSM CDBL CDCB CDCD CDCS CDDP CDEP CDOC CDQC CFDI CFEE CGDD CHAR CLPR CMDT COLL COMC COMM \
    COMP COMT CORT COST CPEN CPKC CPYR CRDS CRPR CRSP CRTL CSDB CSLP CVCF DBCR DBTC DCRD DEBT DEPD DEPT DERI DICL \
    DIVD DMEQ DNTS DSMT DVPM ECPG ECPR ECPU EDUC EFTC EFTD ELEC ENRG EPAY EQPT EQTS EQUS ESTX ETUP EXPT EXTD FACT \
    FAND FCOL FCPM FEES FERB FIXI FLCR FNET FORW FREX FUTR FWBC FWCC FWLV FWSB FWSC FXNT GAFA GAHO GAMB GASB GDDS \
    GDSV GFRP GIFT GOVI GOVT GSCB GSTX GVEA GVEB GVEC GVED GWLT HEDG HLRP HLST HLTC HLTI HREC HSPC HSTX ICCP ICRF \
    IDCP IHRP INPC INPR INSC INSM INSU INTC INTE INTP INTX INVS IPAY IPCA IPDO IPEA IPEC IPEW IPPS IPRT IPU2 IPUW \
    IVPT LBIN LBRI LCOL LFEE LICF LIFI LIMA LMEQ LMFI LMRK LOAN LOAR LOTT LREB LREV LSFL LTCF MAFC MARF MARG MBSB \
    MBSC MCDM MCFG MDCS MGCC MGSC MOMA MP2B MP2P MSVC MTUP NETT NITX NOWS NWCH NWCM OCCC OCDM OCFG OFEE OPBC OPCC \
    OPSB OPSC OPTN OTCD OTHR OTLC PADD PAYR PCOM PDEP PEFC PENO PENS PHON PLDS PLRF POPE PPTI PRCP PRME PTSP PTXP \
    RAPI RCKE RCPT RDTX REBT REFU RELG RENT REOD REPO RETL RHBS RIMB RINP RLWY RMCO ROYA RPBC RPCC RPNT RPSB RPSC \
    RRBN RRCT RRTP RVPM RVPO SALA SASW SAVG SBSC SCIE SCIR SCRP SCVE SECU SEPI SERV SHBC SHCC SHSL SLEB SLOA SLPI \
    SPLT SPSP SSBE STDY SUBS SUPP SWBC SWCC SWFP SWPP SWPT SWRS SWSB SWSC SWUF TAXR TAXS TBAN TBAS TBBC TBCC TBIL \
    TCSC TELI TLRF TLRR TMPG TPRI TPRP TRAD TRCP TREA TRFD TRNC TRPT TRVC UBIL UNIT VATX VIEW WEBI WHLD WTER";

/// A code of another form than that of the external code sets.
pub fn check_form(code: &str) -> Option<Finding> {
    let formed = (1..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let message = "is not a code of up to four capital letters";
    (!formed).then(|| Finding::error(Rule::Purpose, message, "write a code such as SALA").value(code))
}

/// A category purpose that is not in the external code set.
pub fn check_category(code: &str) -> Option<Finding> {
    if listed(CATEGORIES, code) {
        return None;
    }
    let change = "use one of the external code set, such as SUPP or SALA";
    let found = Finding::warning(Rule::Purpose, "the category purpose is not known", change);
    Some(found.value(code).reason("FF06"))
}

/// A purpose that is not in the external code set. Purposes reach the payee as they are, and the set grows.
pub fn check_purpose(code: &str) -> Option<Finding> {
    if listed(PURPOSES, code) {
        return None;
    }
    let change = "use one of the external code set, such as GDDS or SALA";
    Some(Finding::warning(Rule::Purpose, "the purpose is not known", change).value(code).reason("FF07"))
}

fn listed(set: &str, code: &str) -> bool {
    set.split_ascii_whitespace().any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_are_sorted_without_doubles() {
        for set in [CATEGORIES, PURPOSES] {
            let codes: Vec<&str> = set.split_ascii_whitespace().collect();
            assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
            assert!(codes.iter().all(|code| code.len() == 4 && check_form(code).is_none()));
        }
    }
}
