'use strict';

// Typed calls against a scripted peer.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Readable, Writable, PassThrough } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { after, before, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const bankchannel = require('..');
const {
  BankchannelError,
  CancelledError,
  ConfigurationError,
  InvalidInputError,
  TimedOutError,
  TransportError,
  WsChannel,
} = bankchannel;
const { native } = require('../lib/native');
const { failure } = require('./helpers/failure');
const { CONTENT, peer, silent } = require('./helpers/peer');

const upload = { fileName: 'payments.xml', fileType: 'pain.001.001.09', signature: '-----BEGIN PGP SIGNATURE-----' };
const which = { fileType: 'camt.053.001.08', fileReference: '227166' };

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

test('results are in camelCase', async () => {
  const listed = await client.listFiles({ fileType: 'camt.053.001.08', status: 'ALL' });
  assert.deepEqual(listed, {
    fileDescriptors: [
      {
        fileReference: '227166',
        fileTimestamp: '2026-11-20T08:00:00.250+02:00',
        fileType: 'camt.053.001.08',
        status: 'WFP',
      },
    ],
    responseText: 'OK',
  });
  const raw = await client.call('ws_channel.list_files', { file_type: 'camt.053.001.08' });
  assert.equal(raw.file_descriptors[0].file_reference, '227166');
});

test('a call says how far it is', async () => {
  const data = crypto.randomBytes(700_001);
  there.uploads.length = 0;
  const told = [];
  const onProgress = (progress) => told.push(progress);
  await client.uploadFile({ ...upload, content: data }, { onProgress });
  assert.ok(told.some(({ bytes, total }) => bytes === total && bytes >= data.length), JSON.stringify(told));
  assert.ok(told.every(({ text, bytes }) => text === '' && bytes > 0));
  told.length = 0;
  await client.uploadFile({ ...upload, content: Readable.from([data]) }, { onProgress });
  assert.ok(told.length > 0);
  told.length = 0;
  const into = new PassThrough();
  into.resume();
  await client.downloadFile(which, { destination: into, onProgress });
  // The body of the message is JSON, with the content in base64.
  assert.ok(told.at(-1).bytes > CONTENT.length, JSON.stringify(told));
  assert.equal(there.uploads.length, 2);
});

test('a request id is sent and told in the error', async () => {
  const ids = there.seen.requestIds;
  ids.length = 0;
  await client.listFiles({}, { requestId: 'run-1' });
  await client.call('ws_channel.list_files', {}, { requestId: 'run-2' });
  await client.listFiles({});
  await assert.rejects(client.deleteFile(which, { requestId: 'run-3' }), (error) => error.context.request_id === 'run-3');
  assert.deepEqual(ids, ['run-1', 'run-2', undefined, 'run-3']);
  for (const requestId of ['', 'Toddler_..12345 6789', 'a/b', 'ä', 7]) {
    const calls = [
      () => client.listFiles({}, { requestId }),
      () => client.call('ws_channel.list_files', {}, { requestId }),
      () => client.call('ws_channel.totp_code', { secret: 'JBSWY3DPEHPK3PXP' }, { requestId }),
    ];
    for (const call of calls) {
      const error = await failure(call);
      assert.ok(error instanceof InvalidInputError);
      assert.deepEqual([error.context.field, error.operation !== null], ['requestId', true], error.message);
      assert.ok(!JSON.stringify(error.context).includes('Toddler') && !error.message.includes('Toddler'));
    }
  }
  assert.equal(ids.length, 4);
});

test('code that fails at the progress does not end the call', async () => {
  there.uploads.length = 0;
  for (const fails of [
    () => {
      throw new Error('no terminal');
    },
    async () => {
      throw new Error('no terminal');
    },
  ]) {
    const warned = [];
    const logging = new WsChannel(there.settings, { logger: { warn: (text) => warned.push(text) } });
    await logging.uploadFile({ ...upload, content: crypto.randomBytes(700_001) }, { onProgress: fails });
    await logging.close();
    assert.equal(warned.filter((text) => text.includes('onProgress') && text.includes('no terminal')).length, 1);
  }
  assert.equal(there.uploads.length, 2);
  await assert.rejects(client.listFiles({}, { onProgress: 'yes' }), (error) => error.context.field === 'onProgress');
});

test('content goes out in every form', async () => {
  const data = crypto.randomBytes(700_001);
  const file = path.join(folder, 'payments.xml');
  fs.writeFileSync(file, data);
  const pieces = [data.subarray(0, 10), data.subarray(10, 300_000), Buffer.alloc(0), data.subarray(300_000)];
  const forms = [
    data,
    new Uint8Array(data),
    { path: file },
    fs.createReadStream(file),
    Readable.from(pieces),
    (async function* () {
      yield* pieces;
    })(),
  ];
  there.uploads.length = 0;
  for (const content of forms) await client.uploadFile({ ...upload, content });
  assert.deepEqual(
    there.uploads.map((sent) => sent.equals(data)),
    [true, true, true, true, true, true],
  );
});

