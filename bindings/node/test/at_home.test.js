'use strict';

// What Node programmers expect: promises for what computes for long, one signal for many calls, secrets that are not lost.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { SecretText, Service, WsChannel, iso20022 } = require('..');
const { failure } = require('./helpers/failure');

const you = { email: 'you@example.test', password: 'Example-Password-2026' };

let service;
let settings;

before(async () => {
  service = await Service.start({ control: true, noLimits: true });
  const seeded = await service.seed({ accounts: [{ ...you, certificates: ['simulator'] }] });
  settings = { ...service.clientSettings, ...you, apiKey: seeded.accounts[0].api_key, mode: 'data', bank: 'simulator' };
});

after(() => service.close());

async function loggedIn(options) {
  const client = new WsChannel(settings, options);
  await client.logIn();
  return client;
}

/** The longest time for which the event loop did nothing else, in milliseconds. */
async function heldUp(work) {
  let [longest, last, over] = [0, performance.now(), false];
  const done = work.finally(() => (over = true));
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  await done;
  return longest;
}

test('what computes for long has a promise, and the event loop goes on', async () => {
  const client = new WsChannel();
  const key = client.generateKeyAsync({ name: 'You', email: you.email, algorithm: 'rsa4096' });
  assert.ok((await heldUp(key)) < 150);
  const signed = await client.signFileAsync({ content: Buffer.from('x'), privateKey: (await key).privateKey });
  assert.match(signed.signature, /BEGIN PGP SIGNATURE/);
  const transfer = (at) => ({ amount: '1.00', creditor: { name: `Beta ${at}`, iban: 'EE382200221020145685' } });
  const request = {
    debtor: { name: 'You', iban: 'FI2112345600000785' },
    executionDate: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10),
  };
  function* rows() {
    for (let at = 0; at < 2000; at++) yield transfer(at);
  }
  const made = await iso20022.makePaymentAsync({ ...request, transactions: rows() });
  assert.equal(made.transactions, 2000);
  const checked = iso20022.checkPaymentAsync({ content: Buffer.from(made.xml) });
  assert.ok((await heldUp(checked)) < 150);
  assert.equal((await checked).ok, true);
  const error = await failure(iso20022.checkPaymentAsync({ content: 5 }));
  assert.deepEqual([error.operation, error.context.field], ['iso20022.check_payment', 'content']);
});

test('one signal stops many calls, without a warning', async () => {
  const warnings = [];
  const warned = (warning) => warnings.push(warning);
  process.on('warning', warned);
  const client = await loggedIn();
  const stop = new AbortController();
  const calls = Array.from({ length: 40 }, () => client.listFiles({}, { signal: stop.signal }));
  await Promise.all(calls);
  const stuck = Array.from({ length: 40 }, () =>
    failure(client.uploadAndWait({ content: Buffer.from('x'), waitFor: ['x'] }, { signal: stop.signal })),
  );
  stop.abort();
  for (const error of await Promise.all(stuck)) assert.ok(error.code, String(error));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  assert.deepEqual(warnings, []);
  await client.close();
});

test('a success has its status, headers, request id and time', async () => {
  const client = await loggedIn();
  const seen = [];
  const files = await client.listFiles({}, { withResponse: seen });
  assert.ok(files.fileDescriptors.length > 0);
  const [{ method, status, headers, durationS, requestId }] = seen;
  assert.deepEqual([seen.length, method, status], [1, 'GET', 200]);
  assert.equal(requestId, headers['x-request-id']);
  assert.ok(durationS > 0);
  const named = await client.call('ws_channel.list_files', {}, { withResponse: seen });
  assert.ok(named.file_descriptors.length > 0);
  assert.equal(seen.length, 2);
  assert.ok((await client.listFiles({}, { withResponse: Object.freeze([]) })).responseText);
  for (const [field, value] of [['retries', -1], ['retries', 1.5], ['withResponse', {}]])
    assert.equal((await failure(client.listFiles({}, { [field]: value }))).context.field, field);
  await client.close();
});

