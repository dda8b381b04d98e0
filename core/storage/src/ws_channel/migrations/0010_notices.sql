-- Notices that wait to be sent: codes, and what somebody is to be told. What is told is sealed with the service's vault.
CREATE TABLE notice (
  id {text} PRIMARY KEY,
  channel {text} NOT NULL,
  sealed {blob} NOT NULL,
  -- When it is taken next; while somebody sends it, until when it is that one's.
  due {int} NOT NULL,
  tries {int} NOT NULL,
  created {int} NOT NULL,
  expires {int} NOT NULL,
  -- Of one that takes the place of an earlier one: a code's address and purpose, keyed.
  slot {text}
){strict};
CREATE INDEX notice_by_due ON notice (due);
CREATE UNIQUE INDEX notice_by_slot ON notice (slot);

-- What the operator was told of and what holds: one row until it clears.
CREATE TABLE alert (
  kind {text} NOT NULL,
  subject {text} NOT NULL,
  since {int} NOT NULL,
  -- When an instance has seen last that it holds.
  seen {int} NOT NULL,
  PRIMARY KEY (kind, subject)
){strict};
