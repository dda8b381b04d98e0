-- Since when the operator keeps the account out, and why; null while it is in use.
ALTER TABLE account ADD COLUMN disabled_at {int};
ALTER TABLE account ADD COLUMN disabled_reason {text};

-- The banks to which the operator lets no upload go. A row stays when its bank is resumed: on PostgreSQL an upload locks it until
-- it is journalled, so that a pause is not acknowledged before the uploads that did not see it.
CREATE TABLE bank_pause (
  bank {text} PRIMARY KEY,
  -- Null while uploads go to the bank.
  since {int},
  reason {text} NOT NULL,
  by_whom {text} NOT NULL
){strict};
