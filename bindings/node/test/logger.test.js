'use strict';

// The logger.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { Service, WsChannel } = require('..');

const you = { email: 'you@example.test', password: 'Example-Password-2026' };

let service;
let settings;

before(async () => {
  service = await Service.start({ control: true, noLimits: true });
  const body = JSON.stringify({ accounts: [{ ...you, certificates: ['simulator'] }] });
  const seeded = await fetch(`${service.controlUrl}/seed`, { method: 'POST', body });
  assert.equal(seeded.status, 200, await seeded.clone().text());
  const [{ api_key: apiKey }] = (await seeded.json()).accounts;
  settings = { ...service.clientSettings, ...you, apiKey, mode: 'data', bank: 'simulator' };
});

after(() => service.close());

async function loggedIn(options) {
  const client = new WsChannel(settings, options);
  const { idToken } = await client.logIn();
  return { client, idToken: idToken.reveal() };
}

test('a logger is told of exchanges and steps, and of no secret', async () => {
  const records = [];
  const logger = {
    debug: (text) => records.push(['debug', text]),
    info: (text) => records.push(['info', text]),
    warn: (text) => records.push(['warn', text]),
  };
  const { client, idToken } = await loggedIn({ logger });
  await client.listFiles();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  await client.downloadNewFiles({ directory });
  fs.rmSync(directory, { recursive: true });
  const levels = new Set(records.map(([level]) => level));
  assert.ok(levels.has('debug') && levels.has('info'), JSON.stringify(records));
  assert.ok(
    records.some(([, text]) => text.includes('/files/simulator')),
    JSON.stringify(records),
  );
  const { sealed } = await client.exportSession({ sealKey: 'x'.repeat(32) });
  for (const secret of [you.password, settings.apiKey, idToken, sealed.reveal()]) {
    assert.ok(typeof secret === 'string' && secret.length > 8, typeof secret);
    assert.ok(!records.some(([, text]) => text.includes(secret)));
  }
  await client.close();
});

test('a logger that fails changes nothing; one with some of the methods is enough', async () => {
  const failing = {
    debug() {
      throw new Error('mine');
    },
    info() {
      throw new Error('mine');
    },
  };
  for (const logger of [failing, {}, { warn() {} }]) {
    const { client } = await loggedIn({ logger });
    assert.ok((await client.listFiles()).fileDescriptors.length > 0);
    await client.close();
  }
});
