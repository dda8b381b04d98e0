'use strict';

// The complete flow against the package's own service: register, log in, enrol, sign, upload, download.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const {
  AuthenticationError,
  BankchannelError,
  ConfigurationError,
  InvalidInputError,
  Service,
  WsChannel,
} = require('..');

const payment = path.join(__dirname, '../../../core/iso20022/examples/pain.001.001.09.xml');

// Made up for this test; the service lives as long as the test.
const account = {
  email: 'user@example.test',
  password: 'Toddler_..123456789012345',
  phone: '+358401234567',
  company: 'Example Company Oy',
  name: 'Example User',
  bank: 'simulator',
};
const code = async () => '123456';

let service;

before(async () => {
  service = await Service.start({ verificationCode: '123456', noLimits: true });
});

after(() => service.close());

test('a payment goes out and its statement comes back', async () => {
  const admin = new WsChannel({ ...service.clientSettings, ...account, mode: 'admin', apiKey: '0' }, { onCode: code });
  const { apiKey } = await admin.registerAccount();
  const asked = [];
  const onCode = (question) => {
    asked.push(question.kind);
    return '123456';
  };
  await admin.logIn({}, { onCode });
  assert.deepEqual(asked, ['phone_code', 'email_code', 'sms_code']);
  await admin.enrollCert({ code: 'SIM-0123456789abcdef01234567', wsUserId: 'SIM-0123456789ab' });
  const signer = admin.generateKey();
  await admin.uploadKey({ pgpKey: signer.publicKey, pgpKeyPurpose: 'authorize' });
  assert.equal((await admin.listKeys()).pgpKeys[0].pgpKeyId, signer.pgpKeyId);

  const data = new WsChannel({ ...service.clientSettings, ...account, mode: 'data', apiKey }, { onCode: code });
  await data.registerAccount();
  await data.logIn();
  const { signature } = data.signFile({ content: { path: payment }, privateKey: signer.privateKey });
  const upload = { fileName: 'payment.xml', fileType: 'pain.001.001.09', signature };
  await data.uploadFile({ ...upload, content: fs.createReadStream(payment) });
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  const done = await data.uploadAndWait({
    content: { path: payment },
    fileType: 'pain.001.001.09',
    privateKey: signer.privateKey,
    waitFor: ['pain.002.001.10'],
    pollIntervalS: 0.1,
    directory,
  });
  assert.match(fs.readFileSync(done.answers[0].path, 'utf8'), /CstmrPmtStsRpt/);
  fs.rmSync(directory, { recursive: true });

  const { fileDescriptors } = await data.listFiles({ fileType: 'camt.053.001.02' });
  const { fileType, fileReference } = fileDescriptors[0];
  const { content } = await data.downloadFile({ fileType, fileReference });
  const streamed = [];
  for await (const piece of data.downloadFileStream({ fileType, fileReference })) streamed.push(piece);
  assert.ok(Buffer.concat(streamed).equals(content.data));
  assert.match(content.data.toString(), /BkToCstmrStmt/);

  const other = Buffer.concat([fs.readFileSync(payment), Buffer.from('\n')]);
  await assert.rejects(data.uploadFile({ ...upload, content: other }), (error) => error.outcome === 'refused');
  await data.logout();
  await assert.rejects(data.listFiles(), AuthenticationError);
  await Promise.all([admin.close(), data.close()]);
});

test('a login waits for its code in another client', async () => {
  const settings = { ...service.clientSettings, ...account, email: 'steps@example.test', mode: 'admin' };
  settings.sealKey = '0123456789abcdef0123456789abcdef';
  const first = new WsChannel(settings);
  const { apiKey } = await first.registerAccount({ apiKey: '0' });
  let progress = await first.beginLogIn();
  const kinds = [];
  while (progress.state === 'needs_code') {
    kinds.push(progress.kind);
    progress = await new WsChannel({ ...settings, apiKey }).continueLogIn({ sealed: progress.sealed, code: '123456' });
  }
  assert.deepEqual(kinds, ['phone_code', 'email_code', 'sms_code']);
  assert.equal(progress.state, 'authenticated');
});

