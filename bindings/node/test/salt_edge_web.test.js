'use strict';

// A connector in Node's `http`, called by the hub as Salt Edge calls; and a bank behind a route, called with a
// connector's question.

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const { once } = require('node:events');
const { mkdtemp, rm } = require('node:fs/promises');
const { createServer } = require('node:http');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, before, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { SaltEdgeConnector, SaltEdgeHubServer, SaltEdgeWorker, saltEdgeBankHandler, saltEdgeHandler } = require('..');

const SECRET = '0123456789abcdef0123456789abcdef';
const account = { id: '1', name: 'Salary', nature: 'checking', currencyCode: 'EUR', balance: '12.50', availableAmount: '12.50', paymentAccount: true };
const bank = {
  authenticate: async () => ({ outcome: 'approved', userId: 'u-1' }),
  confirm: async () => ({ outcome: 'refused', errorClass: 'InvalidConfirmationCode' }),
  reconnect: async ({ userId }) => ({ outcome: 'approved', userId }),
  refresh: async () => ({ outcome: 'done' }),
  listAccounts: async () => ({ accounts: [account] }),
  listTransactions: async () => ({ transactions: [] }),
  getCustomer: async () => ({ customer: { name: 'Anna Example' } }),
  notice: async () => {},
};

let hub;
let folder;

before(async () => {
  hub = await SaltEdgeHubServer.start({ control: true });
  folder = await mkdtemp(join(tmpdir(), 'bankchannel-web-'));
});

after(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

async function serve(t, handler) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

async function order(path, body) {
  const answered = await fetch(`${hub.controlUrl}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return answered.json();
}

test('a connector in a server', async (t) => {
  const connector = new SaltEdgeConnector({ ...hub.clientSettings, store: join(folder, 'store') }, { bank });
  const worker = new SaltEdgeWorker(connector);
  await order('connector', { url: await serve(t, saltEdgeHandler(connector, worker)) });
  const begun = await order('enrolments', { session_secret: 'h-1' });
  assert.equal(begun.answers[0].status, 200);
  for (let tries = 0; tries < 300 && (await order('sessions/h-1', {})).status !== 'success'; tries += 1) await sleep(20);
  const fetched = await order('enrolments', { operation: 'fetch_accounts', access_token_of: 'h-1' });
  assert.equal(fetched.answers[0].body.data[0].balance, '12.50');
  const unknown = await order('enrolments', { operation: 'fetch_accounts', access_token: 'unknown' });
  assert.equal(unknown.answers[0].error_class, 'TokenNotFound');
  await worker.close();
  await connector.close();
});

test('a bank behind a route, and a body that is too long', async (t) => {
  const url = await serve(t, saltEdgeBankHandler(new SaltEdgeConnector({ bankSecret: SECRET }, { bank })));
  const ask = (secret, body) => {
    const now = String(Math.floor(Date.now() / 1000));
    const mac = createHmac('sha256', secret).update(`${now}\n/bank/list_accounts\n${body}`).digest('hex');
    const headers = { 'Bank-Interface-Time': now, 'Bank-Interface-Signature': mac };
    return fetch(`${url}/bank/list_accounts`, { method: 'POST', headers, body });
  };
  const question = JSON.stringify({ user_id: 'u-1', client_id: 1, token_id: 't' });
  assert.equal((await (await ask(SECRET, question)).json()).accounts[0].balance, '12.50');
  assert.equal((await ask('x'.repeat(32), question)).status, 401);
  assert.equal((await ask(SECRET, 'x'.repeat(2 * 1024 * 1024))).status, 401);
});
