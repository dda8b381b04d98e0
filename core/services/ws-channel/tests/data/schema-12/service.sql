PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
INSERT INTO schema_version VALUES(1,'initial');
INSERT INTO schema_version VALUES(2,'audit chains');
INSERT INTO schema_version VALUES(3,'installation');
INSERT INTO schema_version VALUES(4,'link offers');
INSERT INTO schema_version VALUES(5,'message ids');
INSERT INTO schema_version VALUES(6,'certificate lives');
INSERT INTO schema_version VALUES(7,'uploads at banks');
INSERT INTO schema_version VALUES(8,'bank codes');
INSERT INTO schema_version VALUES(9,'accounts and banks');
INSERT INTO schema_version VALUES(10,'notices');
INSERT INTO schema_version VALUES(11,'audit origin');
INSERT INTO schema_version VALUES(12,'schema floor');
CREATE TABLE tenant (
  api_key TEXT PRIMARY KEY,
  owner_email TEXT,
  minted_by_operator INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  transfer_enabled INTEGER NOT NULL,
  waiver INTEGER NOT NULL,
  rate_class TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT;
INSERT INTO tenant VALUES('bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK','older@example.test',0,1,1,0,'default',1796062686189);
INSERT INTO tenant VALUES('7sYIxIQWIySowdemA3NlKsY3TExzRGYyRxgkhtjK','disabled@example.test',0,1,1,0,'default',1796062689329);
CREATE TABLE entitlement (
  api_key TEXT NOT NULL REFERENCES tenant (api_key) ON DELETE CASCADE,
  product TEXT NOT NULL,
  state TEXT NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (api_key, product)
) STRICT;
CREATE TABLE invite (
  api_key TEXT NOT NULL REFERENCES tenant (api_key) ON DELETE CASCADE,
  email TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (api_key, email)
) STRICT;
CREATE TABLE account (
  email TEXT PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES tenant (api_key),
  name TEXT NOT NULL,
  company TEXT NOT NULL,
  phone TEXT NOT NULL,
  export_allowed INTEGER NOT NULL,
  linked_to TEXT REFERENCES account (email),
  created INTEGER NOT NULL
, disabled_at INTEGER, disabled_reason TEXT) STRICT;
INSERT INTO account VALUES('older@example.test','bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK','Seeded Example Oy','Example Oy','+358401234567',1,NULL,1796062686189,NULL,NULL);
INSERT INTO account VALUES('disabled@example.test','7sYIxIQWIySowdemA3NlKsY3TExzRGYyRxgkhtjK','Seeded Example Oy','Example Oy','+358401234567',1,NULL,1796062689329,1796062690741,'an order');
CREATE TABLE mode_user (
  email TEXT NOT NULL REFERENCES account (email),
  mode TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  phone_verified INTEGER NOT NULL,
  email_verified INTEGER NOT NULL,
  totp_secret BLOB,
  totp_last_step INTEGER NOT NULL,
  preferred_factor TEXT,
  created INTEGER NOT NULL,
  PRIMARY KEY (email, mode)
) STRICT;
INSERT INTO mode_user VALUES('older@example.test','admin','$argon2id$v=19$m=19456,t=2,p=1$ndneocBpQY2juH/JuksvnQ$flOQCP0UMdXfeb23I97/3hmP4vR/OVzCHqU5b8olGZA',1,1,NULL,-1,NULL,1796062686189);
INSERT INTO mode_user VALUES('older@example.test','data','$argon2id$v=19$m=19456,t=2,p=1$ndneocBpQY2juH/JuksvnQ$flOQCP0UMdXfeb23I97/3hmP4vR/OVzCHqU5b8olGZA',1,1,NULL,-1,NULL,1796062686189);
INSERT INTO mode_user VALUES('disabled@example.test','admin','$argon2id$v=19$m=19456,t=2,p=1$ndneocBpQY2juH/JuksvnQ$flOQCP0UMdXfeb23I97/3hmP4vR/OVzCHqU5b8olGZA',1,1,NULL,-1,NULL,1796062689329);
INSERT INTO mode_user VALUES('disabled@example.test','data','$argon2id$v=19$m=19456,t=2,p=1$ndneocBpQY2juH/JuksvnQ$flOQCP0UMdXfeb23I97/3hmP4vR/OVzCHqU5b8olGZA',1,1,NULL,-1,NULL,1796062689329);
CREATE TABLE code (
  email TEXT NOT NULL,
  mode TEXT NOT NULL,
  purpose TEXT NOT NULL,
  hash BLOB NOT NULL,
  expires INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  PRIMARY KEY (email, mode, purpose)
) STRICT;
CREATE TABLE attempt (
  scope TEXT NOT NULL,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE lockout (
  scope TEXT NOT NULL,
  subject TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (scope, subject)
) STRICT;
CREATE TABLE used_challenge (
  uuid TEXT PRIMARY KEY,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE pending_auth (
  token BLOB PRIMARY KEY,
  kind TEXT NOT NULL,
  email TEXT NOT NULL,
  mode TEXT NOT NULL,
  challenge TEXT,
  secret BLOB,
  tries INTEGER NOT NULL,
  issued INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
CREATE TABLE session (
  token BLOB PRIMARY KEY,
  email TEXT NOT NULL,
  mode TEXT NOT NULL,
  api_key TEXT NOT NULL,
  auth_time INTEGER NOT NULL,
  factor TEXT NOT NULL,
  expires INTEGER NOT NULL,
  last_used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO session VALUES(X'70b4e91261deaef5539cb124e0cffaaa682ad77a1d232479b580d8d9eb5784fc','older@example.test','admin','bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK',1796062686189,'SMS_MFA',1796066286189,1796062686189);
INSERT INTO session VALUES(X'a7756068ca481d3dd60f57f434f2d62ebd0a6a8894a521d4c33985b410895f43','older@example.test','admin','bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK',1796062687393,'SMS_MFA',1796066287393,1796062687393);
INSERT INTO session VALUES(X'c9c43412b05d3a26439333f8b4a93decb31cac1a3634eb4b167e30d201cb1211','older@example.test','data','bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK',1796062686189,'password',1796066286189,1796062686189);
CREATE TABLE pgp_key (
  email TEXT NOT NULL REFERENCES account (email),
  fingerprint TEXT NOT NULL,
  short_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  armored TEXT NOT NULL,
  added INTEGER NOT NULL,
  PRIMARY KEY (email, fingerprint),
  UNIQUE (email, short_id)
) STRICT;
CREATE TABLE cert_set (
  email TEXT NOT NULL REFERENCES account (email),
  bank TEXT NOT NULL,
  state TEXT NOT NULL,
  ticket TEXT NOT NULL,
  ws_user_id TEXT NOT NULL,
  company TEXT NOT NULL,
  target_id TEXT,
  first_expiry INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  pair TEXT, life TEXT NOT NULL DEFAULT '', due INTEGER DEFAULT 0, held_until INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (email, bank)
) STRICT;
INSERT INTO cert_set VALUES('older@example.test','simulator','active','akgm4tjf66hxhquunuxxyp3txv','p7Mpsc4N1ulfD7nv','Example Oy','SIM',1859134688000,1796062690062,'pair-d545d288c11c7e74','{"active":{"name":"pair-d545d288c11c7e74","serial":"6B21D3F596236B40","not_before_s":1796059088,"not_after_s":1859134688},"attempt":null,"switching":null,"retired":[],"stopped":null,"failures":0,"rests_until_s":0,"told_days":[]}',1856542688000,0);
CREATE TABLE retired_certificate (
  email TEXT NOT NULL REFERENCES account (email),
  name TEXT NOT NULL,
  purpose TEXT NOT NULL,
  bank TEXT NOT NULL,
  pem TEXT NOT NULL,
  subject TEXT NOT NULL,
  issuer TEXT NOT NULL,
  serial TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  retired_at INTEGER NOT NULL,
  PRIMARY KEY (email, name, purpose)
) STRICT;
CREATE TABLE upload (
  id TEXT PRIMARY KEY,
  api_key TEXT NOT NULL,
  email TEXT NOT NULL,
  connection TEXT NOT NULL,
  bank TEXT NOT NULL,
  file_type TEXT NOT NULL,
  file_name TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  size INTEGER NOT NULL,
  signers TEXT NOT NULL,
  state TEXT NOT NULL,
  detail TEXT NOT NULL,
  received INTEGER NOT NULL,
  finished INTEGER,
  path TEXT,
  content BLOB
, message_id TEXT, customer_id TEXT, request_id TEXT, request_timestamp TEXT, message TEXT, tell_at INTEGER, may_repeat INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE bank_file (
  api_key TEXT NOT NULL,
  email TEXT NOT NULL,
  bank TEXT NOT NULL,
  reference TEXT NOT NULL,
  file_type TEXT NOT NULL,
  status TEXT NOT NULL,
  created INTEGER NOT NULL,
  service_id TEXT,
  target_id TEXT,
  size INTEGER NOT NULL,
  path TEXT,
  content BLOB,
  PRIMARY KEY (api_key, email, bank, reference)
) STRICT;
INSERT INTO bank_file VALUES('bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK','older@example.test','simulator','l6mqoalatw3cz6q6a2h3kqr6fv','camt.053.001.02','NEW',1796062688997,'FI2112345600000785','SIM',1124,NULL,X'3c3f786d6c2076657273696f6e3d22312e302220656e636f64696e673d225554462d38223f3e0a3c446f63756d656e7420786d6c6e733d2275726e3a69736f3a7374643a69736f3a32303032323a746563683a7873643a63616d742e3035332e3030312e3032223e0a20203c426b546f4373746d7253746d743e0a202020203c4772704864723e0a2020202020203c4d736749643e53544d2d776e7561376b7a3661787377677a747a363667363c2f4d736749643e0a2020202020203c4372654474546d3e323032362d31312d33305431383a31383a30385a3c2f4372654474546d3e0a202020203c2f4772704864723e0a202020203c53746d743e0a2020202020203c49643e53544d2d776e7561376b7a3661787377677a747a363667362d313c2f49643e0a2020202020203c456c6374726e635365714e623e313c2f456c6374726e635365714e623e0a2020202020203c4372654474546d3e323032362d31312d33305431383a31383a30385a3c2f4372654474546d3e0a2020202020203c416363743e0a20202020202020203c49643e0a202020202020202020203c4942414e3e4649323131323334353630303030303738353c2f4942414e3e0a20202020202020203c2f49643e0a20202020202020203c4363793e4555523c2f4363793e0a20202020202020203c4f776e723e0a202020202020202020203c4e6d3e53796e74686574696320446562746f72204f793c2f4e6d3e0a20202020202020203c2f4f776e723e0a2020202020203c2f416363743e0a2020202020203c42616c3e0a20202020202020203c54703e0a202020202020202020203c43644f7250727472793e0a2020202020202020202020203c43643e4f5042443c2f43643e0a202020202020202020203c2f43644f7250727472793e0a20202020202020203c2f54703e0a20202020202020203c416d74204363793d22455552223e31303030303030302e30303c2f416d743e0a20202020202020203c436474446274496e643e435244543c2f436474446274496e643e0a20202020202020203c44743e0a202020202020202020203c44743e323032362d31312d33303c2f44743e0a20202020202020203c2f44743e0a2020202020203c2f42616c3e0a2020202020203c42616c3e0a20202020202020203c54703e0a202020202020202020203c43644f7250727472793e0a2020202020202020202020203c43643e434c42443c2f43643e0a202020202020202020203c2f43644f7250727472793e0a20202020202020203c2f54703e0a20202020202020203c416d74204363793d22455552223e31303030303030302e30303c2f416d743e0a20202020202020203c436474446274496e643e435244543c2f436474446274496e643e0a20202020202020203c44743e0a202020202020202020203c44743e323032362d31312d33303c2f44743e0a20202020202020203c2f44743e0a2020202020203c2f42616c3e0a202020203c2f53746d743e0a20203c2f426b546f4373746d7253746d743e0a3c2f446f63756d656e743e0a');
CREATE TABLE ledger (
  api_key TEXT NOT NULL,
  email TEXT NOT NULL,
  bank TEXT NOT NULL,
  iban TEXT NOT NULL,
  balance_cents INTEGER NOT NULL,
  statement INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (api_key, email, bank, iban)
) STRICT;
INSERT INTO ledger VALUES('bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK','older@example.test','simulator','FI2112345600000785',1000000000,1,1);
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  api_key TEXT NOT NULL,
  email TEXT NOT NULL,
  mode TEXT NOT NULL,
  operation TEXT NOT NULL,
  outcome TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash BLOB NOT NULL
, chain TEXT, link INTEGER, origin TEXT) STRICT;
INSERT INTO audit VALUES(1,1796062687393,'64e44c4b-3329-4e88-8b7a-c885307cb57d','bKFVwsmUlZBxN2nmniZBg0mlx7kVdXHdvL3vhtBK','older@example.test','admin','ws_channel.enroll_cert','done','simulator','user id p7Mpsc4N1ulfD7nv, serial 6B21D3F596236B40',X'306884e344e8012b396961152206a22e09fa5a6f7368034397eb1c108ab1e3b3','older@example.test',1,NULL);
INSERT INTO audit VALUES(2,1796062690741,'2e516c13-b955-4f39-b680-f064c6f0cd4d','7sYIxIQWIySowdemA3NlKsY3TExzRGYyRxgkhtjK','disabled@example.test','operator','operator.disable_account','done','','before: in use; admin: second factor SMS, 0 sessions, 0 login steps; data: second factor none, 0 sessions, 0 login steps; after: disabled since 2026-11-30T18:18:10.741Z (an order); admin: second factor SMS, 0 sessions, 0 login steps; data: second factor none, 0 sessions, 0 login steps',X'92e69f04a22e3a016dfdb2e623772e9d37a55f1a0fdaadc05de0ca4bac6bbe02','disabled@example.test',1,NULL);
INSERT INTO audit VALUES(3,1796062691441,'7fb880b1-b75f-4f12-a24e-66ff98e0ecd7','','','operator','operator.pause_bank','done','nordea','before: not paused; after: paused since 2026-11-30T18:18:11.441Z by operator (an order)',X'21722e2b7195457770a4f5669d14e9c386e8a8848bbf22ecbdf63b7e4dc833c6','',1,NULL);
CREATE TABLE IF NOT EXISTS "audit_sealed" (
  id INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_sealed VALUES(1,0,X'0000000000000000000000000000000000000000000000000000000000000000');
CREATE TABLE audit_chain (
  chain TEXT PRIMARY KEY,
  length INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_chain VALUES('older@example.test',1,X'306884e344e8012b396961152206a22e09fa5a6f7368034397eb1c108ab1e3b3');
INSERT INTO audit_chain VALUES('disabled@example.test',1,X'92e69f04a22e3a016dfdb2e623772e9d37a55f1a0fdaadc05de0ca4bac6bbe02');
INSERT INTO audit_chain VALUES('',1,X'21722e2b7195457770a4f5669d14e9c386e8a8848bbf22ecbdf63b7e4dc833c6');
CREATE TABLE audit_checkpoint (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_checkpoint VALUES(1,1796062690681,X'b92f008c1740d52407b381ed72e744996aa2e20ef1f0d2bd551e70258e560e3c');
CREATE TABLE audit_mark (
  checkpoint INTEGER NOT NULL,
  chain TEXT NOT NULL,
  length INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (checkpoint, chain)
) STRICT;
INSERT INTO audit_mark VALUES(1,'older@example.test',1,X'306884e344e8012b396961152206a22e09fa5a6f7368034397eb1c108ab1e3b3');
CREATE TABLE audit_marked (
  chain TEXT PRIMARY KEY,
  length INTEGER NOT NULL
) STRICT;
INSERT INTO audit_marked VALUES('older@example.test',1);
CREATE TABLE installation (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT;
INSERT INTO installation VALUES('installation','9d191dc3-3692-4ce3-94d2-5ff4874bdfa6');
INSERT INTO installation VALUES('vault_key','abdc455a69bc3185');
INSERT INTO installation VALUES('challenge_key','0d05ad7c1aadeba1');
INSERT INTO installation VALUES('login_key','4b091ab97bf98a77');
CREATE TABLE link_offer (
  borrower TEXT NOT NULL REFERENCES account (email),
  lender TEXT NOT NULL REFERENCES account (email),
  PRIMARY KEY (borrower, lender)
) STRICT, WITHOUT ROWID;
CREATE TABLE certificate_pair (
  email TEXT NOT NULL,
  bank TEXT NOT NULL,
  name TEXT NOT NULL,
  purpose TEXT NOT NULL,
  -- What the seal of the key is bound to.
  label TEXT NOT NULL,
  request TEXT,
  pem TEXT,
  subject TEXT NOT NULL,
  issuer TEXT NOT NULL,
  serial TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  sealed_key BLOB NOT NULL,
  key_id TEXT NOT NULL,
  PRIMARY KEY (email, bank, name, purpose),
  FOREIGN KEY (email, bank) REFERENCES cert_set (email, bank) ON DELETE CASCADE
) STRICT;
INSERT INTO certificate_pair VALUES('older@example.test','simulator','pair-d545d288c11c7e74','signing','pair-d545d288c11c7e74',replace('-----BEGIN CERTIFICATE REQUEST-----\nMIICYDCCAUgCAQAwGzEZMBcGA1UEAxMQcDdNcHNjNE4xdWxmRDdudjCCASIwDQYJ\nKoZIhvcNAQEBBQADggEPADCCAQoCggEBAMXLpGpd+6Xaqi17Inm7WEH2mlv+0uq3\n584iuV6AUJ54abaHB8y0rTdwj2gq96Jdb61H50Hv6rffP3xEKP2XIWQPtpSggwiV\nsBd94Q2IuUXQtk5mSmB3o7hYkIYJ9C220FILEy5Yw7nvtE8YlDUJW9W793dd0UW6\nThJJ00AP+jhyavZ2nd7iX7mJKyW0Jqjn/GUXWtIAFlBbvHBYOWcr/mhr6YGR2O7t\nzVBMb6okSC2TXO8ZZxZnoge/2VfZWjF10sNnI9batGIwenEZQyeEher12KHcTs3H\n06UFJJ0sMa686NtzgwEFYy5k9ajMkk/wbmczFwFTm4E5Ph90w+sEaP8CAwEAAaAA\nMA0GCSqGSIb3DQEBCwUAA4IBAQB9diUJbTymYtEm6B1pbwHcIZuH86P0j5/E2T4f\nHiOTUL0595PdCimPG5ij9NxUHl5hNAba/SxK724HAxjq6CGSibfBLyDyFd3KFZ90\nHf/5Dj3nAfJfMqhlGmcmYmBkz4OzW1pg4k4+EObI/DbI1XMC7WTTr+7jCVF7zJMk\nuPHUG8HhE+Vi5UWd6s9kahFNThUN3V1UFXqiYJrDhEL7UHPO2hoq1y1yd5x7goBL\nx06ZZOdhLLjFW4nKAg/s673ofy28rX7VCTThdAfYOK2E2B/uhRhLh5TAVt+p0b4D\n8dKugIStK/p1PDgOEKpH/mc9oe9/xcpwKf+HIiI5jfH5mqwU\n-----END CERTIFICATE REQUEST-----\n','\n',char(10)),replace('-----BEGIN CERTIFICATE-----\nMIICbTCCAhOgAwIBAgIIayHT9ZYja0AwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwR\nU2ltdWxhdG9yIFRlc3QgQ0EwHhcNMjYxMTMwMTcxODA4WhcNMjgxMTI5MTgxODA4\nWjAwMRkwFwYDVQQDDBBwN01wc2M0TjF1bGZEN252MRMwEQYDVQQKDApFeGFtcGxl\nIE95MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxcukal37pdqqLXsi\nebtYQfaaW/7S6rfnziK5XoBQnnhptocHzLStN3CPaCr3ol1vrUfnQe/qt98/fEQo\n/ZchZA+2lKCDCJWwF33hDYi5RdC2TmZKYHejuFiQhgn0LbbQUgsTLljDue+0TxiU\nNQlb1bv3d13RRbpOEknTQA/6OHJq9nad3uJfuYkrJbQmqOf8ZRda0gAWUFu8cFg5\nZyv+aGvpgZHY7u3NUExvqiRILZNc7xlnFmeiB7/ZV9laMXXSw2cj1tq0YjB6cRlD\nJ4SF6vXYodxOzcfTpQUknSwxrrzo23ODAQVjLmT1qMyST/BuZzMXAVObgTk+H3TD\n6wRo/wIDAQABo2AwXjAfBgNVHSMEGDAWgBQMtND0tlVyQ/YT8gCRYvenDa036jAO\nBgNVHQ8BAf8EBAMCBaAwHQYDVR0OBBYEFCS4o3SGz13ItwKC9doYX6t6ziUNMAwG\nA1UdEwEB/wQCMAAwCgYIKoZIzj0EAwIDSAAwRQIgIqSO9fqMKxfCpbUykahgcWuh\nSr8JoOEQlODHonFP0hACIQCOM1alXNKmW2QfK8vMGCsrQujXPOHjn6MNSfW6KrpW\nIg==\n-----END CERTIFICATE-----\n','\n',char(10)),'p7Mpsc4N1ulfD7nv','Simulator Test CA','6B21D3F596236B40',1859134688000,X'01abdc455a69bc31852aeb3d8faab5efe757f82bba258b69e2f341fdac345d1c9f4e5c0bfb94799fea5514a90a437766c75724c6f42bc28a1187598aa92fcdd6d88035e671581998193020aa4158c5fb8b7c677d0d37541ff24a7165c37989bb5838c0d94fb7f23ddb1561ee1a0697737dd0f47c401a2622f41ba69d588f72a9010d39ff16b84305f4d28ceb4cf6bb47b495349580d2a3dd615199cc21afc4072a89f1072eba42fe9a45bb040274d2335b88b5fad7dcbf0d7781b270421312bc81c5557d2205f1af55619524721935a7c40fb217a1752d6b54c48b44b2c527f9701e6134fdda844efb10104a81ea2b0528aaf69b4d4fd4327e065dd731e9afd30346d64cd1e2d7fdc87fad333435ebd87dde553806ea43e48754af3dfa6703871cf1489042316c365ed874d394f66de2ea846adbc4643c161662911539e8df6432fc94cf3259f87400ce50cf9cef53fe6cfd54d8fadbd637fd39f0cf4feea9d3c6bbc1c3a955bfec332f50126a6e7ecd733d35077cfe64cd06e1b74b16381e38ab45a7e34a6ed58dcd54fc2a3d6370b58553d059f411ae798840ae1a20ab5ae6854ca6166eca41d337ef2cfa8474a2e5efaa0e68c453a395500677f857367b4c65f3599abbbe68ba3c154a5fbccb604f4ae04d71f515b388bc99dd6c6dc95cde5d3a95372f8d344814f7b455df20369aa9828ee1a040a7d450f4d8329a3f307156a0ab4476fa1727c42d1bc837086a9ee07cfe5d2c09b2d4d681fa301507e386392eda6d1ac7d2f2b663d84edf01a3056d28aacb3b8c685f6808215140b581ccbaac11e552a8ba6083e382588de7a6f1e81e6f787f4f28f9bb4e59c49fa56c45c3def815df789deefdd17fa574a94d19c07fdd73c8f04204e6be34b6f9c5536b2c4e50e5f30c933a03c388f189a99258b6cf8e7a47c04b2c6d00f1e9f8e3f702961c6464a8bdac05927aca3aa56024a66b3fa8b1185f076d9347cd7270e32d0c02978e36dd37c7555211be76c1689bba4e12ec2034d9cab66186efc651b2e5de0baa66963cfd60ea704bcbb23da93093aa0a9b8e26f81a31052d3890d31816fe23705a3bd3ab11c7d1cea9a1d3693be061b79a75ff2a93a4cfca55000d9240cb0f5c812e553059f5fffd45bc46eeb5529234f4f0e23cbfad0d979aeea2be72720785ca8b67e821087788d6fee6c751193a824119b262aabb7cf69d547170ef7b32155ccb1f391fe3f356e407581ec3d3476a65c66861db385786c83a4e897126b46b3c69bf6ac8ea9c5d408262c9b1d9c4428570a712c96771657c6738b780c6f04ae1296adef1fdcd1bb5b4b91ecdad62e1db9ff9bd38cb0122ff817d5566a330b0f03fb9bb27dd2ee1684bd225bba83887d27e4d9c1e2d57d81bac5add844716c3d1a700876987b596f6459592a361377bc41bb099b7ec3b98dedbcfe8d2934cd98ff198a151f1c19f57eb71accf08a0874e54f66d6cc08f7313689f298b5b1bcd3646945b9aa46c4886953a40f49dbe190cf8ee45d543858a7ddfcc09ba386b623a3dd5daaba0327295987420001f688ab7db61a9e1dfa5729a685d1fb1f31cfcf602a2bf41fd84794a516a9036662554eaf8c4df63193afde312095934a241603839134f64b1be562b6dfe3d21b1603ab2b8c697e766fcd55c0e89a32928c38c712d363a399d198268cb1a50d5c0c2d3eb5024d6edad83442bc157fe3e39f39df3efa061ca6275d090c53dc1097d63144ac4cdbe86ea438fe173560f19937a3fd93826100bfa38e5c761c57e0bb3d5aaad7624d5d60bd045c823a0223e2f1626546aa00f11c7d35af51d0b08666e93a970f6f1d0ecd45e3ab158d095e0179a682ce5df0ff0650c6596e6fb9527fe19f10cb3305fa79db642c282ec644b63059a6f59b0c46e8c89e07dde92c060baa37e2e0f944daa289eb942ef59a8e877f24512d79336a0a976e496bc849e9a2bb1a5c369b06a20f69b8f069f301e2dff79fc57d29a2363e6e3c8b229bfb10b6f065ebd38469afe19b7521035a9988ff4839675c675695bd8a5b64b7534ca98ca6d3eabe30e761431062153fe6bf522c5ef1523135a2fd800afb96960e8bf74dd2056e7b05ddd7a0a6d8efa9dc836056f1370c88b97ce54510c08cc8b987900f643e17f2eca87b1012fe00e74592656be4b085ea4019a455501f8dc10ba55cbc4077cee06a2bea578da3f8c3d8294db75e0843b8af80dc7c1425ac2a0a36dc90060a90e5c0c3311e326dae63da6b7a16b602dfd8be4d2880158e5d99ba84302e89ee41470d0a92b3a42b6d86fc5dd9f0d6fb03cdae5f4cab96f7bb2ee6e3d1a61ecdf30931b968579fe6ede27e684ae95cfe9dc0344c2cef3fa5805d8c2897599e69a9ef8a46ab0721e09899dd76340a8cdbbaa24c73c62239c5cf4a15ae9fefedd5b0f4cd63d7a64da44ff47fde2d2cd5dadcca9fd833a793ee0409fb3','abdc455a69bc3185');
CREATE TABLE code_attempt (
  -- Names the caller, as the ticket of the set that it holds.
  ticket TEXT PRIMARY KEY,
  bank TEXT NOT NULL,
  -- Without blanks, in capitals.
  ws_user_id TEXT NOT NULL,
  -- Without a reference: what was sent stays counted when the account goes.
  email TEXT NOT NULL,
  state TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE user_id_permit (
  bank TEXT NOT NULL,
  ws_user_id TEXT NOT NULL,
  email TEXT NOT NULL REFERENCES account (email) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  PRIMARY KEY (bank, ws_user_id, email)
) STRICT;
CREATE TABLE code_alert (
  bank TEXT NOT NULL,
  ws_user_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (bank, ws_user_id)
) STRICT;
CREATE TABLE bank_pause (
  bank TEXT PRIMARY KEY,
  -- Null while uploads go to the bank.
  since INTEGER,
  reason TEXT NOT NULL,
  by_whom TEXT NOT NULL
) STRICT;
INSERT INTO bank_pause VALUES('nordea',1796062691441,'an order','operator');
CREATE TABLE notice (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  sealed BLOB NOT NULL,
  -- When it is taken next; while somebody sends it, until when it is that one's.
  due INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  -- Of one that takes the place of an earlier one: a code's address and purpose, keyed.
  slot TEXT
) STRICT;
CREATE TABLE alert (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  since INTEGER NOT NULL,
  -- When an instance has seen last that it holds.
  seen INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT;
CREATE TABLE schema_floor (one INTEGER PRIMARY KEY CHECK (one = 1), works_with INTEGER NOT NULL) STRICT;
INSERT INTO schema_floor VALUES(1,12);
CREATE INDEX account_by_tenant ON account (api_key, email);
CREATE INDEX account_by_link ON account (linked_to);
CREATE INDEX mode_user_by_age ON mode_user (created);
CREATE INDEX code_by_expiry ON code (expires);
CREATE INDEX attempt_by_subject ON attempt (scope, subject, at);
CREATE INDEX attempt_by_age ON attempt (at);
CREATE INDEX used_challenge_by_expiry ON used_challenge (expires);
CREATE INDEX pending_auth_by_user ON pending_auth (email, mode);
CREATE INDEX pending_auth_by_expiry ON pending_auth (expires);
CREATE INDEX session_by_user ON session (email, mode, auth_time);
CREATE INDEX session_by_expiry ON session (expires);
CREATE INDEX cert_set_by_expiry ON cert_set (first_expiry);
CREATE INDEX upload_by_digest ON upload (api_key, email, sha256, received);
CREATE INDEX upload_by_connection ON upload (connection);
CREATE INDEX upload_by_state ON upload (state, received);
CREATE INDEX bank_file_by_time ON bank_file (api_key, email, bank, created, reference);
CREATE INDEX bank_file_by_type ON bank_file (api_key, email, bank, file_type, created, reference);
CREATE INDEX bank_file_by_status ON bank_file (api_key, email, bank, status, created, reference);
CREATE INDEX bank_file_by_both ON bank_file (api_key, email, bank, file_type, status, created, reference);
CREATE UNIQUE INDEX audit_by_chain ON audit (chain, link);
CREATE UNIQUE INDEX audit_mark_by_chain ON audit_mark (chain, length);
CREATE INDEX link_offer_by_lender ON link_offer (lender);
CREATE INDEX upload_by_message ON upload (api_key, connection, bank, message_id);
CREATE INDEX cert_set_by_due ON cert_set (due);
CREATE INDEX upload_to_tell ON upload (tell_at) WHERE tell_at IS NOT NULL;
CREATE INDEX upload_by_content ON upload (sha256, bank);
CREATE INDEX upload_by_uploader ON upload (api_key, email, bank, received);
CREATE INDEX code_attempt_by_user ON code_attempt (bank, ws_user_id);
CREATE INDEX code_attempt_by_age ON code_attempt (at);
CREATE INDEX notice_by_due ON notice (due);
COMMIT;
