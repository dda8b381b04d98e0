'use strict';

// A bank's own code as an object, asked by a connector with typed questions: in process, and behind a route. All values are invented.

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const { mkdtemp, rm } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, before, test } = require('node:test');

const { SaltEdgeConnector, SaltEdgeHubServer } = require('..');

const SECRET = '0123456789abcdef0123456789abcdef';

class Bank {
  asked = [];

  async authenticate(question) {
    this.asked.push(question);
    const login = question.credentials.login.reveal();
    if (login === 'anna') return { outcome: 'code_needed', field: 'sms', instruction: 'Enter the code', userId: 'u-1' };
    if (login === 'ben') return { outcome: 'approved', userId: 'u-2', consent: [{ accountId: '1', scopes: ['balance'] }] };
    return { outcome: 'refused', errorClass: 'InvalidCredentials' };
  }

  confirm(question) {
    this.asked.push(question);
    const isRight = question.credentials.sms?.reveal() === '4896';
    return isRight ? { outcome: 'approved', userId: question.userId } : { outcome: 'refused', errorClass: 'InvalidConfirmationCode' };
  }

  reconnect(question) {
    return { outcome: 'approved', userId: question.userId };
  }

  refresh() {
    return { outcome: 'done' };
  }

  listAccounts() {
    const account = { id: '1', name: 'Salary', nature: 'checking', currencyCode: 'EUR', balance: '12.50', availableAmount: '12.50', paymentAccount: true };
    return { accounts: [account] };
  }

  listTransactions() {
    return { refused: { errorClass: 'AccountNotFound' } };
  }

  getCustomer() {
    return { customer: { name: 'Anna Example' } };
  }

  notice(question) {
    this.asked.push(question);
  }
}

let hub;
let folder;

before(async () => {
  hub = await SaltEdgeHubServer.start({ control: true });
  folder = await mkdtemp(join(tmpdir(), 'bankchannel-bank-'));
});

after(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

async function order(path, body) {
  const answered = await fetch(`${hub.controlUrl}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return answered.json();
}

async function made(body) {
  const { method, target, headers } = await order('requests', body);
  return { method, target, headers };
}

function create(name, login) {
  return made({ operation: 'create_token', session_secret: name, credentials: { authorization_type: 'login', login } });
}

function connector(bank, store) {
  return new SaltEdgeConnector({ ...hub.clientSettings, store: join(folder, store) }, { bank });
}

test('an object answers for the bank', async () => {
  const bank = new Bank();
  const client = connector(bank, 'a');
  for (const [name, login] of [['n-1', 'anna'], ['n-2', 'ben'], ['n-3', 'nobody']]) await client.handleRequest(await create(name, login));
  await client.work();
  assert.equal((await order('sessions/n-1', {})).updates[0].interactive_field, 'sms');
  assert.equal((await order('sessions/n-2', {})).status, 'success');
  assert.equal((await order('sessions/n-3', {})).error_class, 'InvalidCredentials');
  await client.handleRequest(await made({ operation: 'confirm_token', session_secret: 'n-1', credentials: { sms: '4896' } }));
  await client.work();
  assert.equal((await order('sessions/n-1', {})).user_id, 'u-1');
  const accounts = await client.handleRequest(await made({ operation: 'fetch_accounts', access_token_of: 'n-1' }));
  assert.match(accounts.answer.body, /"balance":"12\.50"/);
  const days = { from_date: '2026-01-01', to_date: '2026-01-31' };
  const refused = await client.handleRequest(await made({ operation: 'fetch_transactions', access_token_of: 'n-1', account_id: '9', ...days }));
  assert.equal(refused.errorClass, 'AccountNotFound');
  await client.handleRequest(await made({ operation: 'revoke_token', access_token_of: 'n-1' }));
  await client.work();
  assert.equal(bank.asked.at(-1).kind, 'revoked');
  // Each page has one.
  const all = async (items) => {
    const found = [];
    for await (const item of items) found.push(item);
    return found;
  };
  const ids = (rows) => rows.map((row) => row.tokenId);
  const { tokens } = await client.listTokens();
  assert.ok(tokens.length > 1);
  assert.deepEqual(ids(await all(client.iterTokens({ limit: 1 }))), ids(tokens));
  const atHub = await client.listTokensAtHub({ kind: 'revoked' });
  assert.equal((await all(client.iterTokensAtHub({ kind: 'revoked', perPage: 1 }))).length, atHub.tokens.length);
  await assert.rejects(client.iterTokens({ limit: 0 }).next(), /limit/);
  // A secret is present, but not shown.
  assert.doesNotMatch(JSON.stringify(bank.asked[0]) + String(bank.asked[0].credentials.login), /anna/);
  await client.close();
});

for (const planted of ['throws', 'nonsense', 'missing', 'unknown']) {
  test(`what is wrong with the object stays here: ${planted}`, async (t) => {
    const said = [];
    t.mock.method(console, 'error', (...values) => said.push(values.join(' ')));
    const wrong = {
      throws: () => {
        throw new Error('planted: the mainframe is down');
      },
      nonsense: () => ({ outcome: 'approved', userId: 7n }),
      missing: undefined,
      unknown: () => ({ outcome: 'approved', userId: 'u', planted: 'planted' }),
    };
    const bank = Object.assign(new Bank(), { authenticate: wrong[planted] });
    const client = connector(bank, planted);
    await client.handleRequest(await create(`n-${planted}`, 'ben'));
    await client.work();
    const session = await order(`sessions/n-${planted}`, {});
    assert.equal(session.error_class, 'InternalProviderError');
    assert.doesNotMatch(JSON.stringify(session), /planted/);
    assert.ok(said.length > 0);
    if (planted === 'missing') assert.match(said.join('\n'), /the bank has no method authenticate/);
    await client.close();
  });
}

test('the same object behind a route', async () => {
  const client = new SaltEdgeConnector({ bankSecret: SECRET }, { bank: new Bank() });
  const [target, body, now] = ['/bank/list_accounts', JSON.stringify({ user_id: 'u-1', client_id: 1, token_id: 't' }), String(Math.floor(Date.now() / 1000))];
  const signed = (secret) => createHmac('sha256', secret).update(`${now}\n${target}\n${body}`).digest('hex');
  const headers = (secret) => [
    { name: 'bank-interface-time', value: now },
    { name: 'bank-interface-signature', value: signed(secret) },
  ];
  const { answer } = await client.answerBank({ target, headers: headers(SECRET), body });
  assert.equal(JSON.parse(answer.body).accounts[0].balance, '12.50');
  const refused = await client.answerBank({ target, headers: headers('x'.repeat(32)), body });
  assert.equal(refused.answer.status, 401);
});

test('what is no object is refused, and without anybody a call says so', async () => {
  assert.throws(() => new SaltEdgeConnector({}, { bank: 'planted' }), (error) => error.code === 'input.invalid_field' && !/planted/.test(error.message));
  const client = connector(undefined, 'b');
  await assert.rejects(client.work(), (error) => error.code === 'input.missing_field' && /bank/.test(error.message));
});
