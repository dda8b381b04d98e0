-- The audit trail becomes one chain of records per account. Older records stay one chain by themselves: `chain` is null,
-- and `audit_sealed` has its end. An older program does not find the table that it appends by, and writes no record any more.
ALTER TABLE audit_head RENAME TO audit_sealed;

ALTER TABLE audit ADD COLUMN chain {text};
ALTER TABLE audit ADD COLUMN link {int};
CREATE UNIQUE INDEX audit_by_chain ON audit (chain, link);

-- The end of each chain. Its name is the account's address; records of nobody are in the chain without a name.
CREATE TABLE audit_chain (
  chain {text} PRIMARY KEY,
  length {int} NOT NULL,
  hash {blob} NOT NULL
){strict};

-- A checkpoint covers the ends of all chains: its hash covers the checkpoint before and the marks, which are the ends that
-- moved since then.
CREATE TABLE audit_checkpoint (
  number {int} PRIMARY KEY,
  at {int} NOT NULL,
  hash {blob} NOT NULL
){strict};

CREATE TABLE audit_mark (
  checkpoint {int} NOT NULL,
  chain {text} NOT NULL,
  length {int} NOT NULL,
  hash {blob} NOT NULL,
  PRIMARY KEY (checkpoint, chain)
){strict};
CREATE UNIQUE INDEX audit_mark_by_chain ON audit_mark (chain, length);

-- The last mark of each chain.
CREATE TABLE audit_marked (
  chain {text} PRIMARY KEY,
  length {int} NOT NULL
){strict};
