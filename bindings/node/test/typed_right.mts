// Code that the type checker must accept.

import { createReadStream, createWriteStream } from 'node:fs';

import {
  BankchannelError,
  NextGenPsd2,
  NextGenPsd2Bank,
  PeerRefusedError,
  SaltEdgeConnector,
  SecretText,
  Service,
  WsChannel,
  type SaltEdgeBank,
  type SeedAccount,
  codes,
  type FileDescriptor,
} from '../index.mjs';

const service: Service = await Service.start({ verificationCode: '123456', noLimits: true });
const client = new WsChannel({ ...service.clientSettings, mode: 'data', password: { env: 'PASSWORD' } });
const listed = await client.listFiles({ status: 'NEW' }, { timeout: 1, signal: AbortSignal.timeout(1000) });
const first: FileDescriptor | undefined = listed.fileDescriptors[0];
if (first?.status === 'NEW' || first?.status === 'some value of a bank') {
  const { content } = await client.downloadFile(
    { fileType: first.fileType, fileReference: first.fileReference },
    { destination: createWriteStream('statement.xml') },
  );
  const size: number = content.size;
  client.downloadFileStream({ fileType: first.fileType, fileReference: String(size) }).pipe(process.stdout);
  client.downloadFileStream({ ...first, bank: 'nordea' }).pipe(process.stdout);
  await client.downloadFile(first, { destination: { path: 'statement.xml' } });
  const { files } = await client.downloadNewFiles({ directory: 'statements' });
  for (const file of files) await client.deleteFile(file);
}
const signed = client.signFile({ content: { path: 'payments.xml' }, privateKey: { file: 'private.asc' } });
await client.uploadFile({
  content: createReadStream('payments.xml'),
  fileName: 'payments.xml',
  fileType: 'pain.001.001.09',
  signature: signed.signature,
});
try {
  await client.logout();
} catch (error) {
  if (error instanceof BankchannelError && error.code === codes.TRANSPORT_CONNECT_FAILED) {
    const again: boolean = error.retryable;
    console.log(again, error.outcome === 'not_sent');
  }
}
await client.close();

// Orders to a server: typed methods in camelCase, and `control` and `seed` with the names of JSON.
const moved: string = (await service.clock({ advanceS: 61 })).now;
await service.failNext({ operation: 'list_files', status: 503 });
const perS: number = (await service.limits({ perKeyPerS: 5 })).perKeyPerS;
const { now }: { readonly now: string } = await service.control('clock', { advance_s: 5 });
const rates: { per_key_per_s: number } = await service.control('limits', { per_key_per_s: 5 });
const messages: readonly unknown[] = await service.control('outbox');
const account: SeedAccount = { email: 'you@example.com', password: 'secret', pgp_keys: [{ key: 'armored' }] };
const { accounts } = await service.seed({ accounts: [account] });
const known: string | undefined = accounts[0]?.api_key;
const told: string = await service.control('sandbox/hold', { operation: 'upload_file' });
console.log(moved, perS, now, rates, messages, known, told);
await service.close();

// The program's own signer, a logger, the environment, paths as URLs, web streams.
const elsewhere = WsChannel.fromEnv(
  { mode: 'data' },
  {
    onCode: async ({ kind, choices }) => (kind === 'mfa_method' ? (choices[0] ?? 'sms') : '123456'),
    signer: async ({ algorithm, digest, keyFingerprint }) => (algorithm === 'ed25519' ? digest : Buffer.from(keyFingerprint, 'hex')),
    logger: console,
  },
);
await elsewhere.logIn({}, { onCode: () => '123456', signal: AbortSignal.timeout(1000), timeout: 0.005 });
await elsewhere.uploadFile({
  content: new Blob(['x']).stream(),
  fileName: 'payments.xml',
  fileType: 'pain.001.001.09',
  signature: signed.signature,
});
const { findings } = elsewhere.checkPaymentFile({ content: { path: new URL('payments.xml', import.meta.url) } });
const fixes: readonly string[] = findings.map((finding) => finding.change);
for await (const piece of elsewhere.downloadFileStream({ fileType: 'KTL', fileReference: fixes.join() })) console.log(piece);
const anything: unknown = await elsewhere.call('ws_channel.list_files', { file_type: 'KTL' }, { signal: AbortSignal.timeout(1) });
const computed: unknown = elsewhere.callLocal('ws_channel.sign_file', {}, { content: Buffer.from('x') });
console.log(anything, computed);
{
  await using scoped = new WsChannel();
  await scoped.initLogin();
}

// A third party: the bank's own information is accepted as settings, and a token's PIN is a secret like any other.
const bank = await NextGenPsd2Bank.start();
const party = { certificateFile: 'qseal.pem', clientCertificateFile: 'qwac.pem', clientKey: { file: 'qwac.key' } };
const { privateKeyFile: atTheBank, ...unsigned } = bank.clientSettings;
await new NextGenPsd2(unsigned, { signer: () => new Uint8Array(atTheBank.length) }).getAccounts();
const berlin = new NextGenPsd2({ baseUrl: bank.bgBaseUrl, caFile: bank.caFile, signing: { dialect: 'bg' }, ...party });
await berlin.getConsentStatus({ consentId: '1' }, { timeout: 1 });
new NextGenPsd2({ pkcs11: { module: 'softhsm2.so', token: 'tpp', pin: { env: 'PIN' }, key: 'qseal' } });

// A result's secret is accepted in settings and requests; errors and clients can be made in a program's own tests.
const made = client.generateKey({ name: 'You', email: 'you@example.com' });
const kept: string = made.privateKey.reveal();
client.signFile({ content: Buffer.from(kept), privateKey: made.privateKey });
const double: Pick<WsChannel, 'listFiles'> = {
  listFiles: async () => {
    throw new PeerRefusedError({ code: codes.WS_CHANNEL_UPLOAD_REJECTED, outcome: 'refused', httpStatus: 400, peer: { code: '24' } });
  },
};
await double.listFiles({});
new WsChannel({ idToken: new SecretText('token') });

// A bank's own code, asked by a connector.
const own: SaltEdgeBank = {
  authenticate: async ({ credentials, scopes }) => ({ outcome: 'approved', userId: credentials['login']?.reveal() ?? '', scopes }),
  confirm: ({ userId }) => (userId ? { outcome: 'approved', userId } : { outcome: 'refused', errorClass: 'InvalidConfirmationCode' }),
  reconnect: ({ userId }) => ({ outcome: 'approved', userId }),
  refresh: () => ({ outcome: 'done' }),
  listAccounts: async () => ({ accounts: [] }),
  listTransactions: () => ({ refused: { errorClass: 'AccountNotFound' } }),
  getCustomer: () => ({ customer: { name: 'Anna Example' } }),
  notice: async ({ kind }) => console.log(kind),
};
await new SaltEdgeConnector({ store: 'store' }, { bank: own, logger: console }).work();
