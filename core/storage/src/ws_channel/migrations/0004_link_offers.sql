-- Certificates that an account would lend to another one, which has not accepted yet.
CREATE TABLE link_offer (
  borrower {text} NOT NULL REFERENCES account (email),
  lender {text} NOT NULL REFERENCES account (email),
  PRIMARY KEY (borrower, lender)
){keyed};
CREATE INDEX link_offer_by_lender ON link_offer (lender);