test('content comes in in every form', async () => {
  const { content } = await client.downloadFile(which);
  assert.deepEqual([content.data.equals(CONTENT), content.size, content.path], [true, CONTENT.length, undefined]);

  const file = path.join(folder, 'statement.xml');
  const kept = await client.downloadFile(which, { destination: { path: file } });
  assert.deepEqual(kept.content, { size: CONTENT.length, path: file });
  assert.ok(fs.readFileSync(file).equals(CONTENT));
  assert.ok((await failure(client.downloadFile(which, { destination: { path: file } }))) instanceof BankchannelError);
  fs.writeFileSync(file, 'old');
  await client.downloadFile(which, { destination: { path: file, replace: true } });
  assert.ok(fs.readFileSync(file).equals(CONTENT));

  const written = path.join(folder, 'written.xml');
  const streamed = await client.downloadFile(which, { destination: fs.createWriteStream(written) });
  assert.equal(streamed.content.size, CONTENT.length);
  assert.ok(fs.readFileSync(written).equals(CONTENT));

  const piped = path.join(folder, 'piped.xml');
  const stream = client.downloadFileStream(which);
  await pipeline(stream, fs.createWriteStream(piped));
  assert.ok(fs.readFileSync(piped).equals(CONTENT));
  assert.equal((await stream.response).responseText, 'OK');
});

test('a failing stream ends the call with its own error', async () => {
  there.uploads.length = 0;
  const torn = new Readable({
    read() {
      this.destroy(new RangeError('the tape is torn'));
    },
  });
  assert.match((await failure(client.uploadFile({ ...upload, content: torn }))).message, /torn/);
  const full = new Writable({ write: (_, __, done) => done(new RangeError('the tape is full')) });
  assert.match((await failure(client.downloadFile(which, { destination: full }))).message, /full/);
  assert.equal(there.uploads.length, 0);
  const objects = Readable.from([{ not: 'bytes' }]);
  assert.ok((await failure(client.uploadFile({ ...upload, content: objects }))) instanceof InvalidInputError);
});

test('a stream that nobody wants any more cancels its call', async () => {
  const nobody = await silent();
  const quiet = new WsChannel(nobody.settings);
  const stream = quiet.downloadFileStream(which);
  await nobody.arrived;
  stream.destroy();
  assert.equal((await failure(stream.response)).code, 'cancelled');
  nobody.close();
});

test('a refusal arrives whole', async () => {
  const error = await failure(client.deleteFile(which));
  assert.ok(error instanceof BankchannelError && error instanceof Error);
  assert.equal(error.operation, 'ws_channel.delete_file');
  assert.deepEqual([error.httpStatus, error.outcome, error.retryable], [400, 'refused', false]);
  assert.deepEqual(error.peer, { code: '15', text: 'FileReference is not valid', requestId: 'example-request-id' });
  assert.equal(error.toJSON().http_status, 400);
  assert.equal(error.constructor.name.endsWith('Error'), true);
});

test('wrong arguments name the field', async () => {
  const calls = there.seen.calls;
  const cases = [
    ['bank', { bank: 'no such bank' }],
    ['bank', { bank: 5 }],
    ['status', { status: 'new' }],
    ['fileType', { fileType: 5n }],
    ['fileType', { fileType: 'a b' }],
    ['fileType', { fileType: 'a\0b' }],
    ['file', { file: 'KTL' }],
    ['file_type', { file_type: 'KTL' }],
    ['request', 'KTL'],
  ];
  for (const [field, given] of cases) {
    const error = await failure(client.listFiles(given));
    assert.ok(error instanceof InvalidInputError, String(error));
    assert.equal(error.context.field, field);
  }
  const missing = await failure(client.downloadFile({ fileType: 'KTL' }));
  assert.deepEqual([missing.code, missing.text, missing.message],
    [
      'input.missing_field',
      'fileReference is missing',
      'ws_channel.download_file: fileReference is missing [input.missing_field]',
    ]);
  assert.equal(missing.toJSON().context.field, 'file_reference');
  assert.equal((await failure(client.listFiles({}, { timeout: -1 }))).context.field, 'timeout');
  assert.equal((await failure(client.listFiles({}, { signal: 'no' }))).context.field, 'signal');
  assert.equal((await failure(client.uploadFile({ ...upload, content: 'text' }))).context.field, 'content');
  assert.equal(there.seen.calls, calls);
});

