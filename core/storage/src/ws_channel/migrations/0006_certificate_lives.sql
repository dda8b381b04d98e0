-- A set has the life of its certificates: what is asked for, in use, replaced. Its keys, each with its request or its
-- certificate, are named rows, of which one signs.
CREATE TABLE certificate_pair (
  email {text} NOT NULL,
  bank {text} NOT NULL,
  name {text} NOT NULL,
  purpose {text} NOT NULL,
  -- What the seal of the key is bound to.
  label {text} NOT NULL,
  request {text},
  pem {text},
  subject {text} NOT NULL,
  issuer {text} NOT NULL,
  serial {text} NOT NULL,
  not_after {int} NOT NULL,
  sealed_key {blob} NOT NULL,
  key_id {text} NOT NULL,
  PRIMARY KEY (email, bank, name, purpose),
  FOREIGN KEY (email, bank) REFERENCES cert_set (email, bank) ON DELETE CASCADE
){strict};

-- The key of an enrolment under way was in the memory of a service that has ended.
DELETE FROM cert_set WHERE state = 'pending';
UPDATE cert_set SET state = 'active' WHERE state = 'renewing';

INSERT INTO certificate_pair (email, bank, name, purpose, label, request, pem, subject, issuer, serial, not_after, sealed_key, key_id)
  SELECT c.email, c.bank, s.serial, c.purpose, c.serial, NULL, c.pem, c.subject, c.issuer, c.serial, c.not_after, c.sealed_key, c.key_id
  FROM certificate c JOIN certificate s ON s.email = c.email AND s.bank = c.bank AND s.purpose = 'signing';

-- The name of the pair that signs.
ALTER TABLE cert_set ADD COLUMN pair {text};
UPDATE cert_set SET pair = (SELECT c.serial FROM certificate c
  WHERE c.email = cert_set.email AND c.bank = cert_set.bank AND c.purpose = 'signing');
DROP TABLE certificate;

-- JSON; empty for a set that was not looked at since.
ALTER TABLE cert_set ADD COLUMN life {text} NOT NULL DEFAULT '';
-- When something is to be done by itself; null if nothing.
ALTER TABLE cert_set ADD COLUMN due {int} DEFAULT 0;
-- Until when the holder of the ticket may change it.
ALTER TABLE cert_set ADD COLUMN held_until {int} NOT NULL DEFAULT 0;
ALTER TABLE cert_set DROP COLUMN attempted;
CREATE INDEX cert_set_by_due ON cert_set (due);
