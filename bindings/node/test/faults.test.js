'use strict';

// Bad input and faults: each gives the typed error or the stated behaviour, never a crash, a hang or a leak.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PassThrough, Readable, Writable } = require('node:stream');
const { after, before, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const {
  BankchannelError,
  CancelledError,
  ConfigurationError,
  InvalidInputError,
  SepaWebServices,
  TimedOutError,
  WsChannel,
  iso20022,
} = require('..');
const { fromNative } = require('../lib/error');
const { failure } = require('./helpers/failure');
const { CONTENT, peer, silent } = require('./helpers/peer');
const { run } = require('./helpers/process');

const upload = { fileName: 'payments.xml', fileType: 'pain.001.001.09', signature: '-----BEGIN PGP SIGNATURE-----' };
const which = { fileType: 'camt.053.001.08', fileReference: '227166' };
const bytes = Buffer.from('x');

let there;
let client;
let folder;

before(async () => {
  there = await peer();
  client = new WsChannel(there.settings);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
});

after(async () => {
  await client.close();
  there.close();
  fs.rmSync(folder, { recursive: true });
});

/** The work fails with this class and code, and names the field; nothing was sent. */
async function refused(work, code, field, type = InvalidInputError) {
  const calls = there.seen.calls;
  const error = await failure(work);
  assert.ok(error instanceof type, `${error.stack}`);
  assert.equal(error.code, code, error.message);
  if (field) assert.equal(error.context.field, field, error.message);
  assert.equal(there.seen.calls, calls, 'something was sent');
  return error;
}

test('wrong types', async () => {
  for (const value of [5, true, null, [], {}, new Date(0), new Map(), Buffer.from('KTL')]) {
    const error = await refused(
      client.downloadFile({ ...which, fileReference: value }),
      value === null ? 'input.missing_field' : 'input.invalid_field',
    );
    assert.equal(error.operation, 'ws_channel.download_file');
  }
  for (const value of [5n, Symbol('a'), () => 'KTL', NaN, Infinity])
    await refused(client.downloadFile({ ...which, fileReference: value }), 'input.invalid_field', 'fileReference');
  for (const request of [null, 5, 'KTL', [], true])
    await refused(client.listFiles(request), 'input.invalid_field', 'request');
  for (const options of [null, 5, 'KTL', []])
    await refused(client.listFiles({}, options), 'input.invalid_field', 'options');
  for (const name of [null, 5, {}, undefined]) await refused(client.call(name), 'input.invalid_field', 'name');
  for (const name of ['', 'ws_channel.nothing', 'list_files', 'a\0b', '\ud800'])
    await refused(client.call(name), 'input.unknown_operation');
  await refused(client.listFiles({}, { onCode: 'six digits' }), 'input.invalid_field', 'onCode');
  await refused(client.listFiles({}, { timeoutMs: 5 }), 'input.unknown_field', 'timeoutMs');
  await refused(() => new WsChannel({}, { onCode: 5 }), 'input.invalid_field', 'onCode');
  await refused(() => new WsChannel({}, { logger: () => {} }), 'input.invalid_field', 'logger');
  await refused(() => new WsChannel({}, { sign: () => {} }), 'input.unknown_field', 'sign');
  // A misspelt member of what should hold the address: without one a client asks the real bank.
  for (const name of ['fileUrl', 'file_url', 'fileURL', 'certificateUrl'])
    await refused(() => new SepaWebServices({ bank: 'op', [name]: {}.fileUrl }), 'input.invalid_field', name);
  await refused(() => new WsChannel({ baseUrl: undefined }), 'input.invalid_field', 'baseUrl');
  await refused(() => new WsChannel('settings'), 'input.invalid_field', 'settings');
  await refused(() => client.callLocal('ws_channel.list_files'), 'input.unknown_operation');
});

test('missing and unknown fields', async () => {
  await refused(client.downloadFile({}), 'input.missing_field', 'fileType, fileReference');
  await refused(client.downloadFile({ fileType: 'KTL' }), 'input.missing_field', 'fileReference');
  await refused(client.uploadFile(upload), 'input.missing_field', 'content');
  await refused(client.listFiles({ fileTypes: 'KTL' }), 'input.unknown_field', 'fileTypes');
  await refused(() => new WsChannel({ emaill: 'a@example.test', modee: 'data' }), 'input.unknown_field', 'emaill, modee');
  await refused(client.call('ws_channel.list_files', { file_types: 'KTL' }), 'input.unknown_field', 'file_types');
  await refused(() => client.generateKey({ nom: 'You' }), 'input.unknown_field', 'nom');
  await refused(client.listFiles({ ['__proto__x']: 'KTL' }), 'input.unknown_field', '__proto__x');
});

test('wrong values of enums', async () => {
  await refused(client.listFiles({ status: 'new' }), 'input.invalid_field', 'status');
  await refused(client.listFiles({ bank: 'no such bank' }), 'input.invalid_field', 'bank');
  await refused(() => new WsChannel({ mode: 'boss' }), 'input.invalid_field', 'mode');
});

test('too much', async () => {
  await refused(client.listFiles({ fileType: 'A'.repeat(100_000) }), 'input.invalid_field', 'fileType');
  await refused(client.listFiles({ fileType: 'A'.repeat(17 * 1024 * 1024) }), 'input.too_large');
  let deep = {};
  for (let level = 0; level < 1000; level += 1) deep = { deep };
  await refused(client.call('ws_channel.list_files', deep), 'input.invalid_field', 'deep');
  const round = {};
  round.round = round;
  await refused(client.call('ws_channel.list_files', round), 'input.invalid_field', 'round');
  let many = 'A'.repeat(100);
  for (let level = 0; level < 30; level += 1) many = [many, many];
  await refused(client.call('ws_channel.list_files', { many }), 'input.too_large');
  await refused(() => client.callLocal('ws_channel.totp_code', { many }), 'input.too_large');
});

test('text that is no Unicode', async () => {
  await refused(client.listFiles({ fileType: '\ud800' }), 'input.invalid_field', 'fileType');
  await refused(client.listFiles({ fileType: 'a\udfffb' }), 'input.invalid_field', 'fileType');
  await refused(
    client.uploadFile({ ...upload, content: { path: 'a\ud800' } }),
    'input.invalid_field',
    'content',
  );
  await refused(client.downloadFile(which, { destination: { path: 'a\ud800' } }), 'input.invalid_field', 'destination');
  // Bytes that are not UTF-8 are content like any other.
  there.uploads.length = 0;
  await client.uploadFile({ ...upload, content: Buffer.from([0xff, 0x00, 0xfe]) });
  assert.deepEqual([...there.uploads[0]], [0xff, 0x00, 0xfe]);
});

test('NUL inside', async () => {
  await refused(client.listFiles({ fileType: 'a\0b' }), 'input.invalid_field', 'fileType');
  await refused(
    client.uploadFile({ ...upload, content: { path: 'a\0b' } }),
    'input.invalid_field',
    'content',
  );
  await refused(client.downloadFile(which, { destination: { path: 'a\0b' } }), 'input.invalid_field', 'destination');
  await refused(
    () => client.signFile({ content: { path: '/etc/passwd\0' }, privateKey: 'x' }),
    'input.invalid_field',
    'content',
  );
});

test('content that is none', async () => {
  for (const content of ['text', 5, {}, { path: 5 }, { path: '' }, [bytes], new URL('http://127.0.0.1/')]) {
    await refused(client.uploadFile({ ...upload, content }), 'input.invalid_field', 'content');
  }
  await refused(
    client.uploadFile({ ...upload, content: { path: path.join(folder, 'nothing') } }),
    'input.content_unreadable',
  );
  await refused(client.uploadFile({ ...upload, content: { path: folder } }), 'input.content_unreadable');
  await refused(
    () => client.signFile({ content: Readable.from([bytes]), privateKey: 'x' }),
    'input.invalid_field',
    'content',
  );
  const gone = fs.createReadStream(path.join(folder, 'nothing'));
  assert.equal((await failure(client.uploadFile({ ...upload, content: gone }))).code, 'ENOENT');
});

test('a closed client', async () => {
  const closed = new WsChannel(there.settings);
  await closed.close();
  await closed.close();
  const code = 'configuration.closed';
  await refused(closed.listFiles(), code, undefined, ConfigurationError);
  await refused(closed.call('ws_channel.list_files'), code, undefined, ConfigurationError);
  await refused(closed.call('ws_channel.generate_key'), code, undefined, ConfigurationError);
  await refused(() => closed.generateKey(), code, undefined, ConfigurationError);
  const stream = closed.downloadFileStream(which).on('error', () => {});
  await refused(stream.response, code, undefined, ConfigurationError);
});

test('a client is closed when its block ends', async () => {
  const own = new WsChannel(there.settings);
  await own[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]();
  assert.equal((await failure(own.listFiles())).code, 'configuration.closed');
});

test('deadlines: none left, soon, and out of every range', async () => {
  const none = await refused(
    client.uploadFile({ ...upload, content: bytes }, { timeout: 0 }),
    'timeout.deadline',
    undefined,
    TimedOutError,
  );
  assert.equal(none.outcome, 'not_sent');
  await refused(
    client.uploadFile({ ...upload, content: Readable.from([bytes]) }, { timeout: 0 }),
    'timeout.deadline',
    undefined,
    TimedOutError,
  );
  for (const timeout of [-1, NaN, '5', 5n, {}, 90_000, Number.MAX_VALUE])
    await refused(client.listFiles({}, { timeout }), 'input.invalid_field', 'timeout');
  for (const timeout of [Infinity, 10, 0.5 * 86_400, undefined])
    assert.ok((await client.listFiles({}, { timeout })).responseText);
});

test('cancelled before, during and after', async () => {
  const stopped = AbortSignal.abort(new RangeError('mine'));
  const early = await refused(
    client.uploadFile({ ...upload, content: bytes }, { signal: stopped }),
    'cancelled',
    undefined,
    CancelledError,
  );
  assert.deepEqual([early.name, early.outcome, early.cause.message], ['AbortError', 'not_sent', 'mine']);

  const nobody = await silent();
  const quiet = new WsChannel(nobody.settings);
  const stop = new AbortController();
  const running = failure(quiet.uploadFile({ ...upload, content: bytes }, { signal: stop.signal }));
  await nobody.arrived;
  stop.abort();
  const middle = await running;
  assert.ok(middle instanceof CancelledError);
  assert.equal(middle.outcome, 'unknown');
  nobody.close();

  const late = new AbortController();
  const answered = await client.listFiles({}, { signal: late.signal });
  late.abort();
  assert.equal(answered.responseText, 'OK');
  // A signal that is used for many calls collects no listeners.
  const stays = new AbortController();
  let held = 0;
  const add = stays.signal.addEventListener.bind(stays.signal);
  const remove = stays.signal.removeEventListener.bind(stays.signal);
  stays.signal.addEventListener = (...given) => ((held += 1), add(...given));
  stays.signal.removeEventListener = (...given) => ((held -= 1), remove(...given));
  for (let round = 0; round < 20; round += 1) await client.listFiles({}, { signal: stays.signal });
  for (let round = 0; round < 3; round += 1)
    for await (const piece of client.downloadFileStream(which, { signal: stays.signal })) assert.ok(piece);
  assert.equal(held, 0);
});

test('a signal stops a stream that is being read', async () => {
  const stop = new AbortController();
  const stream = client.downloadFileStream(which, { signal: stop.signal });
  stop.abort(new RangeError('mine'));
  const error = await failure(async () => {
    for await (const piece of stream) assert.ok(piece);
  });
  assert.equal(error.code, 'cancelled');
  assert.equal(error.cause.message, 'mine');
});

test('an exception inside a stream comes out as it is, and nothing is sent or left behind', async () => {
  there.uploads.length = 0;
  const faults = [
    Readable.from(
      (function* () {
        yield bytes;
        throw new RangeError('mine');
      })(),
    ),
    (async function* () {
      yield bytes;
      throw new RangeError('mine');
    })(),
    {
      async *[Symbol.asyncIterator]() {
        throw new RangeError('mine');
      },
    },
    {
      [Symbol.asyncIterator]: () => ({
        next() {
          throw new RangeError('mine');
        },
      }),
    },
    {
      [Symbol.asyncIterator]() {
        throw new RangeError('mine');
      },
    },
  ];
  for (const content of faults)
    assert.ok((await failure(client.uploadFile({ ...upload, content }))) instanceof RangeError);
  for (const piece of [5, null, {}, [1]]) {
    const error = await failure(
      client.uploadFile({
        ...upload,
        content: (async function* () {
          yield piece;
        })(),
      }),
    );
    assert.ok(error instanceof InvalidInputError, String(error));
  }
  assert.equal(there.uploads.length, 0);

  for (const broken of [
    new Writable({ write: (_, __, done) => done(new RangeError('mine')) }),
    new Writable({
      write() {
        throw new RangeError('mine');
      },
    }),
    new Writable({ write: (_, __, done) => done(), final: (done) => done(new RangeError('mine')) }),
  ]) {
    assert.ok((await failure(client.downloadFile(which, { destination: broken }))) instanceof RangeError);
    assert.ok(broken.destroyed);
  }
  const closed = new PassThrough();
  closed.destroy();
  const ended = new PassThrough();
  ended.end();
  for (const destination of [closed, ended]) {
    const error = await refused(client.downloadFile(which, { destination }), 'input.invalid_field', 'destination');
    assert.match(error.message, /closed/);
  }
});

test('what cannot be used is named with its place, however deep in a list', async () => {
  const wrong = [{ amount: NaN }, { amount: 1n }, { creditor: { name: 'cut\ud83d' } }];
  for (const row of wrong) {
    const transactions = Array.from({ length: 1000 }, (_, at) => (at === 777 ? row : { amount: '1.00' }));
    const place = row.creditor ? 'transactions[777].creditor.name' : 'transactions[777].amount';
    await refused(() => iso20022.makePayment({ transactions }), 'input.invalid_field', place);
  }
});

test('a client behind a Proxy and content without memory have an error of their own', async () => {
  const error = await failure(async () => new Proxy(client, {}).listFiles());
  assert.ok(error instanceof ConfigurationError, error.stack);
  assert.match(error.message, /Proxy/);
  const buffer = new ArrayBuffer(4);
  const content = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  await refused(() => client.signFile({ content, privateKey: 'x' }), 'input.invalid_field', 'content');
});

test('the environment is that of process.env, also where a program has replaced it or a worker has its own', async () => {
  const { baseUrl, apiKey, idToken } = there.settings;
  const account = { ISECURE_API_KEY: apiKey, ISECURE_ID_TOKEN: idToken, ISECURE_BANK: 'simulator' };
  const variables = { ...process.env, ISECURE_BASE_URL: baseUrl, ...account };
  const body = `
    const { parentPort } = require('node:worker_threads');
    const { WsChannel } = require(${JSON.stringify(path.join(__dirname, '..'))});
    const said = [];
    const ask = () => WsChannel.fromEnv({ mode: 'data', retries: 0, idToken: { env: 'ISECURE_ID_TOKEN' } }).listFiles();
    ask().catch((error) => said.push(error.message)).then(() => parentPort.postMessage(said));`;
  const one = new Worker(body, { eval: true, env: variables });
  const seen = there.seen.calls;
  const said = await new Promise((resolve, reject) => one.once('message', resolve).once('error', reject));
  assert.ok(there.seen.calls > seen, `the worker has asked the peer of its own environment: ${said}`);
});

test('a stream of strings is refused, and nothing is sent: they are not the bytes that were signed', async () => {
  there.uploads.length = 0;
  const file = path.join(folder, 'latin1.xml');
  fs.writeFileSync(file, Buffer.from([0xe4]));
  for (const encoding of ['latin1', 'utf8'])
    for (const call of ['uploadFile', 'signAndUpload']) {
      const fields = call === 'uploadFile' ? upload : { fileName: 'a.xml', fileType: upload.fileType };
      const given = { ...fields, content: fs.createReadStream(file, encoding) };
      const error = await refused(client[call](given), 'input.invalid_field', 'content');
      assert.match(error.message, /without an encoding/);
    }
  // A stream that does not announce it.
  for (const pieces of [['ä'], [bytes, 'ä']]) {
    const given = { ...upload, content: Readable.from(pieces) };
    const error = await failure(client.uploadFile(given));
    assert.deepEqual([error.code, error.context.field], ['input.invalid_field', 'content']);
    assert.equal(error.operation, 'ws_channel.upload_file');
    assert.ok(['not_sent', 'unknown'].includes(error.outcome), String(error.outcome));
    assert.equal(error.toJSON().outcome, error.outcome);
  }
  assert.equal(there.uploads.length, 0);
});

test('how far the exchange came is the cause of the caller’s own error', async () => {
  const mine = new RangeError('mine');
  const torn = async function* () {
    yield Buffer.alloc(1024 * 1024);
    throw mine;
  };
  assert.equal(await failure(client.uploadFile({ ...upload, content: torn() })), mine);
  assert.ok(mine.cause instanceof CancelledError, String(mine.cause));
  assert.ok(['not_sent', 'unknown'].includes(mine.cause.outcome), String(mine.cause.outcome));
  assert.deepEqual(Object.keys(mine), []);
  // The existing properties of an error stay, and an error that cannot be extended is still rethrown.
  const because = new RangeError('mine', { cause: 'the tape' });
  for (const fault of [because, Object.freeze(new RangeError('mine')), 'mine', undefined]) {
    const pieces = (async function* () {
      throw fault;
    })();
    const came = await client.uploadFile({ ...upload, content: pieces }).then(assert.fail, (error) => error);
    assert.equal(came, fault);
  }
  assert.equal(because.cause, 'the tape');
});

test('a reader that stops early ends its call', async () => {
  const stream = client.downloadFileStream(which);
  for await (const piece of stream) {
    assert.ok(piece.length > 0);
    break;
  }
  const error = await failure(stream.response.then((done) => done));
  assert.equal(error.code, 'cancelled');
});

test('a generator whose call fails is ended', async () => {
  let ended = false;
  const pieces = (async function* () {
    try {
      for (;;) yield Buffer.alloc(64 * 1024);
    } finally {
      ended = true;
    }
  })();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  assert.equal(
    (await failure(client.uploadFile({ ...upload, content: pieces }, { signal: stop.signal }))).code,
    'cancelled',
  );
  await new Promise(setImmediate);
  assert.ok(ended);
});

test('settings from the environment: what is given goes before, a wrong variable is named and not shown', async () => {
  const { baseUrl, apiKey, idToken } = there.settings;
  const program = `
    const { WsChannel } = require(${JSON.stringify(path.join(__dirname, '..'))});
    (async () => {
      try {
        const client = WsChannel.fromEnv({ idToken: process.argv[1] });
        console.log((await client.listFiles()).responseText, client instanceof WsChannel);
      } catch (error) { console.log(error.code, error.context.field, JSON.stringify(error).includes('planted')); }
    })();`;
  const env = { ISECURE_BASE_URL: baseUrl, ISECURE_API_KEY: apiKey, ISECURE_MODE: 'data', ISECURE_BANK: 'simulator' };
  assert.equal((await run(program, { args: [idToken], env })).out, 'OK true\n');
  const wrong = await run(program, { args: [idToken], env: { ...env, ISECURE_MODE: 'planted' } });
  assert.equal(wrong.out, 'configuration.invalid ISECURE_MODE false\n');
  assert.ok((await failure(() => WsChannel.fromEnv({ mode: 'boss' }))) instanceof InvalidInputError);
});

test('errors are whole, and no secret is in them', async () => {
  const error = await failure(client.deleteFile(which));
  assert.ok(error instanceof BankchannelError);
  const shown = [
    String(error),
    error.stack,
    JSON.stringify(error),
    require('node:util').inspect(error, { depth: 9, showHidden: true }),
  ];
  for (const secret of [there.settings.apiKey, there.settings.idToken])
    for (const text of shown) assert.ok(!text.includes(secret));
});

test('the text of a panic is in no error: it may hold what the caller gave', () => {
  const panicked = fromNative(Object.assign(new Error('my-password'), { code: 'GenericFailure' }));
  assert.equal(panicked.code, 'internal');
  assert.ok(!require('node:util').inspect(panicked, { depth: 9, showHidden: true }).includes('my-password'));
  const unread = Object.assign(new Error('expected a string'), { code: 'StringExpected' });
  assert.equal(fromNative(unread).cause, unread);
});

test('a call on what is no client is a TypeError, as of any class', async () => {
  assert.ok((await failure(() => WsChannel.prototype.listFiles.call({}))) instanceof TypeError);
  assert.ok((await failure(() => WsChannel())) instanceof TypeError);
});

test('many failures at once', async () => {
  const errors = await Promise.all(Array.from({ length: 500 }, () => failure(client.listFiles({ status: 'no' }))));
  assert.ok(errors.every((error) => error instanceof InvalidInputError));
  assert.equal(CONTENT.length, (await client.downloadFile(which)).content.size);
});
