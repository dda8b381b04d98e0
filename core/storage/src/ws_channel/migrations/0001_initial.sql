-- Times are Unix milliseconds. Truth values are 0 and 1. Types in braces are filled in per database.

CREATE TABLE tenant (
  api_key {text} PRIMARY KEY,
  owner_email {text},
  minted_by_operator {int} NOT NULL,
  enabled {int} NOT NULL,
  transfer_enabled {int} NOT NULL,
  waiver {int} NOT NULL,
  rate_class {text} NOT NULL,
  created {int} NOT NULL
){strict};

CREATE TABLE entitlement (
  api_key {text} NOT NULL REFERENCES tenant (api_key) ON DELETE CASCADE,
  product {text} NOT NULL,
  state {text} NOT NULL,
  changed {int} NOT NULL,
  PRIMARY KEY (api_key, product)
){strict};

CREATE TABLE invite (
  api_key {text} NOT NULL REFERENCES tenant (api_key) ON DELETE CASCADE,
  email {text} NOT NULL,
  created {int} NOT NULL,
  PRIMARY KEY (api_key, email)
){strict};

CREATE TABLE account (
  email {text} PRIMARY KEY,
  api_key {text} NOT NULL REFERENCES tenant (api_key),
  name {text} NOT NULL,
  company {text} NOT NULL,
  phone {text} NOT NULL,
  export_allowed {int} NOT NULL,
  linked_to {text} REFERENCES account (email),
  created {int} NOT NULL
){strict};
CREATE INDEX account_by_tenant ON account (api_key, email);
CREATE INDEX account_by_link ON account (linked_to);

CREATE TABLE mode_user (
  email {text} NOT NULL REFERENCES account (email),
  mode {text} NOT NULL,
  password_hash {text} NOT NULL,
  phone_verified {int} NOT NULL,
  email_verified {int} NOT NULL,
  totp_secret {blob},
  totp_last_step {int} NOT NULL,
  preferred_factor {text},
  created {int} NOT NULL,
  PRIMARY KEY (email, mode)
){strict};
CREATE INDEX mode_user_by_age ON mode_user (created);

CREATE TABLE code (
  email {text} NOT NULL,
  mode {text} NOT NULL,
  purpose {text} NOT NULL,
  hash {blob} NOT NULL,
  expires {int} NOT NULL,
  tries {int} NOT NULL,
  sent_at {int} NOT NULL,
  PRIMARY KEY (email, mode, purpose)
){strict};
CREATE INDEX code_by_expiry ON code (expires);

-- One row per counted event: a wrong password, a sent code, a registration of an address.
CREATE TABLE attempt (
  scope {text} NOT NULL,
  subject {text} NOT NULL,
  at {int} NOT NULL
){strict};
CREATE INDEX attempt_by_subject ON attempt (scope, subject, at);
CREATE INDEX attempt_by_age ON attempt (at);

CREATE TABLE lockout (
  scope {text} NOT NULL,
  subject {text} NOT NULL,
  until {int} NOT NULL,
  PRIMARY KEY (scope, subject)
){strict};

CREATE TABLE used_challenge (
  uuid {text} PRIMARY KEY,
  expires {int} NOT NULL
){keyed};
CREATE INDEX used_challenge_by_expiry ON used_challenge (expires);

CREATE TABLE pending_auth (
  token {blob} PRIMARY KEY,
  kind {text} NOT NULL,
  email {text} NOT NULL,
  mode {text} NOT NULL,
  challenge {text},
  secret {blob},
  tries {int} NOT NULL,
  issued {int} NOT NULL,
  expires {int} NOT NULL
){strict};
CREATE INDEX pending_auth_by_user ON pending_auth (email, mode);
CREATE INDEX pending_auth_by_expiry ON pending_auth (expires);

CREATE TABLE session (
  token {blob} PRIMARY KEY,
  email {text} NOT NULL,
  mode {text} NOT NULL,
  api_key {text} NOT NULL,
  auth_time {int} NOT NULL,
  factor {text} NOT NULL,
  expires {int} NOT NULL,
  last_used {int} NOT NULL
){keyed};
CREATE INDEX session_by_user ON session (email, mode, auth_time);
CREATE INDEX session_by_expiry ON session (expires);

CREATE TABLE pgp_key (
  email {text} NOT NULL REFERENCES account (email),
  fingerprint {text} NOT NULL,
  short_id {text} NOT NULL,
  purpose {text} NOT NULL,
  armored {text} NOT NULL,
  added {int} NOT NULL,
  PRIMARY KEY (email, fingerprint),
  UNIQUE (email, short_id)
){strict};