test('wrong settings are refused', async () => {
  assert.ok((await failure(() => new WsChannel({ baseUrl: 'http://example.test/v2' }))) instanceof BankchannelError);
  assert.ok((await failure(() => new WsChannel({ mode: 'boss' }))) instanceof InvalidInputError);
  assert.equal((await failure(() => new WsChannel({ modus: 'data' }))).code, 'input.unknown_field');
});

test('a closed client says so', async () => {
  const closed = new WsChannel(there.settings);
  await closed.close();
  const error = await failure(closed.listFiles());
  assert.ok(error instanceof ConfigurationError);
  assert.equal(error.code, bankchannel.codes.CONFIGURATION_CLOSED);
});

test('nobody there: nothing was sent', async () => {
  const gone = await peer();
  gone.close();
  await sleep(20);
  const error = await failure(new WsChannel(gone.settings).uploadFile({ ...upload, content: Buffer.from('x') }));
  assert.ok(error instanceof TransportError);
  assert.deepEqual([error.code, error.outcome], ['transport.connect_failed', 'not_sent']);
});

test('deadlines', async () => {
  const nobody = await silent();
  const quiet = new WsChannel(nobody.settings);
  const given = { ...upload, content: Buffer.from('x') };
  const at_once = await failure(quiet.uploadFile(given, { timeout: 0 }));
  assert.ok(at_once instanceof TimedOutError);
  assert.equal(at_once.outcome, 'not_sent');
  const later = await failure(quiet.uploadFile(given, { timeout: 0.2 }));
  assert.deepEqual([later.code, later.outcome], ['timeout.deadline', 'unknown']);
  nobody.close();
});

test('signals cancel, before and in the middle', async () => {
  const nobody = await silent();
  const quiet = new WsChannel(nobody.settings);
  const given = { ...upload, content: Buffer.from('x') };
  const before = await failure(quiet.uploadFile(given, { signal: AbortSignal.abort('too late') }));
  assert.ok(before instanceof CancelledError);
  assert.deepEqual(
    [before.name, before.code, before.outcome, before.cause],
    ['AbortError', 'cancelled', 'not_sent', 'too late'],
  );

  const stop = new AbortController();
  const running = failure(quiet.uploadFile(given, { signal: stop.signal }));
  await nobody.arrived;
  await sleep(100);
  stop.abort();
  const middle = await running;
  assert.deepEqual([middle.code, middle.outcome, middle.cause], ['cancelled', 'unknown', stop.signal.reason]);
  nobody.close();
});

test('a signal is heard while the caller’s own stream is silent', async () => {
  const stop = new AbortController();
  const running = failure(client.uploadFile({ ...upload, content: new PassThrough() }, { signal: stop.signal }));
  await sleep(100);
  stop.abort();
  assert.equal((await running).code, 'cancelled');
});

test('a deadline is heard while the caller’s own code is silent', async () => {
  const given = { ...upload, content: new PassThrough() };
  const begun = Date.now();
  assert.ok((await failure(client.uploadFile(given, { timeout: 0.2 }))) instanceof TimedOutError);
  const stuck = new Writable({ highWaterMark: 1, write() {} });
  assert.ok(
    (await failure(client.downloadFile(which, { timeout: 0.4, destination: stuck }))) instanceof TimedOutError,
  );
  assert.ok(Date.now() - begun < 5000);
});

test('the client’s limit is heard while the caller’s own code is silent', async () => {
  const own = new WsChannel({ ...there.settings, exchangeTimeoutS: 1 });
  const stuck = () => new Writable({ highWaterMark: 1, write() {} });
  const byName = { file_name: upload.fileName, file_type: upload.fileType, signature: upload.signature };
  const works = [
    () => own.uploadFile({ ...upload, content: new PassThrough() }),
    () => own.call('ws_channel.upload_file', byName, { content: new PassThrough() }),
    () => own.downloadFile(which, { destination: stuck() }),
  ];
  const begun = Date.now();
  for (const error of await Promise.all(works.map((work) => failure(work)))) {
    assert.ok(error instanceof TimedOutError, error.stack);
    assert.notEqual(error.toJSON().outcome, 'refused');
  }
  assert.ok(Date.now() - begun > 900 && Date.now() - begun < 5000, `${Date.now() - begun} ms`);
  await own.close();
});

test('the operation’s own limit is heard while the caller’s own code is silent', async (suite) => {
  const { timeout_s: limit } = bankchannel.catalogue().find(({ name }) => name === 'ws_channel.upload_file');
  suite.mock.timers.enable({ apis: ['setTimeout'] });
  const running = failure(client.uploadFile({ ...upload, content: new PassThrough() }));
  let ended = false;
  running.then(() => (ended = true));
  const pause = async () => {
    const until = Date.now() + 300;
    while (Date.now() < until) await new Promise(setImmediate);
  };
  await pause();
  suite.mock.timers.tick((limit - 5) * 1000);
  await pause();
  assert.equal(ended, false);
  suite.mock.timers.tick(5_000);
  const error = await running;
  assert.ok(error instanceof TimedOutError, error.stack);
  assert.ok(['not_sent', 'unknown'].includes(error.outcome), String(error.outcome));
});

