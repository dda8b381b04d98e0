// A bank's connector to Salt Edge, with Express: Salt Edge's requests, the bank's answers, and the bank's page for the
// customer.
//
//   bankchannel check salt-edge-connector --init check.json > settings.json
//   SETTINGS=settings.json STORE=store CODE_KEY=$(openssl rand -hex 32) CODES=connector/outbox.jsonl PORT=8080 node salt-edge-express.mjs
//   bankchannel check salt-edge-connector http://127.0.0.1:8080 --settings check.json
//
// SETTINGS are the settings of a connector as JSON, as `check --init` and the embedded hub print them. STORE is the folder that all
// processes share, or PostgreSQL's address. One-time codes are appended to CODES: a bank sends them to the customer. All names and
// amounts are invented.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname } from 'node:path';

import express from 'express';

import { SaltEdgeConnector, SaltEdgeWorker, saltEdgeHandler } from 'bankchannel';

/** @param {string} name */
function given(name) {
  const text = process.env[name];
  if (!text) throw new Error(`${name} is not set: see the first lines`);
  return text;
}

const [SETTINGS, STORE, CODE_KEY, CODES] = [given('SETTINGS'), given('STORE'), given('CODE_KEY'), given('CODES')];

// A bank does not store passwords in clear text.
const CUSTOMERS = [
  { userId: '1001', login: 'anna', password: 'anna-password', name: 'Anna Example', accountId: '501' },
  { userId: '1002', login: 'ben', password: 'ben-password', name: 'Ben Example', accountId: '601' },
];

/** @param {string} text */
const macOf = (text) => createHmac('sha256', CODE_KEY).update(text).digest();

/**
 * Compares MACs of the texts, which have equal length: the time does not reveal the correct text.
 * @param {string} left
 * @param {string} right
 */
const isSame = (left, right) => timingSafeEqual(macOf(`same\n${left}`), macOf(`same\n${right}`));

/** @param {string} userId */
const customerOf = (userId) => CUSTOMERS.find((customer) => customer.userId === userId);
/** @param {string} login @param {string} password */
const signedIn = (login, password) => CUSTOMERS.find((customer) => customer.login === login && isSame(customer.password, password));

/**
 * The code of a session, derived from its id: any process can compute it at any time.
 * @param {string} sessionId
 */
const codeOf = (sessionId) => String(macOf(`code\n${sessionId}`).readUInt32BE() % 1_000_000).padStart(6, '0');

/**
 * @param {string} errorClass
 * @returns {import('bankchannel').StepRefused}
 */
const refused = (errorClass) => ({ outcome: 'refused', errorClass });