-- The one living set of an account at a bank. The ticket names the step that may finish what it began.
CREATE TABLE cert_set (
  email {text} NOT NULL REFERENCES account (email),
  bank {text} NOT NULL,
  state {text} NOT NULL,
  ticket {text} NOT NULL,
  ws_user_id {text} NOT NULL,
  company {text} NOT NULL,
  target_id {text},
  first_expiry {int} NOT NULL,
  changed {int} NOT NULL,
  attempted {int} NOT NULL,
  PRIMARY KEY (email, bank)
){strict};
CREATE INDEX cert_set_by_expiry ON cert_set (first_expiry);

CREATE TABLE certificate (
  email {text} NOT NULL,
  bank {text} NOT NULL,
  purpose {text} NOT NULL,
  pem {text} NOT NULL,
  subject {text} NOT NULL,
  issuer {text} NOT NULL,
  serial {text} NOT NULL,
  not_after {int} NOT NULL,
  sealed_key {blob} NOT NULL,
  key_id {text} NOT NULL,
  PRIMARY KEY (email, bank, purpose),
  FOREIGN KEY (email, bank) REFERENCES cert_set (email, bank) ON DELETE CASCADE
){strict};

CREATE TABLE retired_certificate (
  email {text} NOT NULL REFERENCES account (email),
  name {text} NOT NULL,
  purpose {text} NOT NULL,
  bank {text} NOT NULL,
  pem {text} NOT NULL,
  subject {text} NOT NULL,
  issuer {text} NOT NULL,
  serial {text} NOT NULL,
  not_after {int} NOT NULL,
  retired_at {int} NOT NULL,
  PRIMARY KEY (email, name, purpose)
){strict};

CREATE TABLE upload (
  id {text} PRIMARY KEY,
  api_key {text} NOT NULL,
  email {text} NOT NULL,
  connection {text} NOT NULL,
  bank {text} NOT NULL,
  file_type {text} NOT NULL,
  file_name {text} NOT NULL,
  sha256 {blob} NOT NULL,
  size {int} NOT NULL,
  signers {text} NOT NULL,
  state {text} NOT NULL,
  detail {text} NOT NULL,
  received {int} NOT NULL,
  finished {int},
  path {text},
  content {blob}
){strict};
CREATE INDEX upload_by_digest ON upload (api_key, email, sha256, received);
CREATE INDEX upload_by_connection ON upload (connection);
CREATE INDEX upload_by_state ON upload (state, received);

CREATE TABLE bank_file (
  api_key {text} NOT NULL,
  email {text} NOT NULL,
  bank {text} NOT NULL,
  reference {text} NOT NULL,
  file_type {text} NOT NULL,
  status {text} NOT NULL,
  created {int} NOT NULL,
  service_id {text},
  target_id {text},
  size {int} NOT NULL,
  path {text},
  content {blob},
  PRIMARY KEY (api_key, email, bank, reference)
){strict};
-- One index for each combination of filters, each in listing order: the cost follows the answer, not the table.
CREATE INDEX bank_file_by_time ON bank_file (api_key, email, bank, created, reference);
CREATE INDEX bank_file_by_type ON bank_file (api_key, email, bank, file_type, created, reference);
CREATE INDEX bank_file_by_status ON bank_file (api_key, email, bank, status, created, reference);
CREATE INDEX bank_file_by_both ON bank_file (api_key, email, bank, file_type, status, created, reference);

CREATE TABLE ledger (
  api_key {text} NOT NULL,
  email {text} NOT NULL,
  bank {text} NOT NULL,
  iban {text} NOT NULL,
  balance_cents {int} NOT NULL,
  statement {int} NOT NULL,
  version {int} NOT NULL,
  PRIMARY KEY (api_key, email, bank, iban)
){strict};

CREATE TABLE audit (
  seq {int} PRIMARY KEY,
  at {int} NOT NULL,
  request_id {text} NOT NULL,
  api_key {text} NOT NULL,
  email {text} NOT NULL,
  mode {text} NOT NULL,
  operation {text} NOT NULL,
  outcome {text} NOT NULL,
  object {text} NOT NULL,
  detail {text} NOT NULL,
  hash {blob} NOT NULL
){strict};

-- One row: the end of the chain.
CREATE TABLE audit_head (
  id {int} PRIMARY KEY,
  seq {int} NOT NULL,
  hash {blob} NOT NULL
){strict};
