-- The codes of banks that were sent for a user id, by all accounts: the bank counts wrong ones and locks. A row goes when the
-- code was right, or when it is known that nothing was sent.
CREATE TABLE code_attempt (
  -- Names the caller, as the ticket of the set that it holds.
  ticket {text} PRIMARY KEY,
  bank {text} NOT NULL,
  -- Without blanks, in capitals.
  ws_user_id {text} NOT NULL,
  -- Without a reference: what was sent stays counted when the account goes.
  email {text} NOT NULL,
  state {text} NOT NULL,
  at {int} NOT NULL
){strict};
CREATE INDEX code_attempt_by_user ON code_attempt (bank, ws_user_id);
CREATE INDEX code_attempt_by_age ON code_attempt (at);

-- The operator's word: these accounts, and no others, use a user id.
CREATE TABLE user_id_permit (
  bank {text} NOT NULL,
  ws_user_id {text} NOT NULL,
  email {text} NOT NULL REFERENCES account (email) ON DELETE CASCADE,
  at {int} NOT NULL,
  PRIMARY KEY (bank, ws_user_id, email)
){strict};

-- When the operator was told last that an account was refused for a user id.
CREATE TABLE code_alert (
  bank {text} NOT NULL,
  ws_user_id {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY (bank, ws_user_id)
){strict};
