'use strict';

// External signers.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { CancelledError, InvalidInputError, Service, SignatureError, WsChannel } = require('..');
const { failure } = require('./helpers/failure');
const paths = require('./helpers/paths');

const payment = path.join(paths.root, 'core/iso20022/examples/pain.001.001.09.xml');
const data = (name) => fs.readFileSync(path.join(paths.root, 'tests/scenarios/data', name), 'utf8');
const you = { email: 'you@example.test', password: 'Example-Password-2026' };
const upload = { content: { path: payment }, fileType: 'pain.001.001.09' };

let service;
let settings;

before(async () => {
  service = await Service.start({ control: true, noLimits: true });
  const keys = ['rsa', 'ed25519'].map((kind) => ({ key: data(`elsewhere-${kind}.certificate.asc`) }));
  const body = JSON.stringify({ accounts: [{ ...you, certificates: ['simulator'], pgp_keys: keys }] });
  const seeded = await fetch(`${service.controlUrl}/seed`, { method: 'POST', body });
  assert.equal(seeded.status, 200, await seeded.clone().text());
  const [{ api_key: apiKey }] = (await seeded.json()).accounts;
  settings = { ...service.clientSettings, ...you, apiKey, mode: 'data', bank: 'simulator' };
});

after(() => service.close());

/** Signs like an HSM: the raw signature over a digest. */
function sign(kind, { algorithm, digest }) {
  const key = crypto.createPrivateKey(data(`elsewhere-${kind}.key.pem`));
  if (algorithm === 'ed25519') return crypto.sign(null, digest, key);
  // PKCS #1 v1.5 takes the digest with a prefix for its hash (RFC 8017 §9.2).
  const names = {
    sha256: ['0609608648016503040201', 32],
    sha384: ['0609608648016503040202', 48],
    sha512: ['0609608648016503040203', 64],
  };
  const [oid, length] = names[algorithm.split('_').at(-1)];
  const before = Buffer.from(`30${(17 + length).toString(16)}300d${oid}050004${length.toString(16)}`, 'hex');
  return crypto.privateEncrypt({ key, padding: crypto.constants.RSA_PKCS1_PADDING }, Buffer.concat([before, digest]));
}

async function loggedIn(options) {
  const client = new WsChannel(settings, options);
  await client.logIn();
  return client;
}

test('a signature is made elsewhere, at once or later', async () => {
  for (const kind of ['rsa', 'ed25519']) {
    const asked = [];
    const signer = async (request) => {
      asked.push(request);
      await sleep(10);
      return new Uint8Array(sign(kind, request));
    };
    const client = await loggedIn({ signer });
    const signingCertificate = data(`elsewhere-${kind}.certificate.asc`);
    assert.equal((await client.signAndUpload({ ...upload, signingCertificate })).responseText, 'OK');
    const own = { signer: (request) => sign(kind, request) };
    const { answers } = await client.uploadAndWait(
      { ...upload, signingCertificate, waitFor: ['pain.002.001.10'], pollIntervalS: 0.1 },
      own,
    );
    assert.match(Buffer.from(answers[0].content, 'base64').toString(), /ACSC/);
    const [{ algorithm, digest, keyFingerprint }] = asked;
    assert.equal(algorithm, kind === 'rsa' ? 'rsa_pkcs1_sha256' : 'ed25519');
    assert.ok(Buffer.isBuffer(digest) && digest.length === 32);
    assert.equal(keyFingerprint, client.inspectKey({ key: signingCertificate }).fingerprint);
    assert.equal(asked.length, 1);
    await client.close();
  }
});

test('a signer that fails, answers nothing usable, or signs something else', async () => {
  const client = await loggedIn();
  const signingCertificate = data('elsewhere-ed25519.certificate.asc');
  const send = (signer, options) =>
    failure(client.signAndUpload({ ...upload, signingCertificate }, { signer, ...options }));
  for (const signer of [
    () => {
      throw new RangeError('mine');
    },
    async () => {
      throw new RangeError('mine');
    },
  ]) {
    assert.ok((await send(signer)) instanceof RangeError);
  }
  for (const given of ['base64', 5, null, undefined, {}])
    assert.equal((await send(() => given)).context.field, 'signer');
  assert.ok((await send(undefined)) instanceof InvalidInputError);
  for (const given of [
    Buffer.alloc(0),
    Buffer.alloc(64),
    crypto.randomBytes(64),
    sign('ed25519', { algorithm: 'ed25519', digest: Buffer.alloc(32) }),
  ]) {
    const error = await send(() => given);
    assert.ok(error instanceof SignatureError, String(error));
    assert.equal(error.outcome, 'not_sent');
  }
  assert.ok((await send(() => new Promise(() => {}), { signal: AbortSignal.timeout(50) })) instanceof CancelledError);
  await client.close();
});