test('closing a client closes its connections, without waiting for a collector', async (suite) => {
  const near = await peer();
  // Garbage collection may run at any time, so the native halves are held here.
  const addon = native();
  const { Client } = addon;
  const held = [];
  addon.Client = class extends Client {
    constructor(...given) {
      super(...given);
      held.push(this);
    }
  };
  suite.after(() => {
    addon.Client = Client;
    near.close();
  });
  const counted = () => new Promise((resolve) => near.server.getConnections((_, count) => resolve(count)));
  const own = new WsChannel(near.settings);
  await own.listFiles();
  assert.equal(await counted(), 1);
  await own.close();
  await own.close();
  // Well before the peer's idle timeout.
  const until = Date.now() + 2000;
  while ((await counted()) > 0 && Date.now() < until) await sleep(10);
  assert.equal(await counted(), 0);
  assert.equal(held.length, 1);
});

test('a closed client’s place is not another’s: both go their own way', async () => {
  const closed = new WsChannel();
  await closed.close();
  const next = new WsChannel();
  await closed.close();
  const third = new WsChannel();
  assert.ok(next.generateKey({ name: 'You', email: 'you@example.test' }).privateKey);
  assert.ok(third.generateKey({ name: 'You', email: 'you@example.test' }).privateKey);
  assert.throws(() => closed.generateKey({ name: 'You', email: 'you@example.test' }), ConfigurationError);
});

test('closing ends what is running', async () => {
  const nobody = await silent();
  const quiet = new WsChannel(nobody.settings);
  const running = failure(quiet.listFiles());
  await nobody.arrived;
  await quiet.close();
  assert.equal((await running).code, 'cancelled');
  nobody.close();
});

test('closing ends a call that waits for the caller’s own code', async () => {
  const own = new WsChannel(there.settings);
  const silentStream = failure(own.uploadFile({ ...upload, content: new PassThrough() }));
  const stuck = new Writable({ highWaterMark: 1, write() {} });
  const silentDestination = failure(own.downloadFile(which, { destination: stuck }));
  await sleep(200);
  await own.close();
  assert.equal((await silentStream).code, 'cancelled');
  assert.equal((await silentDestination).code, 'cancelled');
});

test('the event loop runs while calls wait', async () => {
  const nobody = await silent();
  const quiet = new WsChannel(nobody.settings);
  const running = Array.from({ length: 32 }, () => failure(quiet.listFiles({}, { timeout: 0.5 })));
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  for (const error of await Promise.all(running)) assert.equal(error.code, 'timeout.deadline');
  clearInterval(timer);
  assert.ok(ticks > 20, `${ticks} ticks`);
  nobody.close();
});

test('an operation that only computes can do so on another thread: the event loop runs on', async () => {
  const file = path.join(folder, 'big');
  fs.writeFileSync(file, '');
  fs.truncateSync(file, 64 * 1024 * 1024);
  const { privateKey, publicKey } = client.generateKey({ name: 'You', email: 'you@example.test' });
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 2);
  const { signature } = await client.call(
    'ws_channel.sign_file',
    { private_key: privateKey },
    { content: { path: file } },
  );
  clearInterval(timer);
  assert.ok(ticks > 10, `${ticks} ticks`);
  const verified = await client.call(
    'ws_channel.verify_file',
    { signature, public_key: publicKey },
    { content: { path: file } },
  );
  assert.equal(verified.good, true);
  const error = await failure(
    client.call('ws_channel.sign_file', { private_key: 'none' }, { content: Buffer.from('x') }),
  );
  assert.equal(error.operation, 'ws_channel.sign_file');
  fs.rmSync(file);
});

test('every operation has a method', () => {
  const { iso20022 } = bankchannel;
  const clients = {
    ws_channel: client,
    nextgen_psd2: new bankchannel.NextGenPsd2(),
    salt_edge_connector: new bankchannel.SaltEdgeConnector(),
    salt_edge_hub: new bankchannel.SaltEdgeHub({ baseUrl: 'http://127.0.0.1:9' }),
    iso20022,
    sepa_web_services: new bankchannel.SepaWebServices(),
  };
  for (const { name } of bankchannel.catalogue()) {
    const [protocol, operation] = name.split('.');
    const method = operation.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
    assert.equal(typeof clients[protocol][method], 'function', name);
  }
});
