'use strict';

// HTTP signatures of a third-party implementation, `http-signature`: it verifies our signatures, and we verify its.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { test } = require('node:test');

const { NextGenPsd2 } = require('..');
const paths = require('./helpers/paths');

const installed = path.join(paths.target, 'npm/node_modules/http-signature');
const missing =
  !fs.existsSync(installed) && !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS && 'http-signature is not installed';
const other = () => createRequire(path.join(paths.target, 'npm/'))('http-signature');

const target = '/api/v1/user/verification';
const content = Buffer.from('{"PSU-ID":"psu-7f3a91"}');
const signed = ['date', 'digest', 'x-request-id'];

function thirdParty() {
  const made = new NextGenPsd2().makeCertificates();
  const client = new NextGenPsd2({ certificate: made.qsealCertificate, privateKey: made.qsealKey });
  const verdict = (headers, body = content) =>
    client.verifyRequest({
      method: 'POST',
      target,
      headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
      content: body,
      trusted: made.authorityCertificate,
    }).verdict;
  return { made, client, verdict };
}

test('we verify what it signs', { skip: missing }, () => {
  const { made, client, verdict } = thirdParty();
  const forms = client.inspectCertificate({ certificate: made.qsealCertificate }).keyIds;
  for (const { keyId, serial, issuer } of forms) {
    // Banks refuse these two.
    if (serial === 'decimal' || issuer === 'pct20') continue;
    const headers = {
      Date: new Date().toUTCString(),
      Digest: `SHA-256=${crypto.createHash('sha256').update(content).digest('base64')}`,
      'X-Request-ID': crypto.randomUUID(),
      'Content-Type': 'application/json',
    };
    const named = (name) => Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase());
    const request = {
      method: 'POST',
      path: target,
      getHeader: (name) => headers[named(name)],
      setHeader: (name, value) => {
        headers[name] = value;
      },
    };
    const how = { key: made.qsealKey.reveal(), keyId, algorithm: 'rsa-sha256', headers: signed, authorizationHeaderName: 'Signature' };
    other().sign(request, how);
    headers['TPP-Signature-Certificate'] = made.qsealCertificate.split('-----')[2].replace(/\s/g, '');
    assert.equal(verdict(headers), 'ok', keyId);
    assert.equal(verdict({ ...headers, 'X-Request-ID': crypto.randomUUID() }), 'V30');
    assert.equal(verdict(headers, Buffer.from('{}')), 'V28');
  }
});

test('it verifies what we sign', { skip: missing }, () => {
  const { made, client } = thirdParty();
  const given = { 'Content-Type': 'application/json', 'PSU-ID': 'psu-7f3a91', 'TPP-Redirect-URI': 'https://tpp.example/b?a=1' };
  const ours = client.signRequest({
    method: 'POST',
    target,
    headers: Object.entries(given).map(([name, value]) => ({ name, value })),
    content,
  });
  const publicKey = new crypto.X509Certificate(made.qsealCertificate).publicKey.export({ type: 'spki', format: 'pem' });
  const verifies = (headers) => {
    const request = { headers, method: 'POST', url: target, httpVersion: '1.1' };
    const names = [...signed, 'psu-id', 'tpp-redirect-uri'];
    const parsed = other().parseRequest(request, { authorizationHeaderName: 'signature', headers: names });
    return other().verifySignature(parsed, publicKey);
  };
  const headers = Object.fromEntries(ours.headers.map(({ name, value }) => [name.toLowerCase(), value]));
  assert.equal(verifies(headers), true);
  assert.equal(verifies({ ...headers, 'psu-id': 'psu-7f3a92' }), false);
});
