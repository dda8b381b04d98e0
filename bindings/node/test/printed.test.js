'use strict';

// `console.log` output of clients, servers, workers, secrets and errors.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inspect } = require('node:util');

const { NextGenPsd2, SaltEdgeConnector, SaltEdgeHub, SaltEdgeWorker, SecretText, Service, WsChannel } = require('..');
const { failure } = require('./helpers/failure');

test('a client shows its class, its protocol and where it goes, and nothing secret or personal', async () => {
  const settings = {
    baseUrl: 'http://127.0.0.1:9/v2',
    environment: 'test',
    mode: 'data',
    bank: 'nordea',
    email: 'person@example.com',
    password: 'Correct-Horse-Battery-9!',
    apiKey: 'an-api-key-of-a-customer',
    proxy: 'http://user:word@127.0.0.1:8',
    phone: '+358401234567',
  };
  const client = new WsChannel(settings, { onCode: () => '123456' });
  const shown = inspect(client, { breakLength: Infinity });
  const start = "WsChannel { protocol: 'ws-channel', environment: 'test', mode: 'data', bank: 'nordea', baseUrl: 'http://127.0.0.1:9/v2'";
  assert.equal(shown, `${start} }`);
  const all = inspect(client, { depth: 9, showHidden: true });
  for (const part of ['person@', 'Horse', 'an-api-key', 'user:word', '35840']) assert.ok(!all.includes(part), all);
  assert.equal(inspect({ a: { b: { c: { client } } } }).includes('ws-channel'), false);
  assert.equal(inspect([client], { depth: 0 }), '[ [WsChannel] ]');
  await client.close();
  assert.equal(inspect(client, { breakLength: Infinity }), `${start}, closed: true }`);
});

test('every client says which it is, and whether the environment was asked', () => {
  const clients = [new NextGenPsd2(), new SaltEdgeConnector(), new SaltEdgeHub({ baseUrl: 'http://127.0.0.1:9' })];
  assert.deepEqual(clients.map((client) => inspect(client, { breakLength: Infinity })), [
    "NextGenPsd2 { protocol: 'nextgen-psd2' }",
    "SaltEdgeConnector { protocol: 'salt-edge-connector' }",
    "SaltEdgeHub { protocol: 'salt-edge-hub', baseUrl: 'http://127.0.0.1:9' }",
  ]);
  class Mine extends WsChannel {}
  const shown = inspect(Mine.fromEnv({}), { breakLength: Infinity });
  assert.match(shown, /^Mine \{ protocol: 'ws-channel', baseUrl: 'https:\/\/[^']+', fromEnv: true \}$/);
});

test('a server shows its addresses, and that it was closed', async () => {
  const service = await Service.start({});
  const shown = inspect(service, { breakLength: Infinity });
  assert.match(shown, /^Service \{ baseUrl: 'http:\/\/127\.0\.0\.1:\d+\/v2', publicKeyFile: '.+', controlUrl: null \}$/);
  await service.close();
  assert.match(inspect(service, { breakLength: Infinity }), /controlUrl: null, closed: true \}$/);
});

test('a worker, a secret and an error say what they are', async () => {
  const worker = new SaltEdgeWorker({ work: async () => ({}) });
  assert.equal(inspect(worker), 'SaltEdgeWorker { working: true, closed: false }');
  await worker.close();
  assert.equal(inspect(worker), 'SaltEdgeWorker { working: false, closed: true }');
  assert.equal(inspect({ key: new SecretText('4vN6hGHrav31') }), '{ key: SecretText([secret]) }');
  const error = await failure(() => new WsChannel().generateKey({ name: 'You' }));
  const shown = inspect(error);
  assert.match(shown, /^InvalidInputError: ws_channel\.generate_key: email is missing \[input\.missing_field\]\n/);
  for (const part of ["code: 'input.missing_field'", "operation: 'ws_channel.generate_key'", "context: { field: 'email' }"])
    assert.ok(shown.includes(part), shown);
});
