'use strict';

// `iterNewFiles`: one file at a time, against the package's own service.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, beforeEach, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { InvalidInputError, Service, WsChannel, codes } = require('..');
const { failure } = require('./helpers/failure');

const TYPE = 'camt.053.001.02';
const FILES = [
  [TYPE, 'r1', 'one'],
  [TYPE, 'r2', 'two'],
  ['camt.054.001.02', 'r3', 'three'],
];
let service;
let directory;
let number = 0;

before(async () => {
  service = await Service.start({ noLimits: true, control: true });
});

after(() => service.close());

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
});

/** A client with a session, whose bank holds these files only. */
async function clientOf(files) {
  const email = `user${(number += 1)}@example.test`;
  const account = {
    email,
    password: 'Toddler_..123456789012345',
    company: 'Example Company Oy',
    sessions: true,
    certificates: ['simulator'],
    files: files.map(([file_type, reference, content]) => ({ file_type, reference, content: btoa(content) })),
  };
  const { accounts: [made] } = await service.seed({ accounts: [account] });
  const settings = { email, mode: 'data', bank: 'simulator', apiKey: made.api_key, idToken: made.id_tokens.data };
  const client = new WsChannel({ ...service.clientSettings, ...settings });
  // The simulator gives each customer a statement.
  const { fileDescriptors } = await client.listFiles({ status: 'NEW' });
  for (const file of fileDescriptors) {
    if (!files.some(([, reference]) => reference === file.fileReference)) await client.downloadFile(file);
  }
  return client;
}

async function all(files) {
  const given = [];
  for await (const file of files) given.push(file);
  return given;
}

const shown = (files) => files.map(({ fileType, fileReference, status }) => `${fileType} ${fileReference} ${status}`);

test('each file is given when it is there, and the next run has none', async () => {
  const client = await clientOf(FILES);
  const seen = [];
  for await (const file of client.iterNewFiles({ directory: pathToFileURL(directory) })) {
    seen.push(fs.readFileSync(file.path, 'utf8'));
    assert.equal(fs.readdirSync(directory).filter((name) => !name.startsWith('.')).length, seen.length);
  }
  assert.deepEqual(seen, ['one', 'two', 'three']);
  assert.deepEqual(await all(client.iterNewFiles({ directory })), []);
  await client.close();
});

test('a loop that is left is continued by the next', async () => {
  const client = await clientOf(FILES);
  for await (const file of client.iterNewFiles({ directory })) {
    assert.equal(file.fileReference, 'r1');
    break;
  }
  const { fileDescriptors } = await client.listFiles({ status: 'NEW' });
  assert.equal(fileDescriptors.length, 2);
  const rest = await all(client.iterNewFiles({ directory: Buffer.from(directory), fileType: TYPE }));
  assert.deepEqual(shown(rest), [`${TYPE} r2 downloaded`]);
  await client.close();
});

test('a file that fails does not stop the others, and one that is there already is said to be', async () => {
  const client = await clientOf([['KTL', '../../x', 'bad'], ...FILES.slice(0, 1)]);
  const first = await all(client.iterNewFiles({ directory }));
  assert.deepEqual(shown(first), ['KTL ../../x failed', `${TYPE} r1 downloaded`]);
  assert.equal(first[0].error, codes.WS_CHANNEL_REFERENCE_UNSAFE);
  await client.close();

  // Another account in the same folder: the name is taken.
  const other = await clientOf(FILES);
  const given = [`${TYPE} r1 exists`, `${TYPE} r2 downloaded`, 'camt.054.001.02 r3 downloaded'];
  assert.deepEqual(shown(await all(other.iterNewFiles({ directory }))), given);
  await other.close();
});

test('nothing is asked before the first file, and what is wrong is said then', async () => {
  const client = new WsChannel({ baseUrl: 'http://127.0.0.1:9/v2', mode: 'data', bank: 'simulator', apiKey: 'example-api-key-0123456789', idToken: 'x' });
  const begun = client.iterNewFiles({});
  const error = await failure(() => begun.next());
  assert.ok(error instanceof InvalidInputError);
  assert.deepEqual([error.code, error.context.field, error.operation], [codes.INPUT_MISSING_FIELD, 'directory', 'ws_channel.download_new_files']);
  const unknown = await failure(() => client.iterNewFiles({ directory, colour: 'red' }).next());
  assert.deepEqual([unknown.code, unknown.context.field], [codes.INPUT_UNKNOWN_FIELD, 'colour']);
  const stopped = await failure(() => client.iterNewFiles({ directory }, { signal: AbortSignal.abort() }).next());
  assert.equal(stopped.name, 'AbortError');
  await client.close();
});