test('hooks are told of each request and answer, and change no result', async (t) => {
  const told = [];
  const client = await loggedIn({
    onRequest: ({ operation, method, attempt }) => told.push(`${operation} ${method} ${attempt}`),
    onResponse: (request, answer) => {
      told.push(`${request.attempt} ${answer.status} ${answer.durationS > 0}`);
      throw new Error('planted');
    },
  });
  told.length = 0;
  const said = t.mock.method(console, 'error', () => undefined);
  assert.ok((await client.listFiles()).responseText);
  assert.deepEqual(told, ['ws_channel.list_files GET 1', '1 200 true']);
  assert.equal(said.mock.callCount(), 1);
  await client.close();
  assert.throws(() => new WsChannel({}, { onRequest: 3 }), /onRequest: must be a function/);
});

test('a repetition leaves a record with its fields', async () => {
  const records = [];
  const note = (text, fields) => records.push([text, fields]);
  const client = await loggedIn({ logger: { debug: note, info: note, warn: note } });
  await service.failNext({ operation: 'list_files', status: 503, count: 1 });
  records.length = 0;
  await client.listFiles();
  const [text, fields] = records.find(([, { attempt }]) => attempt !== undefined);
  assert.match(text, /^attempt 2 of 3 in \d\.\d s: GET /);
  assert.deepEqual([fields.operation, fields.attempt, fields.attempts], ['ws_channel.list_files', 2, 3]);
  assert.ok(records.some(([, { httpStatus }]) => httpStatus === 503));
  await service.failNext({ operation: 'list_files', status: 503, count: 1 });
  await failure(client.listFiles({}, { retries: 0 }));
  assert.equal(records.at(-1)[1].outcome, 'unknown');
  await client.close();
});

test('a secret is kept in a file; what is printed in its place is refused', async () => {
  const { privateKey } = new WsChannel().generateKey({ name: 'You', email: you.email });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  try {
    const place = path.join(folder, 'key.asc');
    privateKey.saveTo(place);
    assert.equal(fs.readFileSync(place, 'utf8'), privateKey.reveal());
    assert.equal(fs.statSync(place).mode & 0o777, 0o600);
    assert.throws(() => privateKey.saveTo(place), { code: 'EEXIST' });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  for (const field of ['apiKey', 'password', 'idToken']) {
    const error = await failure(() => new WsChannel({ [field]: JSON.parse(JSON.stringify(new SecretText('planted'))) }));
    assert.match(error.message, new RegExp(`${field}: is the text \`\\[secret\\]\``));
  }
});

test('contents in results are buffers', async () => {
  const client = await loggedIn();
  const key = client.generateKey({ name: 'You', email: you.email });
  const account = { email: 'other@example.test', password: you.password };
  const request = { ...account, certificates: ['simulator'], pgp_keys: [{ key: key.publicKey }] };
  const { accounts } = await service.seed({ accounts: [request] });
  const other = new WsChannel({ ...settings, ...account, apiKey: accounts[0].api_key });
  await other.logIn();
  const made = iso20022.makePayment({
    transactions: [{ amount: '1.00', creditor: { name: 'Beta', iban: 'EE382200221020145685' } }],
    debtor: { name: 'You', iban: 'FI2112345600000785' },
    executionDate: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10),
  });
  const seen = [];
  const { answers } = await other.uploadAndWait(
    {
      content: Buffer.from(made.xml),
      fileName: 'a.xml',
      fileType: 'pain.001.001.09',
      privateKey: key.privateKey,
      waitFor: ['pain.002.001.10'],
      pollIntervalS: 0.1,
    },
    { onProgress: (progress) => seen.push(progress) },
  );
  assert.ok(Buffer.isBuffer(answers[0].content));
  assert.match(answers[0].content.toString(), /CstmrPmtStsRpt/);
  assert.deepEqual(
    [...new Set(seen.map(({ step, steps }) => `${step} of ${steps}`))],
    ['1 of 3', '2 of 3', '3 of 3'],
  );
  const fractions = seen.map(({ fraction }) => fraction ?? 0);
  assert.deepEqual(fractions, [...fractions].sort((one, another) => one - another));
  await other.close();
  await client.close();
});
