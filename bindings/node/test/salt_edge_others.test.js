'use strict';

// JWTs of third-party implementations, `jsonwebtoken` and `jose`: they accept our signatures, and we theirs; JWTs that
// confuse algorithms are refused.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { test } = require('node:test');

const { SaltEdgeConnector } = require('..');
const paths = require('./helpers/paths');

const other = (name) => createRequire(path.join(paths.target, 'npm/'))(name);
const missing = (name) =>
  !fs.existsSync(path.join(paths.target, 'npm/node_modules', name)) &&
  !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS &&
  `${name} is not installed`;

const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const client = new SaltEdgeConnector({ privateKey });
const data = { session_secret: 'session-1', extra: { n: [1, null, 'é'] } };
const soon = () => Math.floor(Date.now() / 1000) + 60;
const verdict = (jwt) => {
  const done = client.verifyJwt({ jwt, publicKey });
  return done.accepted ? 'accepted' : done.errorClass;
};

test('jsonwebtoken accepts what we sign, and we what it signs', { skip: missing('jsonwebtoken') }, () => {
  const jsonwebtoken = other('jsonwebtoken');
  const { jwt, exp } = client.signJwt({ data });
  assert.deepEqual(jsonwebtoken.verify(jwt.reveal(), publicKey, { algorithms: ['RS256'] }), { data, exp });
  const signed = (claims, algorithm = 'RS256', key = privateKey) =>
    jsonwebtoken.sign(claims, key, { algorithm, noTimestamp: true });
  assert.equal(verdict(signed({ data, exp: soon() })), 'accepted');
  assert.equal(verdict(signed({ data, exp: soon() - 120 })), 'JWTExpiredSignature');
  for (const algorithm of ['RS384', 'RS512', 'PS256']) {
    assert.equal(verdict(signed({ data, exp: soon() }, algorithm)), 'JWTIncorrectAlgorithm');
  }
  assert.equal(verdict(signed({ data, exp: soon() }, 'none', '')), 'JWTIncorrectAlgorithm');
  assert.equal(verdict(signed({ data, exp: soon() }, 'HS256', 'a secret of thirty-two characters')), 'JWTIncorrectAlgorithm');
});

test('jose accepts what we sign, and we what it signs', { skip: missing('jose') }, async () => {
  const jose = other('jose');
  const { jwt, exp } = client.signJwt({ data });
  const { payload } = await jose.jwtVerify(jwt.reveal(), await jose.importSPKI(publicKey, 'RS256'));
  assert.deepEqual(payload, { data, exp });
  const key = await jose.importPKCS8(privateKey, 'RS256');
  const made = (header) => new jose.SignJWT({ data, exp: soon() }).setProtectedHeader({ alg: 'RS256', ...header }).sign(key);
  assert.equal(verdict(await made({})), 'accepted');
  // Additional header members are ignored; critical ones that are unknown are refused.
  assert.equal(verdict(await made({ kid: '../../etc/passwd', typ: 'JWT' })), 'accepted');
  const unencoded = new jose.FlattenedSign(Buffer.from('{}')).setProtectedHeader({ alg: 'RS256', b64: true, crit: ['b64'] });
  const { protected: head, payload: body, signature } = await unencoded.sign(key);
  assert.equal(verdict(`${head}.${body}.${signature}`), 'JWTDecodeError');
});
