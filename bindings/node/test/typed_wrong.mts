// Code that the type checker must refuse: every line marked so, and no other.

import { BankchannelError, SaltEdgeConnector, Service, WsChannel, codes, type FileDescriptor, type SaltEdgeBank } from '../index.mjs';

const client = new WsChannel({ mode: 'data' });
const listed = await client.listFiles({});
new WsChannel({ mode: 'boss' }); // error
new WsChannel({ modus: 'data' }); // error
client.listFiles({ bank: 'no such bank' }); // error
client.listFiles({ status: 'new' }); // error
client.listFiles({ file_type: 'KTL' }); // error
client.listFiles({}, { timeout: '1' }); // error
client.downloadFile({ fileType: 'KTL' }); // error
client.uploadFile({ content: 'text', fileName: 'a', fileType: 'b', signature: 'c' }); // error
client.uploadFile({ content: Buffer.from('x'), fileName: 'a', fileType: 'b', signature: 'c' });
client.signFile({ content: process.stdin, privateKey: 'armored' }); // error

export function use(descriptor: FileDescriptor): number {
  descriptor.status = 'NEW'; // error
  return descriptor.fileReference; // error
}

client.listFiles({}, { signal: 5 }); // error
client.listFiles({}, { timeoutMs: 5 }); // error
client.listFiles({}, { onCode: () => '1' }); // error
client.logIn({}, { onCode: () => 123456 }); // error
client.logIn({}, { onCode: '123456' }); // error
new WsChannel({}, { signer: () => 'base64' }); // error
new WsChannel({}, { logger: { debug: 5 } }); // error
WsChannel.fromEnv({ mode: 'boss' }); // error
client.downloadFile({ fileType: 'KTL', fileReference: '1' }, { destination: 'statement.xml' }); // error
client.listFiles({}, { destination: process.stdout }); // error
client.downloadFileStream({ fileType: 'KTL' }); // error
client.deleteFile({ fileType: 'KTL', fileReference: '1', colour: 'red' }); // error
client.uploadFile(listed.fileDescriptors[0]!); // error
client.callLocal('ws_channel.sign_file', {}, { content: process.stdin }); // error
client.signFile({ content: Buffer.from('x') }); // error
client.noSuchOperation(); // error
const late: string = client.generateKey({ name: 'You' }).publicKey;
const early: string = client.initLogin().challenge; // error
new Service(); // error
new BankchannelError('mine'); // error
Service.start({ verificationCode: 123456 }); // error
client.login({ mode: 'data' }); // error
const service = await Service.start();
service.clock({ advance_s: 61 }); // error
service.failNext({ operation: 'list_files' }); // error
service.limits({ perKeyPerS: 'many' }); // error
service.seed({ accounts: [{ email: 5 }] }); // error
(await service.clock()).advanceS; // error
client.totpCode({ secret: 5 }); // error
new SaltEdgeConnector({}, { bank: 'example' }); // error
const refreshed: ReturnType<SaltEdgeBank['refresh']> = { outcome: 'perhaps' }; // error
console.log(late, early, refreshed);

export function codesOf(error: BankchannelError): 'input.invalid_field' {
  error.code = 'input.invalid_field'; // error
  const outcome: 'sent' | null = error.outcome; // error
  console.log(outcome);
  return codes.INPUT_INVALID_FIELD;
}
