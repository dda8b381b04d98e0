'use strict';

// Secrets do not leak: into errors about given values, into results, into leftovers of a server.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { after, before, test } = require('node:test');
const { inspect } = require('node:util');

const { NextGenPsd2, NextGenPsd2Bank, SaltEdgeConnector, SaltEdgeHub, SaltEdgeHubServer, SecretText, Service, WsChannel, SepaWebServices, catalogue, iso20022 } = require('..');
const paths = require('./helpers/paths');
const { run } = require('./helpers/process');

/** The planted values, and the part of each that must not appear anywhere. */
const PLANTED = [
  ['<Document><IBAN>FI2112345600000785</IBAN></Document>', 'FI2112345600000785'],
  ['-----BEGIN PRIVATE KEY-----\nPlantedKeyLine\n-----END PRIVATE KEY-----\n', 'PlantedKeyLine'],
  ['the planted phrase itself', 'planted phrase'],
  ['4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2', '4vN6hGHrav31'],
];
const FORMS = [
  (planted) => planted,
  (planted) => [planted],
  (planted) => ({ file: planted }),
  (planted) => ({ env: planted }),
  (planted) => ({ path: planted }),
  (planted) => ({ base64: planted }),
  (planted) => ({ [planted]: 'x' }),
  (planted) => Buffer.from(planted),
  (planted) => new Date(planted),
  (planted) => () => planted,
];
/** The forms that can be mistaken for another text: tried with all planted values. */
const MAIN = FORMS.slice(0, 5).filter((_, number) => number !== 1);
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
});

after(() => fs.rmSync(folder, { recursive: true }));

/** All text that an error shows. */
function shown(error) {
  return `${error} ${error.stack} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`;
}

test('planted into every field of every operation and setting, nothing is repeated', { timeout: 120_000 }, async () => {
  const clients = {
    'ws-channel': new WsChannel({ baseUrl: 'http://127.0.0.1:9/v2', environment: 'test' }),
    'nextgen-psd2': new NextGenPsd2(),
    'sepa-web-services': new SepaWebServices(),
    'salt-edge-connector': new SaltEdgeConnector(),
    'salt-edge-hub': new SaltEdgeHub({ baseUrl: 'http://127.0.0.1:9' }),
  };
  const home = process.cwd();
  // A text that is taken for a folder's name creates the folder.
  process.chdir(folder);
  let failed = 0;
  const attempt = async (place, secret, work) => {
    try {
      await work();
    } catch (error) {
      failed += 1;
      assert.ok(!shown(error).includes(secret), `${place}: ${shown(error)}`);
    }
  };
  try {
    // By name, any client runs a module's operation.
    const modules = { iso20022 };
    for (const { name, protocol, request_schema: schema } of catalogue()) {
      const method = camel(name.split('.')[1]);
      for (const [at, field] of Object.keys(schema.properties ?? {}).entries()) {
        for (const [number, [planted, secret]] of PLANTED.entries()) {
          // All forms of one value; of each other value one form, in turn.
          for (const form of number === 0 ? FORMS : [MAIN[(at + number) % MAIN.length]]) {
            const value = form(planted);
            const options = { timeout: 0.02 };
            await attempt(`${method} ${field}`, secret, () => (modules[protocol] ?? clients[protocol])[method]({ [camel(field)]: value }, options));
            const content = { ...options, content: value };
            if (number > 0) continue;
            await attempt(`${name} content`, secret, () => (clients[protocol] ?? clients['ws-channel']).call(name, { [field]: value }, content));
          }
        }
      }
    }
    const settings = { WsChannel: Object.keys(SETTINGS), NextGenPsd2: Object.keys(SETTINGS) };
    for (const [planted, secret] of PLANTED) {
      for (const form of FORMS) {
        for (const field of settings.WsChannel) {
          for (const Client of [WsChannel, NextGenPsd2, SaltEdgeConnector, SaltEdgeHub]) {
            await attempt(`${Client.name} ${field}`, secret, () => new Client({ [field]: form(planted) }).close());
          }
          for (const Server of [Service, NextGenPsd2Bank, SaltEdgeHubServer]) {
            if (field === 'data') continue;
            await attempt(`${Server.name} ${field}`, secret, async () => {
              await (await Server.start({ [field]: form(planted) })).close();
            });
          }
        }
        const destination = form(planted);
        const request = { fileType: 'KTL', fileReference: '1' };
        await attempt('destination', secret, () => clients['ws-channel'].downloadFile(request, { destination }));
      }
    }
  } finally {
    process.chdir(home);
  }
  assert.ok(failed > 2_000, `${failed} errors`);
  for (const client of Object.values(clients)) await client.close();
});