test('an unknown user is an authentication error', async () => {
  const nobody = {
    ...service.clientSettings,
    ...account,
    email: 'nobody@example.test',
    mode: 'data',
    apiKey: 'x'.repeat(40),
  };
  await assert.rejects(
    new WsChannel(nobody).logIn(),
    (error) => error instanceof AuthenticationError && error.httpStatus === 400,
  );
});

test('a failing prompt ends the call with its own error', async () => {
  const client = new WsChannel({
    ...service.clientSettings,
    ...account,
    email: 'prompt@example.test',
    mode: 'admin',
    apiKey: '0',
  });
  await client.registerAccount();
  const onCode = async () => {
    throw new RangeError('nobody at the phone');
  };
  await assert.rejects(client.logIn({}, { onCode }), /nobody at the phone/);
  await assert.rejects(client.logIn(), InvalidInputError);
});

test('a service that was closed is gone', async () => {
  const own = await Service.start({ verificationCode: '123456', noLimits: true });
  assert.ok(path.isAbsolute(own.publicKeyFile));
  assert.equal(own.controlUrl, null);
  await own.close();
  await own.close();
  const client = new WsChannel({ baseUrl: own.baseUrl, email: 'user@example.test', mode: 'data' });
  await assert.rejects(client.initLogin(), BankchannelError);
});

test('a service that nobody holds goes on until the process ends', async () => {
  const program = `
    const { Service, WsChannel } = require(${JSON.stringify(path.join(__dirname, '..'))});
    (async () => {
      const { baseUrl } = await Service.start({ noLimits: true });
      for (let round = 0; round < 20; round += 1) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const client = new WsChannel({ baseUrl, email: 'user@example.test', mode: 'data' });
      console.log(typeof (await client.initLogin()).challenge.reveal());
    })();`;
  const done = spawnSync(process.execPath, ['--expose-gc', '-e', program], { encoding: 'utf8', timeout: 30_000 });
  assert.deepEqual([done.status, done.stdout, done.stderr], [0, 'string\n', '']);
});

test('wrong options are refused', async () => {
  await assert.rejects(Service.start({ listen: 'not an address' }), ConfigurationError);
  await assert.rejects(Service.start({ verificationCode: '12' }), ConfigurationError);
  await assert.rejects(Service.start({ noLimits: 'yes' }), InvalidInputError);
  await assert.rejects(Service.start({ nolimits: true }), InvalidInputError);
});

test('a service is seeded by a method, and takes orders where it was started with control', async () => {
  const { accounts: [seeded] } = await service.seed({
    accounts: [{ email: 'seeded@example.test', password: account.password, certificates: ['simulator'], sessions: true }],
  });
  assert.equal(seeded.email, 'seeded@example.test');
  const settings = { ...service.clientSettings, email: seeded.email, password: account.password, apiKey: seeded.api_key };
  const client = new WsChannel({ ...settings, mode: 'data', bank: 'simulator' });
  await client.logIn();
  // The bank has a statement of the new account.
  assert.deepEqual((await client.listFiles()).fileDescriptors.map((file) => file.status), ['NEW']);
  await assert.rejects(service.seed({ accounts: [{ email: 'planted' }] }), (error) => {
    return error instanceof InvalidInputError && !error.message.includes('planted');
  });
  await assert.rejects(service.control('clock', { advance_s: 5 }), ConfigurationError);
  await assert.rejects(service.seed(), InvalidInputError);
  const controlled = await Service.start({ control: true });
  assert.ok((await controlled.control('clock', { advance_s: 5 })).now);
  assert.deepEqual(await controlled.control('outbox'), []);
  await controlled.close();
  await assert.rejects(controlled.control('outbox'), ConfigurationError);
});
