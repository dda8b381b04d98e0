'use strict';

// The programs of the pages are run as they stand there.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { Service } = require('..');
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
  let err = '';
  child.stderr.on('data', (part) => (err += part));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, err })));
}

test('README.md: from installing to a statement in ten lines', async () => {
  const { install, program } = readme.section();
  const lines = (text) => text.split('\n').filter((line) => line.trim() && !line.trim().startsWith('//')).length;
  assert.ok(lines(install) + lines(program) <= 10);
  assert.deepEqual(await run(program), { code: 0, err: '' });
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
  assert.deepEqual(await run(readme.page(), environment), { code: 0, err: '' });
  const [name] = fs.readdirSync(folder).filter((file) => file.endsWith('.xml'));
  assert.match(fs.readFileSync(path.join(folder, name), 'utf8'), /BkToCstmrStmt/);
  await service.close();
});