/** The settings of clients and servers, from the declarations of types. */
const SETTINGS = Object.fromEntries(
  fs
    .readFileSync(path.join(paths.package, 'index.d.ts'), 'utf8')
    .split('\nexport interface ')
    .filter((part) => /^\w+(Settings|Options) \{/.test(part))
    .flatMap((part) => [...part.split('\n}')[0].matchAll(/^ {2}(\w+)\?:/gm)])
    .map(([, name]) => [name, true]),
);

test('secrets in results do not show, and are taken as they are', async () => {
  const service = await Service.start({ control: true });
  const you = { email: 'you@example.com', password: 'Example-Password-2026' };
  const body = JSON.stringify({ accounts: [{ ...you, certificates: ['simulator'] }] });
  const seeded = await (await fetch(`${service.controlUrl}/seed`, { method: 'POST', body })).json();
  const apiKey = seeded.accounts[0].api_key;
  const settings = { ...service.clientSettings, ...you, mode: 'data', bank: 'simulator' };
  const client = new WsChannel({ ...settings, apiKey });
  const session = await client.logIn();
  assert.ok(session.idToken instanceof SecretText && session.apiKey instanceof SecretText);
  assert.equal(session.apiKey.reveal(), apiKey);
  const byName = await client.call('ws_channel.log_in', {});
  const made = client.generateKey({ name: 'You', email: you.email });
  const madeByName = client.callLocal('ws_channel.generate_key', { name: 'You', email: you.email });
  for (const [result, secrets] of [
    [session, [apiKey, session.idToken.reveal()]],
    [byName, [apiKey, byName.id_token.reveal()]],
    [made, ['PRIVATE KEY BLOCK']],
    [madeByName, ['PRIVATE KEY BLOCK']],
  ]) {
    const text = `${inspect(result, { depth: 9, showHidden: true })} ${JSON.stringify(result)} ${Object.values(result).join()}`;
    for (const secret of secrets) assert.ok(!text.includes(secret), text);
  }
  assert.match(made.privateKey.reveal(), /BEGIN PGP PRIVATE KEY BLOCK/);
  // As settings, in requests, and in requests by name.
  const again = new WsChannel({ ...settings, password: undefined, apiKey: session.apiKey, idToken: session.idToken });
  assert.ok((await again.listFiles({})).fileDescriptors);
  const content = Buffer.from('payment');
  assert.ok(client.signFile({ content, privateKey: made.privateKey }).signature);
  assert.ok(client.callLocal('ws_channel.sign_file', { private_key: made.privateKey }, { content }).signature);
  await Promise.all([client.close(), again.close(), service.close()]);
});

test('a stream is never taken for the file that it reads from', () => {
  const file = path.join(folder, 'payment.xml');
  fs.writeFileSync(file, 'head<Document/>tail');
  const client = new WsChannel();
  const { privateKey } = client.generateKey({ name: 'You', email: 'you@example.com' });
  const ranged = fs.createReadStream(file, { start: 4, end: 14 });
  const web = new Blob(['x']).stream();
  const old = { path: file, pipe() {}, on() {} };
  for (const content of [ranged, web, Object.assign(Readable.from(['x']), { path: file }), old]) {
    for (const compute of [
      () => client.signFile({ content, privateKey }),
      () => client.checkPaymentFile({ content }),
      () => client.verifyFile({ content, signature: 'x', publicKey: 'x' }),
      () => client.callLocal('ws_channel.check_payment_file', {}, { content }),
    ]) {
      assert.throws(compute, (error) => error.code === 'input.invalid_field' && /not a stream/.test(error.message));
    }
  }
  ranged.destroy();
});

test('a server that was not closed leaves nothing behind', async () => {
  const temporary = path.join(folder, 'tmp');
  fs.mkdirSync(temporary);
  const program = (end) => `
    const { NextGenPsd2Bank, Service } = require(${JSON.stringify(paths.package)});
    const fs = require('node:fs');
    Promise.all([Service.start({}), NextGenPsd2Bank.start({})]).then(() => {
      for (const name of fs.readdirSync(${JSON.stringify(temporary)})) {
        const { mode } = fs.statSync(${JSON.stringify(temporary)} + '/' + name);
        console.log((mode & 0o777).toString(8), name.startsWith('bankchannel-server-' + process.pid + '-'));
      }
      ${end}
    });`;
  const environment = { env: { TMPDIR: temporary } };
  for (const end of ['process.exit(0)', 'throw new Error("the program fails")']) {
    const ended = await run(program(end), environment);
    assert.equal(ended.out, '700 true\n700 true\n', ended.err);
    assert.deepEqual(fs.readdirSync(temporary), []);
  }
  // Leftovers of a killed process are removed by the next one.
  const killed = await run(program('process.kill(process.pid, "SIGKILL")'), environment);
  assert.equal(killed.signal, 'SIGKILL');
  assert.equal(fs.readdirSync(temporary).length, 2);
  await run(program('process.exit(0)'), environment);
  assert.deepEqual(fs.readdirSync(temporary), []);
});

test('a secret is hidden wherever it is in a result', () => {
  const { CAMEL, SNAKE, list, map, secret, struct, union } = require('../lib/shape');
  const key = struct([['privateKey', 'private_key', secret]]);
  const all = struct([
    ['keys', 'keys', list(key)],
    ['byName', 'by_name', map(secret)],
    ['made', 'made', union('kind', { key })],
    ['last', 'last', key],
  ]);
  const camel = {
    plain: [{ name: 'A' }],
    keys: [{ name: 'B', privateKey: 'my-key' }],
    byName: { C: 'my-key' },
    made: { kind: 'key', name: 'D', privateKey: 'my-key' },
    last: null,
  };
  const snake = {
    plain: [{ name: 'A' }],
    keys: [{ name: 'B', private_key: 'my-key' }],
    by_name: { C: 'my-key' },
    made: { kind: 'key', name: 'D', private_key: 'my-key' },
    last: null,
  };
  for (const [given, names, key, byName] of [
    [camel, CAMEL, 'privateKey', 'byName'],
    [snake, SNAKE, 'private_key', 'by_name'],
  ]) {
    const shown = all.out(structuredClone(given), names);
    assert.ok(!inspect(shown, { depth: 9, showHidden: true }).includes('my-key'));
    assert.deepEqual(shown.plain, given.plain);
    assert.deepEqual([shown.keys[0].name, shown.made.name, shown.last], ['B', 'D', null]);
    for (const hidden of [shown.keys[0][key], shown[byName].C, shown.made[key]]) assert.equal(hidden.reveal(), 'my-key');
  }
});
