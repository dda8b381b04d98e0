'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { test } = require('node:test');

const {
  ConfigurationError,
  InvalidInputError,
  NextGenPsd2Bank,
  SaltEdgeHubServer,
  SepaBank,
  Service,
} = require('..');

const RAW = Buffer.from('GET /v1/consents HTTP/1.1\r\nHost: bank.example\r\n\r\n');

test('every server takes the common orders, typed', async () => {
  const bank = await SepaBank.start({ control: true });
  const before = Date.parse((await bank.clock({ advanceS: 0 })).now);
  const after = Date.parse((await bank.clock({ advanceS: 61 })).now);
  assert.ok(after - before >= 61_000);
  assert.deepEqual((await bank.uploads()).uploads, {});
  assert.deepEqual((await bank.outbox()).messages, []);
  assert.equal(await bank.failNext({ operation: 'list_files', status: 503 }), undefined);
  assert.equal(await bank.reset(), undefined);
  assert.deepEqual((await bank.transcript()).requests, []);
  // The untyped form has the names of JSON, and the answer as the control interface gives it.
  assert.deepEqual(await bank.control('outbox'), []);
  assert.ok((await bank.control('clock', { advance_s: 1 })).now);
  await bank.close();
  await assert.rejects(bank.uploads(), ConfigurationError);
});

test('members are in camelCase both ways', async () => {
  const bank = await SepaBank.start({ control: true });
  const { customers: [added] } = await bank.customers({ customers: [{ family: 'op', customerId: '77', company: 'Seven Oy' }] });
  assert.equal(added.customerId, '77');
  assert.ok(fs.existsSync(added.keyFile));
  const { files } = await bank.addFiles({ files: [{ family: 'op', customerId: '77', fileType: 'TITO', content: 'a statement' }] });
  const listed = (await bank.files()).files.find((file) => file.reference === files[0]);
  assert.deepEqual([listed.fileType, listed.bytes, listed.parent], ['TITO', 11, undefined]);
  await assert.rejects(bank.code({ family: 'op', customerId: 'absent' }), (error) => {
    assert.ok(error instanceof InvalidInputError);
    assert.deepEqual([error.operation, error.context.field], ['sepa_bank.code', 'customerId']);
    return true;
  });
  await assert.rejects(bank.time({ advance: 1 }), { code: 'input.unknown_field' });
  await bank.close();
});

test('content of an order is bytes or a path', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'bankchannel-orders-'));
  const bank = await NextGenPsd2Bank.start({ control: true });
  const path = join(folder, 'request.http');
  fs.writeFileSync(path, RAW);
  const [one, other] = [await bank.explain({ message: RAW }), await bank.explain({ message: { path } })];
  assert.deepEqual(one, other);
  assert.match(JSON.stringify(one.explanation), /signature/i);
  await assert.rejects(bank.explain({ message: { path: join(folder, 'absent') } }), { code: 'input.content_unreadable' });
  await assert.rejects(bank.explain({ message: 'text' }), InvalidInputError);
  await bank.close();
  fs.rmSync(folder, { recursive: true });
});

test('an order names itself in its errors, and needs control', async () => {
  const hub = await SaltEdgeHubServer.start({ control: true });
  const { sessionSecret } = await hub.beginSession({ about: 'token' });
  const state = await hub.session({ sessionSecret });
  assert.deepEqual([state.status, state.hasToken, state.messages], ['open', false, []]);
  await assert.rejects(hub.session({ sessionSecret: 'unknown' }), { operation: 'salt_edge_hub_server.session' });
  await hub.close();
  const service = await Service.start();
  await assert.rejects(service.clock({ advanceS: 1 }), (error) => error instanceof ConfigurationError && error.operation === 'server.clock');
  await service.close();
});
