'use strict';

// Requests to a NextGenPSD2 bank with an external key: calls whose signer hangs, fails or is missing.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { after, before, test } = require('node:test');

const { InvalidInputError, NextGenPsd2, NextGenPsd2Bank, TimedOutError } = require('..');
const { failure } = require('./helpers/failure');

const who = { psuId: 'psu-7f3a91' };
/** The prefix of a SHA-256 digest in a PKCS #1 v1.5 signature (RFC 8017 §9.2). */
const NAME = Buffer.from('3031300d060960864801650304020105000420', 'hex');

let bank;
let settings;
let key;

before(async () => {
  bank = await NextGenPsd2Bank.start({ control: true });
  const { privateKeyFile, ...others } = bank.clientSettings;
  key = fs.readFileSync(privateKeyFile);
  settings = others;
});

after(() => bank.close());

/** Signs a digest like a security module. */
function sign({ algorithm, digest, keyFingerprint }) {
  assert.deepEqual([algorithm, keyFingerprint.length], ['rsa_pkcs1_sha256', 64]);
  return crypto.privateEncrypt({ key, padding: crypto.constants.RSA_PKCS1_PADDING }, Buffer.concat([NAME, digest]));
}

test('a signer that never answers is waited for as long as the settings say', { timeout: 30_000 }, async () => {
  const client = new NextGenPsd2({ ...settings, exchangeTimeoutS: 1 }, { signer: () => new Promise(() => {}) });
  for (const asked of [
    () => client.getAccounts(who),
    () => client.call('nextgen_psd2.get_accounts', { psu_id: who.psuId }),
  ]) {
    const error = await failure(asked());
    assert.ok(error instanceof TimedOutError, String(error));
    assert.equal(error.outcome, 'not_sent');
  }
  await client.close();
});

test('a signer that fails at a later attempt does not hide the first', async () => {
  for (const second of [
    () => 'text',
    () => {
      throw new RangeError('mine');
    },
  ]) {
    const body = JSON.stringify({ operation: 'get_accounts', status: 503, count: 1 });
    assert.equal((await fetch(`${bank.controlUrl}/fail_next`, { method: 'POST', body })).status, 200);
    let calls = 0;
    const signer = (request) => {
      calls += 1;
      return calls === 1 ? sign(request) : second();
    };
    const client = new NextGenPsd2(settings, { signer });
    const error = await failure(client.getAccounts(who));
    assert.equal(calls, 2);
    assert.equal((error instanceof RangeError ? error.cause : error).outcome, 'unknown');
    await client.close();
  }
});

test('nobody to sign', async () => {
  const client = new NextGenPsd2({ ...settings, exchangeTimeoutS: null });
  const error = await failure(client.getAccounts({ ...who, withBalance: null }));
  assert.ok(error instanceof InvalidInputError);
  assert.deepEqual([error.code, error.context.field, error.outcome], ['input.missing_field', 'signature', 'not_sent']);
  await client.close();
});
