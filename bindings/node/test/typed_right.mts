// What the type checker must take.

import { createReadStream, createWriteStream } from 'node:fs';

import { BankchannelError, Service, WsChannel, codes, type FileDescriptor } from '../index.mjs';

const service: Service = await Service.start({ verificationCode: '123456', noLimits: true });
const client = new WsChannel({ ...service.clientSettings, mode: 'data', password: { env: 'PASSWORD' } });
const listed = await client.listFiles({ status: 'NEW' }, { timeoutMs: 1000, signal: AbortSignal.timeout(1000) });
const first: FileDescriptor | undefined = listed.fileDescriptors[0];
if (first?.status === 'NEW' || first?.status === 'some value of a bank') {
  const { content } = await client.downloadFile(
    { fileType: first.fileType, fileReference: first.fileReference },
    { destination: createWriteStream('statement.xml') },
  );
  const size: number = content.size;
  client.downloadFileStream({ fileType: first.fileType, fileReference: String(size) }).pipe(process.stdout);
}
const signed = client.signFile({ content: { path: 'payments.xml' }, privateKey: { file: 'private.asc' } });
await client.uploadFile({
  fileContents: createReadStream('payments.xml'),
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
await service.close();
