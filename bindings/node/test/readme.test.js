'use strict';

// Runs the programs of the pages literally.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { NextGenPsd2Bank, Service } = require('..');
const paths = require('./helpers/paths');
const readme = require('./helpers/readme');

let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(paths.package, path.join(folder, 'node_modules/bankchannel'));
});

after(() => fs.rmSync(folder, { recursive: true }));

/** Runs a program in the folder. */
function run(program, env = {}) {
  fs.writeFileSync(path.join(folder, 'main.mjs'), program);
  const child = spawn(process.execPath, ['main.mjs'], {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

test('README.md: from installing to a statement in ten lines', async () => {
  const { install, program } = readme.section();
  const lines = (text) => text.split('\n').filter((line) => line.trim() && !line.trim().startsWith('//')).length;
  assert.ok(lines(install) + lines(program) <= 10);
  const { code, err } = await run(program);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  const [name] = fs.readdirSync(path.join(folder, 'statements'));
  assert.match(fs.readFileSync(path.join(folder, 'statements', name), 'utf8'), /BkToCstmrStmt/);
});

test('the page of the package: an account of the environment', async () => {
  const service = await Service.start({ control: true });
  const you = { email: 'you@example.com', password: 'Example-Password-2026' };
  const body = JSON.stringify({ accounts: [{ ...you, certificates: ['simulator'] }] });
  const seeded = await (await fetch(`${service.controlUrl}/seed`, { method: 'POST', body })).json();
  const environment = {
    ISECURE_BASE_URL: service.baseUrl,
    ISECURE_PUBLIC_KEY_PEM_FILE: service.publicKeyFile,
    ISECURE_API_KEY: seeded.accounts[0].api_key,
    ISECURE_EMAIL: you.email,
    ISECURE_PASSWORD: you.password,
    ISECURE_BANK: 'simulator',
  };
  const { code, err } = await run(readme.page(), environment);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  const [name] = fs.readdirSync(folder).filter((file) => file.endsWith('.xml'));
  assert.match(fs.readFileSync(path.join(folder, name), 'utf8'), /BkToCstmrStmt/);
  await service.close();
});

test('the page of the package: files straight to a bank', async () => {
  const page = fs.readFileSync(path.join(paths.package, 'README.md'), 'utf8');
  const [, program] = /`files\.mjs` prints `24`, the bank's word for no files:\n\n```js\n(.*?)```/s.exec(page);
  assert.deepEqual(await run(program), { code: 0, out: '24\n', err: '' });
});

test('docs/embedded-servers.md: a test of your own program', async () => {
  const { code, out, err } = await run(readme.document('embedded-servers.md'), { NODE_TEST_CONTEXT: '' });
  assert.deepEqual({ code, err }, { code: 0, err: '' }, out);
  assert.match(out, /a bank that is away/);
});

test('docs/nextgen-psd2.md: the whole flow', async () => {
  const accounts = ['NO8299990100000 Brukskonto 48215.50', 'NO5499990100019 Sparekonto 215000.00'];
  const out = ['true', ...accounts, 'valid', ''].join('\n');
  assert.deepEqual(await run(readme.document('nextgen-psd2.md')), { code: 0, out, err: '' });
});

test('docs/salt-edge.md: a route, asked as Salt Edge would', async () => {
  const { code, out, err } = await run(readme.document('salt-edge.md'));
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  const [answered, time] = out.split('\n');
  const [account] = JSON.parse(answered).data;
  assert.deepEqual([account.id, account.balance, account.status], ['1', '12.50', 'active']);
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 300_000, time);
});

test('docs/salt-edge-engine.md: an enrolment over a store', async () => {
  const { code, out, err } = await run(readme.document('salt-edge-engine.md'));
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  const [created, worked, fetched] = out.split('\n');
  assert.deepEqual([created, worked], ['200 {} true', '1 asked, 1 delivered']);
  const [account] = JSON.parse(fetched).data;
  assert.deepEqual([account.id, account.balance], ['1', '12.50']);
});

test('docs/nextgen-psd2-signing.md: signed here, sent with node:https', async () => {
  const bank = await NextGenPsd2Bank.start({});
  for (const name of ['qseal.pem', 'qseal.key', 'qwac.pem', 'qwac.key']) {
    fs.copyFileSync(path.join(bank.certificatesDir, `tpp1-${name}`), path.join(folder, name));
  }
  const { hostname, port } = new URL(bank.baseUrl);
  const program = readme.document('nextgen-psd2-signing.md').replace("'bank.example'", `'${hostname}', port: ${port}`);
  const ended = await run(program, { NODE_EXTRA_CA_CERTS: bank.caFile });
  assert.deepEqual(ended, { code: 0, out: '201\n', err: '' });
  await bank.close();
});