/** The connector's questions to the bank. */
/** @type {import('bankchannel').SaltEdgeBank} */
const bank = {
  authenticate({ sessionId, authorizationType = 'oauth', credentials }) {
    if (authorizationType === 'oauth') return { outcome: 'redirect', redirectUrl: `${base}/approve/${sessionId}` };
    if (!['login_password', 'login_password_sms'].includes(authorizationType)) return refused('InvalidAuthorizationType');
    const customer = signedIn(credentials.login?.reveal() ?? '', credentials.password?.reveal() ?? '');
    if (!customer) return refused('InvalidCredentials');
    const { userId } = customer;
    if (authorizationType === 'login_password') return { outcome: 'approved', userId };
    mkdirSync(dirname(CODES), { recursive: true, mode: 0o700 });
    appendFileSync(CODES, `${JSON.stringify({ user_id: userId, code: codeOf(sessionId) })}\n`, { mode: 0o600 });
    return { outcome: 'code_needed', field: 'sms', instruction: 'Enter the code that was sent to you', userId };
  },

  confirm({ sessionId, userId, credentials }) {
    const isRight = isSame((credentials.sms?.reveal() ?? '').trim(), codeOf(sessionId));
    return isRight && userId ? { outcome: 'approved', userId } : refused('InvalidConfirmationCode');
  },

  reconnect({ userId }) {
    return customerOf(userId) ? { outcome: 'approved', userId } : refused('CannotReconnectToken');
  },

  // This bank keeps no copy: there is nothing to refresh.
  refresh() {
    return { outcome: 'done' };
  },

  listAccounts({ userId }) {
    const accountId = customerOf(userId)?.accountId;
    if (!accountId) return { accounts: [] };
    const [balance, availableAmount] = ['2417.30', '2417.30'];
    return { accounts: [{ id: accountId, name: 'Salary', nature: 'checking', currencyCode: 'EUR', balance, availableAmount, paymentAccount: true }] };
  },

  listTransactions({ userId, accountId, toDate }) {
    if (customerOf(userId)?.accountId !== accountId) return { refused: { errorClass: 'AccountNotFound' } };
    // The last requested day, or its last instant: the first ten characters are the day.
    const madeOn = toDate.slice(0, 10);
    /** @type {import('bankchannel').BankTransaction} */
    const salary = { id: `${accountId}-${madeOn}`, accountId, amount: '2100.00', currencyCode: 'EUR', description: 'Salary', madeOn, status: 'posted' };
    return { transactions: [salary] };
  },

  getCustomer({ userId }) {
    return { customer: { name: customerOf(userId)?.name ?? '' } };
  },

  notice({ kind }) {
    console.error('Salt Edge gives notice:', kind);
  },
};

/** The settings, written as in every language; here with their names in camelCase. */
const settings = Object.entries(JSON.parse(readFileSync(SETTINGS, 'utf8'))).map(([name, value]) => [
  name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
  value,
]);
const connector = new SaltEdgeConnector({ ...Object.fromEntries(settings), store: STORE }, { bank });
const worker = new SaltEdgeWorker(connector);

const app = express();
app.use('/api/priora', saltEdgeHandler(connector, worker));

/** @param {string} text */
const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * The bank's page. Other sites must not frame it, or learn its address, which contains the session.
 * @param {express.Response} response
 * @param {number} status
 * @param {string} said
 * @param {import('bankchannel').GetSessionResponse['session']} [session]
 */
function page(response, status, said, session) {
  response.set({ 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'", 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' });
  const alert = said ? `<p role="alert">${escaped(said)}</p>` : '';
  const form = session
    ? `<p>${escaped(session.appName)} asks for: ${escaped(session.scopes.join(', '))}, for ${session.consentPeriodDays} days.</p>
<form method="post"><label>Login <input name="login" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button name="answer" value="approve">Allow</button> <button name="answer" value="deny">Refuse</button></form>`
    : '';
  response.status(status).send(`<!doctype html><title>Your bank</title>${alert}${form}`);
}

// The customer signs in, and allows or refuses.
app.all('/approve/:sessionId', express.urlencoded({ extended: false, limit: '4kb' }), async (request, response) => {
  const { sessionId } = request.params;
  const { session } = await connector.getSession({ sessionId });
  if (!session?.isOpen) return page(response, 404, 'This is over, or never was: begin again in the app that sent you here.');
  if (request.method !== 'POST') return page(response, 200, '', session);
  const customer = signedIn(String(request.body.login), String(request.body.password));
  if (!customer) return page(response, 403, 'Login or password is wrong.', session);
  const { userId } = customer;
  const isAllowed = request.body.answer === 'approve';
  const end = isAllowed ? await connector.approveSession({ sessionId, userId }) : await connector.refuseSession({ sessionId });
  worker.wake();
  return end.redirectUrl ? response.redirect(303, end.redirectUrl) : page(response, 200, 'You may close this page.');
});

let base = process.env.PUBLIC_URL;
// Salt Edge sends its parameters in headers; Node's default limit for all of them is 16 KiB.
const server = createServer({ maxHeaderSize: 32 * 1024 }, app);
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  base ??= `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
  console.log(base);
});
process.once('SIGTERM', () => server.close(async () => {
  await worker.close();
  await connector.close();
}));
