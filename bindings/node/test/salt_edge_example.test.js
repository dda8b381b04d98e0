'use strict';

// The example of a connector in Express, tested by the checker as users would do it.

const assert = require('node:assert/strict');
const { execFile, execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { randomBytes } = require('node:crypto');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');

const paths = require('./helpers/paths');

const program = path.join(paths.target, 'release/bankchannel');
const installed = path.join(paths.target, 'npm/node_modules');
const missing = !fs.existsSync(path.join(installed, 'express')) && !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS && 'express is not installed';

/** The customer's browser at the bank's page: called with its URL and `approve` or `deny`. */
const CUSTOMER = `
const [url, answer] = process.argv.slice(2);
const page = await (await fetch(url)).text();
const body = new URLSearchParams({ login: 'anna', password: 'anna-password', answer });
const sent = await fetch(url, { method: 'POST', body, redirect: 'manual' });
if (!page.includes('asks for') || ![200, 303].includes(sent.status)) throw new Error(String(sent.status));
`;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first program of the page about the engine. */
function route() {
  const section = fs.readFileSync(path.join(paths.root, 'docs/salt-edge-engine.md'), 'utf8').split('## Begin\n')[1].split('\n## ')[0];
  return section.match(/^```js\n(.*?)^```$/ms)[1];
}

test('the route of the page answers, and the checker says what is missing', { timeout: 120_000 }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(paths.package, path.join(folder, 'node_modules/bankchannel'));
  const [port, hub] = [await freePort(), `127.0.0.1:${await freePort()}`];
  assert.ok(route().trim().split('\n').length <= 10);
  fs.writeFileSync(path.join(folder, 'route.mjs'), route().replace('8080', String(port)).replace('127.0.0.1:8090', hub));
  const check = ['check', 'salt-edge-connector'];
  execFileSync(program, [...check, '--init', 'check.json', '--listen', hub], { cwd: folder, stdio: 'ignore' });
  const server = spawn(process.execPath, ['route.mjs'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => server.kill('SIGKILL'));
  let said = '';
  server.stderr.on('data', (part) => (said += part));
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(url).catch(() => undefined))) {
    assert.equal(server.exitCode, null, said);
    await sleep(50);
  }
  const judge = [...check, url, '--settings', 'check.json', '--listen', hub, '--only', 'SE-C', '--json'];
  const judged = await promisify(execFile)(program, judge, { cwd: folder, maxBuffer: 64 << 20 }).catch((error) => error);
  const { checks, counts } = JSON.parse(judged.stdout);
  assert.deepEqual([checks.filter(({ result }) => result === 'failed').map(({ id }) => id), counts.passed], [['SE-C17'], 17], said);
  assert.match(said, /bank.list_transactions: onCode must answer a string, not undefined/);
});

test('the checker finds nothing', { skip: missing, timeout: 300_000 }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(paths.package, path.join(folder, 'node_modules/bankchannel'));
  fs.symlinkSync(path.join(installed, 'express'), path.join(folder, 'node_modules/express'));
  fs.copyFileSync(path.join(paths.package, 'examples/salt-edge-express.mjs'), path.join(folder, 'main.mjs'));
  fs.writeFileSync(path.join(folder, 'customer.mjs'), CUSTOMER);
  const hub = `127.0.0.1:${await freePort()}`;
  const check = ['check', 'salt-edge-connector'];
  const settings = execFileSync(program, [...check, '--init', 'check.json', '--listen', hub], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  fs.writeFileSync(path.join(folder, 'settings.json'), settings);
  const variables = { SETTINGS: 'settings.json', STORE: 'store', CODE_KEY: randomBytes(32).toString('hex'), CODES: 'connector/outbox.jsonl', PORT: '0' };
  const server = spawn(process.execPath, ['main.mjs'], { cwd: folder, env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => server.kill('SIGKILL'));
  let said = '';
  server.stderr.on('data', (part) => (said += part));
  const url = await new Promise((resolve, reject) => {
    server.stdout.once('data', (part) => resolve(String(part).trim()));
    server.once('close', () => reject(new Error(said)));
  });
  const psu = `'${process.execPath}' customer.mjs`;
  const judged = await promisify(execFile)(program, [...check, url, '--settings', 'check.json', '--listen', hub, '--psu', psu, '--json'], { cwd: folder, maxBuffer: 64 << 20 }).catch((error) => error);
  const report = JSON.parse(judged.stdout);
  assert.deepEqual(report.checks.filter(({ result }) => result === 'failed' || result === 'warning'), [], said);
  const passed = new Set(report.checks.filter(({ result }) => result === 'passed').map(({ id }) => id));
  for (const id of ['SE-F01', 'SE-F02', 'SE-F05', 'SE-F07', 'SE-F10', 'SE-F11', 'SE-F12', 'SE-D06', 'SE-E16']) assert.ok(passed.has(id), id);
  const closed = new Promise((resolve) => server.once('close', resolve));
  server.kill('SIGTERM');
  assert.equal(await closed, 0);
  assert.doesNotMatch(said, /anna-password|ben-password|eyJ/);
});
