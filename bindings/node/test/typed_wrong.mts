// What the type checker must refuse: every line marked so, and no other.

import { WsChannel, type FileDescriptor } from '../index.mjs';

const client = new WsChannel({ mode: 'data' });
new WsChannel({ mode: 'boss' }); // error
new WsChannel({ modus: 'data' }); // error
client.listFiles({ bank: 'no such bank' }); // error
client.listFiles({ status: 'new' }); // error
client.listFiles({ file_type: 'KTL' }); // error
client.listFiles({}, { timeoutMs: '1' }); // error
client.downloadFile({ fileType: 'KTL' }); // error
client.uploadFile({ fileContents: 'text', fileName: 'a', fileType: 'b', signature: 'c' }); // error
client.uploadFile({ fileContents: Buffer.from('x'), fileName: 'a', fileType: 'b', signature: 'c' });
client.signFile({ content: process.stdin, privateKey: 'armored' }); // error

export function use(descriptor: FileDescriptor): number {
  descriptor.status = 'NEW'; // error
  return descriptor.fileReference; // error
}
