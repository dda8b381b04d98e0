'use strict';

// The examples, run as users run them, against our own service.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { Service, WsChannel } = require('..');
const paths = require('./helpers/paths');

const payment = path.join(paths.root, 'core/iso20022/examples/pain.001.001.09.xml');
const you = { email: 'you@example.test', password: 'Example-Password-2026' };

let service;
let folder;
let environment;

before(async () => {
  service = await Service.start({ verificationCode: '123456', control: true, noLimits: true });
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  const key = new WsChannel(service.clientSettings).generateKey({ name: 'You', email: you.email });
  fs.writeFileSync(path.join(folder, 'authorize-private.asc'), key.privateKey.reveal(), { mode: 0o600 });
  const account = { ...you, certificates: ['simulator'], pgp_keys: [{ key: key.publicKey }] };
  const seeded = await fetch(`${service.controlUrl}/seed`, {
    method: 'POST',
    body: JSON.stringify({ accounts: [account] }),
  });
  assert.equal(seeded.status, 200, await seeded.clone().text());
  const [{ api_key: apiKey }] = (await seeded.json()).accounts;
  environment = {
    ...process.env,
    ISECURE_BASE_URL: service.baseUrl,
    ISECURE_PUBLIC_KEY_PEM_FILE: service.publicKeyFile,
    ISECURE_API_KEY: apiKey,
    ISECURE_EMAIL: you.email,
    ISECURE_PASSWORD: you.password,
    ISECURE_BANK: 'simulator',
    SIGNING_KEY: path.join(folder, 'authorize-private.asc'),
    PORT: '0',
  };
});

after(async () => {
  await service.close();
  fs.rmSync(folder, { recursive: true });
});

/** Runs a program; `line` is called with the first line that it prints. */
function start(program, args, env, cwd) {
  const child = spawn(process.execPath, [program, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  const ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  const line = new Promise((resolve, reject) => {
    child.stdout.on('data', (part) => {
      out += part;
      if (out.includes('\n')) resolve(out.split('\n')[0]);
    });
    child.stderr.on('data', (part) => (err += part));
    child.once('close', () => reject(new Error(err)));
  });
  line.catch(() => {});
  return { child, ended, line };
}

test('the cron job fetches the statement once, and says what kept it from doing so', async () => {
  const job = path.join(paths.package, 'examples/cron.mjs');
  const statements = path.join(folder, 'statements');
  const first = await start(job, [statements], environment).ended;
  assert.deepEqual([first.code, first.err], [0, '']);
  assert.match(first.out, /^downloaded camt\.053\.001\.02 /);
  const [name] = fs.readdirSync(statements);
  assert.match(fs.readFileSync(path.join(statements, name), 'utf8'), /BkToCstmrStmt/);
  const second = await start(job, [statements], environment).ended;
  assert.deepEqual([second.code, second.out], [0, '']);

  const wrong = await start(job, [statements], { ...environment, ISECURE_PASSWORD: 'Wrong-Password-123456' }).ended;
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /^ws_channel\./);
  const away = await start(job, [statements], { ...environment, ISECURE_BASE_URL: 'http://127.0.0.1:9/v2' }).ended;
  assert.equal(away.code, 75);
  assert.match(away.err, /^transport\.connect_failed/);
});

// The tests' runner installs Express; the package itself does not need it.
const installed = path.join(paths.target, 'npm/node_modules');
const missing =
  !fs.existsSync(path.join(installed, 'express')) &&
  !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS &&
  'express is not installed';
test('the web service uploads a payment and shows its status', { skip: missing }, async (context) => {
  const app = path.join(folder, 'app');
  fs.mkdirSync(path.join(app, 'node_modules'), { recursive: true });
  fs.symlinkSync(paths.package, path.join(app, 'node_modules/bankchannel'));
  fs.symlinkSync(path.join(installed, 'express'), path.join(app, 'node_modules/express'));
  fs.copyFileSync(path.join(paths.package, 'examples/express.mjs'), path.join(app, 'main.mjs'));
  const { child, ended, line } = start(path.join(app, 'main.mjs'), [], environment, app);
  // A failure below must not leave it running: the runner would wait for it.
  context.after(() => child.kill('SIGKILL'));
  const base = await line;
  const post = (body) =>
    fetch(`${base}/payments`, { method: 'POST', headers: { 'content-type': 'application/xml' }, body });
  const sent = await post(fs.readFileSync(payment));
  assert.equal(sent.status, 202, await sent.clone().text());
  const { id } = await sent.json();
  let shown;
  for (let round = 0; round < 100 && shown?.state !== 'answered'; round += 1) {
    await sleep(100);
    shown = await (await fetch(`${base}${sent.headers.get('location')}`)).json();
    assert.notEqual(shown.state, 'failed', JSON.stringify(shown));
  }
  const { text, ...rest } = shown;
  assert.deepEqual(rest, { state: 'answered', verdict: 'accepted', status: 'ACCP' });
  assert.match(text, /^The bank has accepted the file: ACCP/);
  assert.equal((await post(fs.readFileSync(payment))).status, 409);
  const refused = await post('<Document/>');
  assert.equal(refused.status, 422);
  assert.ok((await refused.json()).findings[0].message);
  assert.equal((await fetch(`${base}/payments/${id}x`)).status, 404);
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});
